/** Texts in columns. Pure. */
import { shownLines } from './command-line.js';

/** What is no terminal gets what fits everywhere. */
const COLUMNS = 80;

/** How wide a stream's lines may be. */
export function columnsOf({ isTTY, columns }: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>): number {
  return isTTY && columns > 0 ? columns : COLUMNS;
}

/** Breaks at blanks; a word that is too long, such as a path, keeps its line, and so does what is indented. */
export function wrapped(text: string, width: number): string[] {
  return shownLines(text.trimEnd())
    .split('\n')
    .flatMap((line) => (/^\s/.test(line) ? [line] : wrappedLine(line, width)));
}

function wrappedLine(line: string, width: number): string[] {
  const lines = [''];
  for (const word of line.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
