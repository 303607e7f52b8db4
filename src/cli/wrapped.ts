/** Texts in columns. Pure. */
import { shownLines } from './command-line.js';

/** What is no terminal gets what fits everywhere. */
const COLUMNS = 80;

/** How wide a stream's lines may be. */
export function columnsOf({ isTTY, columns }: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>): number {
  return isTTY && columns > 0 ? columns : COLUMNS;
}

type Stream = Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>>;

/** Infinity: no terminal, or one that does not know it. */
export function terminalWidth({ isTTY = false, columns = 0 }: Stream): number {
  return isTTY && columns > 0 ? columns : Infinity;
}

/** As a terminal has room for it beside `indent` columns; elsewhere as it is. */
export function fitted(text: string, stream: Stream, indent = 0): string {
  const width = terminalWidth(stream) - indent;
  return width === Infinity ? text : wrapped(text, width).join('\n');
}

/** Breaks at blanks; a word that is too long, such as a path, keeps its line, and so does what is indented. */
export function wrapped(text: string, width: number): string[] {
  return shownLines(text.trimEnd())
    .split('\n')
    .flatMap((line) => (/^\s/.test(line) ? [line] : wrappedLine(line, width)));
}

function wrappedLine(line: string, width: number): string[] {
  const lines = [''];
  for (const word of wordsOf(line)) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

/** Behind a colon, as hints have it. */
const COMMAND = /(?<=: +)start-jupyter(?: [^\s.,;()]+)*/g;

/** A command that is to be copied is one word: the first part of a broken one would be run alone. */
function wordsOf(line: string): string[] {
  const joined = line.replace(COMMAND, (command) => command.replaceAll(' ', '\0'));
  return joined.split(' ').map((word) => word.replaceAll('\0', ' '));
}
