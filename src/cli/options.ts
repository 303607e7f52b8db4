/** Every flag of the launcher, in one place. */
import { InvalidArgumentError, Option, type Command } from 'commander';

/** What commander gives, by long name. Every text is still as it was typed. */
export interface LaunchFlags {
  partition?: string;
  dir?: string;
  account?: string;
  batchScript?: string;
  time?: string;
  info?: boolean;
  server?: string;
  gpus?: number;
  cpus?: number;
  memory?: string;
  nodes?: number;
  gres?: string;
  qos?: string;
  constraint?: string;
  reservation?: string;
  schedulerArg: string[];
  system?: string;
  endpoint?: string;
  ca?: string;
  quiet?: boolean;
  dryRun?: boolean;
  /** `--no-check` makes it false. */
  check: boolean;
  json?: boolean;
}

/** Adds the launch's options and its one argument to a command. Each value may also be START_JUPYTER_<OPTION>. */
export function addLaunchOptions(command: Command): Command {
  const value = (flags: string, description: string): Option => {
    const option = new Option(flags, description);
    return option.env(`START_JUPYTER_${option.name().replaceAll('-', '_').toUpperCase()}`);
  };
  return command
    .argument('[time]', 'how long, as with --time')
    .addOption(value('-p, --partition <name>', 'partition or queue'))
    .addOption(
      value('-t, --time <time>', 'how long: 30 (minutes), 90m, 2h30m, HH:MM:SS, D-HH:MM:SS (default: 30)'),
    )
    .addOption(value('-A, --account <name>', 'allocation to charge'))
    .addOption(value('-d, --dir <path>', 'top-level directory of the notebook (default: your home)'))
    .addOption(value('-s, --server <name>', 'notebook or jupyterlab (lab)'))
    .addOption(value('-b, --batch-script <name>', 'a shipped job template, or the path of your own'))
    .addOption(value('-g, --gpus <n>', 'GPUs').argParser(count))
    .addOption(value('-c, --cpus <n>', 'processor cores').argParser(count))
    .addOption(value('-m, --memory <size>', 'memory: 4G, 500M'))
    .addOption(value('-N, --nodes <n>', 'nodes').argParser(count))
    .addOption(value('--gres <list>', 'generic resources, in the scheduler’s form'))
    .addOption(value('--qos <name>', 'quality of service'))
    .addOption(value('--constraint <features>', 'features that the node must have'))
    .addOption(value('--reservation <name>', 'reservation to run in'))
    .addOption(
      new Option('--scheduler-arg <arg>', 'passed to the scheduler as it is; may be repeated')
        .argParser((arg: string, before: string[]) => [...before, arg])
        .default([], ''),
    )
    .addOption(value('--system <name>', 'which system this is, instead of finding out'))
    .addOption(value('--endpoint <host[:port]>', 'the proxy’s domain, instead of the system’s'))
    .addOption(value('--ca <file>', 'certificate authority of the proxy (PEM)'))
    .option('-i, --info', 'say more about the job')
    .option('-q, --quiet', 'print the URL alone')
    .option('--json', 'print one JSON object')
    .option('--dry-run', 'check everything and show the script; take and submit nothing')
    .option('--no-check', 'skip the checks of Jupyter, conda and the scheduler’s answers');
}

function count(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > 100_000) {
    throw new InvalidArgumentError('It must be a whole number from 1 up.');
  }
  return number;
}
