/** The commands beside the launch, with their arguments and options. Each is loaded when it runs. */
import { Option, type Command } from 'commander';
import type { CommandWords } from '../words/commands.js';
import type { GivenOptions } from './commands/doctor.js';
import type { Host } from './host.js';
import type { LaunchFlags } from './options.js';
import { readVariables, unknownVariables } from './variables.js';

export function addTemplatesCommand(program: Command, host: Host, setStatus: (code: number) => void): void {
  const templates = subcommand(
    program,
    'templates',
    'lists the job templates that -b knows, and where they are',
  )
    .option('--json', 'print one JSON object')
    .action(async (_options, command: Command) => {
      const { listTemplates } = await import('./commands/templates.js');
      await listTemplates(command.optsWithGlobals(), host);
    });
  subcommand(templates, 'show', 'prints a template')
    .argument('<name>')
    .action(async (name: string, _options, command: Command) => {
      const { showTemplate } = await import('./commands/templates.js');
      await showTemplate(name, command.optsWithGlobals(), host);
    });
  subcommand(templates, 'copy', 'copies a template, to be changed')
    .argument('<name>')
    .argument('[to]', 'its new name; or a folder, or a file (default: the same name, in your own folder)')
    .action(async (name: string, to: string | undefined, _options, command: Command) => {
      const { copyTemplate } = await import('./commands/templates.js');
      await copyTemplate(name, to, command.optsWithGlobals(), host);
    });
  subcommand(templates, 'check', 'says what is wrong with a template of your own')
    .argument('<file>')
    .action(async (file: string, _options, command: Command) => {
      const { checkTemplateFile } = await import('./commands/templates.js');
      setStatus(await checkTemplateFile(file, command.optsWithGlobals(), host));
    });
}

export function addProfilesCommand(program: Command, host: Host): void {
  subcommand(program, 'profiles', 'lists the sets of options that --profile knows')
    .option('--json', 'print one JSON object')
    .action(async (_options, command: Command) => {
      const { listProfiles } = await import('./commands/profiles.js');
      await listProfiles(command.optsWithGlobals(), host);
    });
}

export function addDoctorCommand(program: Command, host: Host, setStatus: (code: number) => void): void {
  subcommand(program, 'doctor', 'looks at everything that a launch needs, and says how to mend what is wrong')
    .addHelpText('after', '\nThe options of a launch may stand behind it: what they name is looked at then.')
    .option('--json', 'print one JSON object')
    .action(async (_options, command: Command) => {
      const { doctorCommand } = await import('./commands/doctor.js');
      const given: GivenOptions = {
        typed: command.optsWithGlobals<LaunchFlags>(),
        // The launch's own options may stand before or behind the command, or in variables.
        withVariables: () => {
          readVariables(program, host.env);
          return command.optsWithGlobals<LaunchFlags>();
        },
        fromVariable: (flag) => program.getOptionValueSource(flag) === 'env',
        doubts: unknownVariables(program, host.env),
      };
      setStatus(await doctorCommand(given, host));
    });
}

/** Examples behind a command's help. */
export function examplesText(examples: CommandWords['examples']): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, does]) => `  start-jupyter ${line.padEnd(width)}   ${does}`);
  return `\nExamples:\n${lines.join('\n')}`;
}

/** Every command looks at one system, so every one may be told which. */
export function subcommand(parent: Command, name: string, description: string): Command {
  const command = parent
    .command(name)
    .description(description)
    .optionsGroup('Options:')
    // Anew, or it would stand in the group that it has in the program.
    .helpOption('-h, --help', 'print this help');
  if (!parent.parent)
    command.addOption(new Option('--system <name>', 'which system this is, instead of finding out'));
  return command;
}
