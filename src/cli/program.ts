/** Builds the command line and runs the command that was asked for. Commands are loaded when they run. */
import { Command, CommanderError } from 'commander';
import { sentence, StartJupyterError } from '../errors.js';
import { VERSION } from '../version.js';
import { EXIT_CODES } from '../words/exit-codes.js';
import { createConsole } from './console.js';
import { explain } from './explain.js';
import type { Host } from './host.js';
import { addDoctorCommand, addProfilesCommand, addTemplatesCommand } from './commands.js';
import { addSessionCommands } from './session-commands.js';
import { addLaunchOptions, type LaunchFlags } from './options.js';
import { readVariables, saysYes, unknownVariables } from './variables.js';

const EXAMPLES = `
Examples:
  start-jupyter -p debug -t 30            30 minutes in the partition debug
  start-jupyter -A abc123 -g 1 2h30m      a GPU for two and a half hours, charged to abc123
  start-jupyter -s lab -d ~/course        JupyterLab, showing the folder ~/course
  start-jupyter --dry-run -i              what would be done, and why

Every option may also be set as a variable: START_JUPYTER_PARTITION=debug, START_JUPYTER_QUIET=1.
More: start-jupyter help exit-codes
`;

/** Runs the program and gives its exit status. Never throws. */
export async function runProgram(args: readonly string[], host: Host): Promise<number> {
  const isTyped = (...flags: string[]): boolean => flags.some((flag) => args.includes(flag));
  // Until it is read properly: what is wrong with the command line is said in the form that is wanted.
  let json = isTyped('--json') || (saysYes(host.env['START_JUPYTER_JSON']) && !isTyped('-q', '--quiet'));
  let status: number = EXIT_CODES.done.code;
  try {
    const program = buildProgram(host, (code) => {
      status = code;
    }).hook('preAction', (_program, command) => {
      const hasTime = command === program && command.processedArgs[0] !== undefined;
      for (const one of withParents(command, program)) readVariables(one, host.env, hasTime);
      json = Boolean(command.optsWithGlobals<{ json?: boolean }>().json);
    });
    await program.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_CODES.done.code;
    return await explain(toOurs(error), host, { json });
  }
}

/** The command that runs and those that it belongs to, without the program: most of its options are the launch's alone. */
function withParents(command: Command, program: Command): Command[] {
  const { parent } = command;
  return parent === null || parent === program ? [command] : [command, ...withParents(parent, program)];
}

/** Also for scripts/share.mjs, which runs none of it. */
export function buildProgram(host: Host, setStatus: (code: number) => void): Command {
  const program = addLaunchOptions(new Command('start-jupyter'))
    .description('Starts Jupyter on this cluster and gives you a secure URL for it.')
    .usage('[options] [time]')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', EXAMPLES)
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      // Errors are thrown and explained in one place.
      writeErr: () => undefined,
    })
    .action(async (time: string | undefined) => {
      const { launchCommand } = await import('./commands/launch.js');
      const flags = program.opts<LaunchFlags>();
      const console = await createConsole(host, flags);
      for (const doubt of unknownVariables(program, host.env)) console.warn(doubt);
      const fromVariable = (flag: string): boolean => program.getOptionValueSource(flag) === 'env';
      setStatus(await launchCommand(time, flags, fromVariable, host));
    });
  addTemplatesCommand(program, host, setStatus);
  addProfilesCommand(program, host);
  addDoctorCommand(program, host, setStatus);
  addSessionCommands(program, host, setStatus);
  program
    .command('help', { hidden: true })
    .argument('[topic]')
    .action(async (topic: string | undefined) => {
      const { helpCommand } = await import('./commands/help.js');
      helpCommand(topic, program, host);
    });
  return program;
}

function toOurs(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  // "error: unknown option '--tiem'\n(Did you mean --time?)", with what was typed as it was typed.
  const [, said = '', suggestion] =
    /^(?:error: )?(.*?)(?:\n\((Did you mean .*)\))?$/s.exec(error.message) ?? [];
  const command = / for '(templates|profiles|doctor)'\. /.exec(said)?.[1]?.concat(' ') ?? '';
  const message = sentence(said.charAt(0).toUpperCase() + said.slice(1));
  return new StartJupyterError('bad-option', message, {
    hint: suggestion ?? `start-jupyter ${command}--help lists the options.`,
  });
}
