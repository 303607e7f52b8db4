/** The commands beside the launch, with their arguments and options. Each is loaded when it runs. */
import { Option, type Command } from 'commander';
import { TOPICS } from '../words/help.js';
import type { GivenOptions } from './commands/doctor.js';
import { aboutCommand, wordsOf } from './help-layout.js';
import type { Host } from './host.js';
import { refusedBy } from './mistyped.js';
import type { LaunchFlags } from './options.js';
import { readVariables, unknownVariables } from './variables.js';

export function addTemplatesCommand(program: Command, host: Host, setStatus: (code: number) => void): void {
  const templates = subcommand(program, 'templates')
    .option('--json', 'print one JSON object')
    .action(async (_options, command: Command) => {
      const { listTemplates } = await import('./commands/templates.js');
      await listTemplates(command.optsWithGlobals(), host);
    });
  subcommand(templates, 'show')
    .argument('<name>')
    .action(async (name: string, _options, command: Command) => {
      const { showTemplate } = await import('./commands/templates.js');
      await showTemplate(name, command.optsWithGlobals(), host);
    });
  subcommand(templates, 'copy')
    .argument('<name>')
    .argument('[to]', 'its new name; or a folder, or a file (default: the same name, in your own folder)')
    .action(async (name: string, to: string | undefined, _options, command: Command) => {
      const { copyTemplate } = await import('./commands/templates.js');
      await copyTemplate(name, to, command.optsWithGlobals(), host);
    });
  subcommand(templates, 'check')
    .argument('<file>')
    .action(async (file: string, _options, command: Command) => {
      const { checkTemplateFile } = await import('./commands/templates.js');
      setStatus(await checkTemplateFile(file, command.optsWithGlobals(), host));
    });
}

export function addProfilesCommand(program: Command, host: Host): void {
  subcommand(program, 'profiles')
    .option('--json', 'print one JSON object')
    .action(async (_options, command: Command) => {
      const { listProfiles } = await import('./commands/profiles.js');
      await listProfiles(command.optsWithGlobals(), host);
    });
}

export function addDoctorCommand(program: Command, host: Host, setStatus: (code: number) => void): void {
  subcommand(program, 'doctor')
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

export function addHelpCommand(program: Command, host: Host): void {
  named(program, 'help')
    .argument('[topic...]', `a command, or a topic: ${TOPICS.join(', ')}`)
    .action(async (topic: string[]) => {
      const { helpCommand } = await import('./commands/help.js');
      helpCommand(topic, program, host);
    });
}

/** Every command looks at one system, so every one may be told which. */
export function subcommand(parent: Command, name: string): Command {
  const command = named(parent, name);
  if (!parent.parent)
    command.addOption(new Option('--system <name>', 'which system this is, instead of finding out'));
  return command;
}

/** With its words, and with its own name on what is wrong behind it. */
function named(parent: Command, name: string): Command {
  const command = parent.command(name);
  const words = wordsOf(command);
  return (
    command
      .summary(words.summary)
      .description(aboutCommand(words))
      .optionsGroup('Options:')
      // Anew, or it would stand in the group that it has in the program.
      .helpOption('-h, --help', 'print this help')
      .exitOverride(refusedBy(command))
  );
}
