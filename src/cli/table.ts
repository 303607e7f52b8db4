/** Rows in columns. Pure. */
import { shownControls } from './command-line.js';

export interface Cell {
  text: string;
  /** Colours it, without a change of its width. */
  paint?: (text: string) => string;
}

export interface Narrow {
  width: number;
  /** The column that is left out where not all of them have room. */
  expendable: number;
}

const GAP = '  ';

/** Lines whose columns stand below each other; a column in which nothing stands is left out. */
export function tableLines(
  headings: readonly Cell[],
  rows: readonly (readonly Cell[])[],
  narrow?: Narrow,
): string[] {
  const used = headings.map((_, column) => rows.some((row) => (row[column]?.text ?? '') !== ''));
  const shown = [headings, ...rows].map((row) =>
    row
      .map(({ text, paint }) => ({ text: shownControls(text), paint: paint ?? ((plain: string) => plain) }))
      .filter((_, column) => used[column]),
  );
  const widths = (shown[0] ?? []).map((_, column) =>
    Math.max(...shown.map((row) => row[column]?.text.length ?? 0)),
  );
  const width = widths.reduce((sum, one) => sum + one + GAP.length, -GAP.length);
  if (narrow !== undefined && width > narrow.width) {
    const without = (row: readonly Cell[]) => row.filter((_, column) => column !== narrow.expendable);
    return tableLines(without(headings), rows.map(without));
  }
  return shown.map((row) =>
    row
      .map(({ text, paint }, column) => paint(text) + ' '.repeat((widths[column] ?? 0) - text.length))
      .join(GAP)
      .trimEnd(),
  );
}
