/** The commands for sessions that were launched, with their arguments and options. Each is loaded when it runs. */
import type { Command } from 'commander';
import type { SessionCommandName } from '../words/commands.js';
import { subcommand } from './commands.js';
import type { Host } from './host.js';
import type { LaunchFlags } from './options.js';
import { variableOf } from './variables.js';

const NAMED = 'the job id of a session, its link or the name in that, or the beginning of either';
const ID = `${NAMED} (default: the one that waits or runs, else the newest)`;
const LIVE_ID = `${NAMED} (default: the one that waits or runs)`;

export function addSessionCommands(program: Command, host: Host, setStatus: (code: number) => void): void {
  const add = (name: SessionCommandName): Command => subcommand(program, name);

  add('list')
    .option('-a, --all', 'those that ended long ago as well')
    .option('--json', 'print one JSON object')
    .action(async (_options, command: Command) => {
      const { listCommand } = await import('./commands/list.js');
      await listCommand(command.optsWithGlobals(), host);
    });

  add('status')
    .argument('[id]', ID)
    .option('--json', 'print one JSON object')
    .action(async (id: string | undefined, _options, command: Command) => {
      const { statusCommand } = await import('./commands/status.js');
      await statusCommand(id, command.optsWithGlobals(), host);
    });

  add('url')
    .argument('[id]', ID)
    .option('--json', 'print one JSON object')
    .action(async (id: string | undefined, _options, command: Command) => {
      const { urlCommand } = await import('./commands/url.js');
      await urlCommand(id, command.optsWithGlobals(), host);
    });

  add('open')
    .argument('[id]', ID)
    .action(async (id: string | undefined, _options, command: Command) => {
      const { openCommand } = await import('./commands/open.js');
      await openCommand(id, command.optsWithGlobals(), host);
    });

  add('logs')
    .argument('[id]', ID)
    .option('-f, --follow', 'go on as it grows')
    .option('-n, --lines <n>', 'how many lines of its end (default: 100)')
    .action(async (id: string | undefined, _options, command: Command) => {
      const { logsCommand } = await import('./commands/logs.js');
      await logsCommand(id, command.optsWithGlobals(), host);
    });

  add('stop')
    .argument('[ids...]', LIVE_ID)
    .option('-a, --all', 'all that wait or run')
    .option('--json', 'print one JSON object')
    .action(async (ids: string[], _options, command: Command) => {
      const { stopCommand } = await import('./commands/stop.js');
      setStatus(await stopCommand(ids, command.optsWithGlobals(), host));
    });

  add('wait')
    .argument('[id]', ID)
    .option('--until <what>', 'ready or ended (default: ready)')
    .option('--timeout <time>', 'no longer than that: 30s, 10m')
    .option('--json', 'print one JSON object at the end')
    .action(async (id: string | undefined, _options, command: Command) => {
      const { waitCommand } = await import('./commands/wait.js');
      setStatus(await waitCommand(id, command.optsWithGlobals(), host, sourceOf(command, 'timeout')));
    });

  add('again')
    .argument('[id]', ID)
    .action(async (id: string | undefined, _options, command: Command) => {
      const { againCommand } = await import('./commands/again.js');
      const typed = command.optsWithGlobals<LaunchFlags>();
      setStatus(await againCommand(id, { typed, program }, host));
    });

  add('clean')
    .option('-a, --all', 'all that have ended, however long ago')
    .option('--dry-run', 'say what would be removed')
    .option('--json', 'print one JSON object')
    .action(async (_options, command: Command) => {
      const { cleanCommand } = await import('./commands/clean.js');
      await cleanCommand(command.optsWithGlobals(), host);
    });

  add('connect')
    .argument('[id]', ID)
    .option('--local-port <port>', 'the port on your own computer')
    .option('--json', 'print one JSON object')
    .action(async (id: string | undefined, _options, command: Command) => {
      const { connectCommand } = await import('./commands/connect.js');
      await connectCommand(id, command.optsWithGlobals(), host, sourceOf(command, 'local-port'));
    });

  add('extend')
    .argument('<time>', 'how much longer: 30 (minutes), 1h')
    .argument('[id]', LIVE_ID)
    .option('--json', 'print one JSON object')
    .action(async (time: string, id: string | undefined, _options, command: Command) => {
      const { extendCommand } = await import('./commands/extend.js');
      await extendCommand(time, id, command.optsWithGlobals(), host);
    });
}

/** The option or the variable that a value is from, as messages name it. */
function sourceOf(command: Command, name: string): string {
  const key = name.replace(/-[a-z]/g, (letters) => letters.slice(1).toUpperCase());
  return command.getOptionValueSourceWithGlobals(key) === 'env' ? variableOf(name) : `--${name}`;
}
