/** Builds the command line and runs the command that was asked for. Commands are loaded when they run. */
import { Command, CommanderError } from 'commander';
import { VERSION } from '../version.js';
import { COMMAND_GROUPS, LAUNCH } from '../words/commands.js';
import { EXIT_CODES } from '../words/exit-codes.js';
import { createConsole } from './console.js';
import { explain } from './explain.js';
import type { Host } from './host.js';
import { HELP_LAYOUT } from './help-layout.js';
import { helpWidth } from './help-lines.js';
import { mistypedIn, refusedBy, refuseWord } from './mistyped.js';
import { addDoctorCommand, addHelpCommand, addProfilesCommand, addTemplatesCommand } from './commands.js';
import { addSessionCommands } from './session-commands.js';
import { addLaunchOptions, type LaunchFlags } from './options.js';
import { readVariables, saysYes, unknownVariables } from './variables.js';

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
    return await explain(mistypedIn(error), host, { json });
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
    .description(LAUNCH.summary)
    .usage('[options] [time]')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .configureHelp(HELP_LAYOUT)
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      // Errors are thrown and explained in one place.
      writeErr: () => undefined,
      getOutHelpWidth: () => helpWidth(host.stdout),
    })
    .action(async (time: string | undefined) => {
      refuseWord(time, program);
      const { launchCommand } = await import('./commands/launch.js');
      const flags = program.opts<LaunchFlags>();
      const console = await createConsole(host, flags);
      for (const doubt of unknownVariables(program, host.env)) console.warn(doubt);
      const fromVariable = (flag: string): boolean => program.getOptionValueSource(flag) === 'env';
      setStatus(await launchCommand(time, flags, fromVariable, host));
    });
  program.exitOverride(refusedBy(program)).commandsGroup(COMMAND_GROUPS.sessions);
  addSessionCommands(program, host, setStatus);
  program.commandsGroup(COMMAND_GROUPS.launch);
  addTemplatesCommand(program, host, setStatus);
  addProfilesCommand(program, host);
  addDoctorCommand(program, host, setStatus);
  addHelpCommand(program, host);
  return program;
}
