/** What was typed and is not understood, in our words, with what was probably meant. */
import { CommanderError, type Command } from 'commander';
import { sentence } from '../errors.js';
import { nearest } from '../site/nearest.js';
import { badCommandLine, interfaceForTime, unknownCommand } from '../words/mistyped.js';
import { pathOf, wordsOf } from './help-layout.js';

/** As commander says it, with the command behind which it stands. */
class Refused extends CommanderError {
  constructor(
    { exitCode, code, message }: CommanderError,
    readonly command: Command,
  ) {
    super(exitCode, code, message);
  }
}

/** For `exitOverride`. */
export function refusedBy(command: Command): (error: CommanderError) => never {
  return (error) => {
    throw new Refused(error, command);
  };
}

/** Anything else is given back as it is. */
export function mistypedIn(error: unknown): unknown {
  if (!(error instanceof Refused)) return error;
  const { command, code } = error;
  if (code === 'commander.excessArguments' && command.commands.length > 0 && command.parent !== null) {
    const [word = ''] = command.args;
    const meant = meantCommand(word, command);
    if (meant !== undefined) return unknownCommand(`${pathOf(command)} ${word}`, meant);
  }
  // "error: unknown option '--tiem'\n(Did you mean --time?)", with what was typed as it was typed.
  const [, said = '', suggestion] =
    /^(?:error: )?(.*?)(?:\n\((Did you mean .*)\))?$/s.exec(error.message) ?? [];
  return badCommandLine(sentence(said.charAt(0).toUpperCase() + said.slice(1)), pathOf(command), suggestion);
}

/** Where the time stands, a word is a command that was mistyped, or the interface without its -s. */
export function refuseWord(time: string | undefined, program: Command): void {
  if (time === undefined || !/^[a-z]+$/i.test(time)) return;
  if (/^(notebook|jupyterlab|lab)$/i.test(time)) throw interfaceForTime(time);
  const meant = meantCommand(time, program);
  if (meant !== undefined) throw unknownCommand(time, meant);
}

/** The command below this one that a word stands for, mistyped or as other programs call it. */
export function meantCommand(word: string, parent: Command): string | undefined {
  const names = new Map(
    parent.commands.flatMap((command) =>
      [command.name(), ...(wordsOf(command).alsoCalled ?? [])].map((name) => [name, command] as const),
    ),
  );
  const called = names.get(word.toLowerCase()) ?? names.get(nearest(word, names.keys(), slips) ?? '');
  return called && pathOf(called);
}

/** Fewer than elsewhere: the names are short, and what is meant as a time ("soon") is near one of them soon enough. */
function slips(letters: number): number {
  return letters < 3 ? 0 : Math.round(letters / 3);
}
