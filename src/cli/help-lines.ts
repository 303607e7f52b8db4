/** Rows of a term and what it means, as lines. Pure. */
import { columnsOf, wrapped } from './wrapped.js';

/** Wider lines are hard to read. */
const WIDEST = 100;

export function helpWidth(stream: Parameters<typeof columnsOf>[0]): number {
  return Math.min(columnsOf(stream), WIDEST);
}

/** Less than this beside the term, and what it means stands below it. */
const NARROWEST = 24;

/** `  term   what it means`, its further lines under its first. A term that is too long has a line of its own. */
export function helpRow(
  [term, text]: readonly [term: string, text: string],
  column: number,
  width: number,
): string[] {
  const fits = width - column >= NARROWEST;
  const indent = ' '.repeat(fits ? column : 6);
  const begin = `  ${term}`;
  const lines = wrapped(text, width - indent.length).map((line) => `${indent}${line}`);
  if (!fits || begin.length + 2 > column) return [begin, ...lines];
  const [first = '', ...more] = lines;
  return [`${begin.padEnd(column)}${first.slice(column)}`.trimEnd(), ...more];
}

/** Rows under each other, with what they mean in one column, as far to the left as the terms let it. */
export function helpRows(
  rows: readonly (readonly [term: string, text: string])[],
  width: number,
  mostForTerms = 36,
): string[] {
  const lengths = rows.map(([term]) => term.length).filter((length) => length <= mostForTerms);
  const column = Math.max(0, ...lengths) + 4;
  return rows.flatMap((row) => helpRow(row, column, width));
}
