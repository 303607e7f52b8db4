/** How a command's help is laid out: what most people look for comes first. */
import type { Argument, Command, Help, HelpConfiguration, Option } from 'commander';
import { COMMANDS, type CommandWords } from '../words/commands.js';
import { helpRow } from './help-lines.js';
import { wrapped } from './wrapped.js';

/** For the program and, since commander hands it on, all of its commands. */
export const HELP_LAYOUT: HelpConfiguration = {
  formatHelp(command, helper) {
    const width = helper.helpWidth ?? 80;
    const column = helper.padWidth(command, helper) + 4;
    const rows = (items: readonly (readonly [term: string, text: string])[]): string[] =>
      items.flatMap((item) => helpRow(item, column, width));
    const commands = sections(helper.visibleCommands(command), (one) => one.helpGroup() || 'Commands:');
    const options = sections(helper.visibleOptions(command), groupOf);
    const words = wordsOf(command);
    const parts = [
      usageLines(command, helper),
      wrapped(aboutCommand(words), width),
      titled('Examples:', exampleRows(words.examples, width)),
      ...commands.map(([title, list]) =>
        titled(title, rows(list.map((one) => [helper.subcommandTerm(one), one.summary()]))),
      ),
      titled(
        'Arguments:',
        rows(
          helper
            .visibleArguments(command)
            .map((one) => [helper.argumentTerm(one), helper.argumentDescription(one)]),
        ),
      ),
      ...options.map(([title, list]) =>
        titled(title, rows(list.map((one) => [helper.optionTerm(one), one.description]))),
      ),
      words.more === undefined ? [] : wrapped(words.more, width),
    ];
    return `${parts
      .filter((lines) => lines.length > 0)
      .map((lines) => lines.join('\n'))
      .join('\n\n')}\n`;
  },
  subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(shownArgument)].join(' '),
};

/** By the words that lead to it. */
export function wordsOf(command: Command): CommandWords {
  return COMMANDS[pathOf(command)] ?? { summary: '', examples: [] };
}

/** `templates show`; empty for the program itself. */
export function pathOf(command: Command): string {
  const { parent } = command;
  return parent === null ? '' : `${pathOf(parent)} ${command.name()}`.trim();
}

/** A sentence. */
export function aboutCommand({ about, summary }: CommandWords): string {
  const text = about ?? summary;
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return capital.endsWith('.') ? capital : `${capital}.`;
}

function usageLines(command: Command, helper: Help): string[] {
  const usage = `Usage: ${helper.commandUsage(command)}`;
  return command.parent === null ? [usage, '       start-jupyter COMMAND [options]'] : [usage];
}

function exampleRows(examples: CommandWords['examples'], width: number): string[] {
  const lines = examples.map(([line, does]) => [`start-jupyter ${line}`, does] as const);
  const column = Math.max(0, ...lines.map(([line]) => line.length)) + 5;
  return lines.flatMap((line) => helpRow(line, column, width));
}

function titled(title: string, rows: readonly string[]): string[] {
  return rows.length === 0 ? [] : [title, ...rows];
}

/** In the order in which they were added. */
function sections<T>(items: readonly T[], titleOf: (item: T) => string): [title: string, items: T[]][] {
  const titles = [...new Set(items.map(titleOf))];
  return titles.map((title) => [title, items.filter((item) => titleOf(item) === title)]);
}

function groupOf(option: Option): string {
  return option.helpGroupHeading ?? 'Options:';
}

/** `<name>`, `[ids...]` */
function shownArgument(argument: Argument): string {
  const shown = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${shown}>` : `[${shown}]`;
}
