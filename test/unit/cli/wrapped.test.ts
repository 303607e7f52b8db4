import { describe, expect, it } from 'vitest';
import { fitted, terminalWidth, wrapped } from '../../../src/cli/wrapped.js';

const terminal = (columns: number) => ({ isTTY: true, columns });

describe('what is written for a person', () => {
  it('breaks at blanks where a terminal has no room', () => {
    expect(fitted('The session has ended. It was cancelled.', terminal(24))).toBe(
      'The session has ended.\nIt was cancelled.',
    );
  });

  it('is left as it is where there is no terminal, or one that does not know its width', () => {
    const text = 'word '.repeat(60).trimEnd();
    for (const stream of [{}, { isTTY: false, columns: 20 }, { isTTY: true, columns: 0 }]) {
      expect(fitted(text, stream)).toBe(text);
      expect(terminalWidth(stream)).toBe(Infinity);
    }
  });

  it('keeps a command in one piece, because its first part alone would be run', () => {
    const text = 'To start it again: start-jupyter again 4711 -t 2h. If that fails, ask your support.';
    expect(wrapped(text, 30)).toEqual([
      'To start it again:',
      'start-jupyter again 4711 -t 2h.',
      'If that fails, ask your',
      'support.',
    ]);
  });

  it('keeps a word that is too long, what is indented, and empty lines', () => {
    expect(wrapped('at /a/very/long/path/of/a/log\n\n  | as it was written there', 12)).toEqual([
      'at',
      '/a/very/long/path/of/a/log',
      '',
      '  | as it was written there',
    ]);
  });
});
