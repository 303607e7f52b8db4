/** Every flag of the launcher, in one place. */
import { Option, type Command } from 'commander';

/** What commander gives, by long name. Every text is still as it was typed. */
export interface LaunchFlags {
  partition?: string;
  dir?: string;
  account?: string;
  batchScript?: string;
  time?: string;
  info?: boolean;
  server?: string;
  gpus?: string;
  cpus?: string;
  memory?: string;
  nodes?: string;
  gres?: string;
  qos?: string;
  constraint?: string;
  reservation?: string;
  schedulerArg: string[];
  profile?: string;
  modules?: string;
  modulepath: string[];
  condaEnv?: string;
  condaYml?: string;
  image?: string;
  bind: string[];
  nv?: boolean;
  rocm?: boolean;
  here?: boolean;
  connect?: string;
  sshWay?: string;
  localPort?: string;
  warnBefore?: string;
  idleTimeout?: string;
  notify?: string;
  /** `--no-wait` makes it false; absent: on a terminal. */
  wait?: boolean;
  timeout?: string;
  open?: boolean;
  system?: string;
  endpoint?: string;
  ca?: string;
  quiet?: boolean;
  dryRun?: boolean;
  /** `--no-check` makes it false. */
  check: boolean;
  json?: boolean;
}

/** What every command takes. */
export interface SystemFlags {
  system?: string;
}

function repeated(flags: string, description: string): Option {
  return new Option(flags, description)
    .argParser((value: string, before: string[]) => [...before, value])
    .default([], 'none');
}

/** Adds the launch's options and its one argument to a command. */
export function addLaunchOptions(command: Command): Command {
  return command
    .argument('[time]', 'how long, as with --time')
    .optionsGroup('The notebook:')
    .option('-p, --partition <name>', 'partition or queue')
    .option(
      '-t, --time <time>',
      'how long: 30 (minutes), 90m, 2h30m, HH:MM:SS, D-HH:MM:SS (default: the system’s, else 30)',
    )
    .option('-A, --account <name>', 'allocation to charge')
    .option('-s, --server <name>', 'notebook or jupyterlab (lab)')
    .option('-d, --dir <path>', 'top-level directory of the notebook (default: your home)')
    .option('--profile <name>', 'a set of options that your site or you gave a name (start-jupyter profiles)')
    .option('--here', 'start in the allocation or on the machine where you are; submit nothing')
    .optionsGroup('After the launch:')
    .option('--wait', 'wait until the notebook answers (on a terminal: always)')
    .option('--no-wait', 'return as soon as the job is submitted')
    .option('--timeout <time>', 'wait no longer than that: 30s, 10m; the job goes on')
    .option('--open', 'open the browser when the notebook is ready')
    .option('--notify <mail[=address]>', 'the scheduler sends mail when the job starts and ends')
    .option('--warn-before <time>', 'warn so long before the end (default: 5m), or "none"')
    .option('--idle-timeout <time>', 'end when nothing was done for so long, or "none" (default: the site’s)')
    .optionsGroup('What the job asks for:')
    .option('-g, --gpus <n>', 'GPUs')
    .option('-c, --cpus <n>', 'processor cores')
    .option('-m, --memory <size>', 'memory: 4G, 500M')
    .option('-N, --nodes <n>', 'nodes')
    .option('--gres <list>', 'generic resources, in the scheduler’s form')
    .option('--qos <name>', 'quality of service')
    .option('--constraint <features>', 'features that the node must have')
    .option('--reservation <name>', 'reservation to run in')
    .addOption(repeated('--scheduler-arg <arg>', 'passed to the scheduler as it is; may be repeated'))
    .option('-b, --batch-script <name>', 'a job template: its name (start-jupyter templates) or its path')
    .optionsGroup('The software that Jupyter runs in (default: what is active):')
    .option('-e, --modules <list>', 'modules to load, separated by commas: gcc/12,astro')
    .addOption(repeated('--modulepath <dir>', 'where else to look for modules; may be repeated'))
    .option('--conda-env <name>', 'conda environment, by its name or its path')
    .option('--conda-yml <file>', 'conda environment that this file describes; built once, then used again')
    .option('-I, --image <image>', 'container image: a path, docker://…, library://… or oras://…')
    .addOption(repeated('--bind <path[:path]>', 'shown inside the image; may be repeated'))
    .option('--nv', 'NVIDIA’s libraries inside the image')
    .option('--rocm', 'AMD’s libraries inside the image')
    .optionsGroup('The system and its proxy:')
    .option('--system <name>', 'which system this is, instead of finding out')
    .option('--endpoint <host[:port]>', 'the proxy’s domain, instead of the system’s')
    .option('--connect <how>', 'proxy or ssh: how your browser gets there (default: the system’s)')
    .option(
      '--ssh-way <way>',
      'socket, loopback or address: what ssh leads to (default: the first that works)',
    )
    .option('--local-port <port>', 'with ssh: the port on your own computer (default: chosen)')
    .option('--ca <file>', 'certificate authority of the proxy (PEM)')
    .optionsGroup('What is checked and shown:')
    .option('-i, --info', 'say more about the job')
    .option('-q, --quiet', 'print the URL alone')
    .option('--json', 'print one JSON object')
    .option('--dry-run', 'check everything and show the script; take and submit nothing')
    .option('--no-check', 'skip the checks of Jupyter, conda and the scheduler’s answers');
}
