/** The command line: its commands and flags, and errors in words. */
import { Command, CommanderError, Option } from 'commander';
import { StartJupyterError } from '../errors.js';
import { EXIT_CODES } from '../words/exit-codes.js';
import { VERSION } from '../version.js';
import type { AdministratorOptions } from './commands/administer.js';
import type { FeedOptions } from './commands/feed.js';
import type { Surroundings } from './commands/surroundings.js';
import { KEYS, type Key, type KeyFacts } from './configuration/keys.js';

/** Resolves with the exit code; every error has been said on stderr by then. */
export async function runProgram(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    await createProgram(surroundings).parseAsync(argv, { from: 'user' });
    return EXIT_CODES.done.code;
  } catch (error) {
    return explain(error, surroundings);
  }
}

/** Also for scripts/share.mjs, which runs none of it. */
export function createProgram(surroundings: Surroundings): Command {
  const program = new Command('start-jupyter-proxy')
    .description(
      'The companion proxy of start-jupyter: secure HTTPS URLs for Jupyter servers on compute nodes.',
    )
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: surroundings.stdout, writeErr: surroundings.stderr });
  addServe(program, surroundings);
  addCheck(program, surroundings);
  addInit(program, surroundings);
  addFeed(program, surroundings);
  addAdministration(program, surroundings);
  return program;
}

function addServe(program: Command, surroundings: Surroundings): void {
  withSettings(program.command('serve'), async (config, given) => {
    const { serve } = await import('./commands/serve.js');
    await serve(config, given, surroundings);
  }).description(
    'Serve in the foreground until SIGTERM or Ctrl-C. The log goes to stdout, a JSON line an event.',
  );
}

function addCheck(program: Command, surroundings: Surroundings): void {
  withSettings(program.command('check'), async (config, given) => {
    const { check } = await import('./commands/check.js');
    await check(config, given, surroundings);
  }).description(
    'Look at everything that serve needs, a line each, and change nothing. Exit code 3 for an error.',
  );
}

function withSettings(
  command: Command,
  run: (config: string | undefined, given: Partial<Record<Key, unknown>>) => Promise<void>,
): Command {
  command.option('--config <file>', 'the configuration, proxy.yaml; an option below stands in for its key');
  for (const { option, help, list } of Object.values<KeyFacts>(KEYS)) {
    if (option === undefined) continue;
    if (list) command.option(option, help, (value: string, before?: string[]) => [...(before ?? []), value]);
    else command.option(option, help);
  }
  return command.action((options: Record<string, unknown>) =>
    run(options['config'] as string | undefined, byKey(command, options)),
  );
}

function addInit(program: Command, surroundings: Surroundings): void {
  program
    .command('init')
    .description('Write a configuration and a certificate for trying out.')
    .requiredOption('--domain <name>', 'base name: sessions are at https://NAME.DOMAIN')
    .requiredOption('--dir <folder>', 'where to write; made if it is not there')
    .action(async (options: { domain: string; dir: string }) => {
      const { init } = await import('./commands/init.js');
      await init(options, surroundings);
    });
}

const TO = ['--to <url>', 'https://manage.DOMAIN[:PORT], or DOMAIN[:PORT]'] as const;
const CA = [
  '--ca <file>',
  "what the proxy's certificate is checked against (PEM) instead of the known authorities",
] as const;

function addFeed(program: Command, surroundings: Surroundings): void {
  program
    .command('feed')
    .description(
      'Report the states of the jobs, on a host that sees the queue. Errors and changes go to stderr.',
    )
    .requiredOption('--scheduler <name>', 'whose queue: slurm, torque or pbs')
    .requiredOption(...TO)
    .option('--interval <time>', 'between two rounds (default: 30s)')
    .addOption(new Option('--once', 'one round, then exit: for cron').conflicts('interval'))
    .option('--secret-file <file>', "the feeder's secret, as feeder_secret_file of the proxy; mode 0600")
    .option(...CA)
    .option('--classic', 'to a classic service, by update-jobs.cgi')
    .action(async (options: FeedOptions) => {
      const { feed } = await import('./commands/feed.js');
      await feed(options, surroundings);
    });
}

function addAdministration(program: Command, surroundings: Surroundings): void {
  const withPlace = (command: Command) =>
    command
      .option('--config <file>', "the proxy's proxy.yaml; it names the proxy and the file of the token")
      .option(...TO)
      .option('--token-file <file>', "the administrator's token, as admin_token_file of the proxy")
      .option(...CA);
  withPlace(program.command('sessions'))
    .description('List the sessions of a running proxy.')
    .option('--json', 'as JSON')
    .action(async (options: AdministratorOptions) => {
      const { listSessions } = await import('./commands/administer.js');
      await listSessions(options, surroundings);
    });
  withPlace(program.command('evict'))
    .description('End a session of a running proxy and cut its connections.')
    .argument('<name>', 'its three words, or its URL')
    .action(async (name: string, options: AdministratorOptions) => {
      const { evict } = await import('./commands/administer.js');
      await evict(name, options, surroundings);
    });
}

/** Commander names values after their options, the configuration after its keys. */
function byKey(command: Command, options: Record<string, unknown>): Partial<Record<Key, unknown>> {
  const given: Partial<Record<Key, unknown>> = {};
  for (const [key, { option: notation }] of Object.entries(KEYS) as [Key, KeyFacts][]) {
    const option = command.options.find(({ flags }) => flags === notation);
    const value = option && options[option.attributeName()];
    if (value !== undefined) given[key] = value;
  }
  return given;
}

function explain(error: unknown, { stderr }: Surroundings): number {
  if (error instanceof CommanderError) {
    // Commander has said it; help and version are no errors.
    return error.exitCode === 0 ? EXIT_CODES.done.code : EXIT_CODES.usage.code;
  }
  if (!(error instanceof StartJupyterError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    stderr(`start-jupyter-proxy: something that should not happen: ${text}\n`);
    return EXIT_CODES.unexpected.code;
  }
  stderr(`start-jupyter-proxy: ${error.message}\n`);
  if (error.detail !== undefined) stderr(`${error.detail}\n`);
  if (error.hint !== undefined) stderr(`${error.hint}\n`);
  return error.exitCode;
}
