/** A log as a terminal may have it: it holds what anybody printed. */
import { shownLines } from './command-line.js';

/** Without an end of line so long a piece is shown as it is. */
const LONGEST_LINE = 64 * 1024;

export interface LogText {
  /** What can be shown of it by now: whole lines. */
  take(bytes: Uint8Array): string;
  /** What is left, though its line has not ended. */
  rest(): string;
}

/** Line by line, since a character or a colour may be split between two blocks. */
export function createLogText(): LogText {
  const decoder = new TextDecoder('utf-8');
  let pending = '';
  return {
    take(bytes) {
      pending += decoder.decode(bytes, { stream: true });
      const end = pending.length > LONGEST_LINE ? pending.length : pending.lastIndexOf('\n') + 1;
      const whole = pending.slice(0, end);
      pending = pending.slice(end);
      return harmless(whole);
    },
    rest() {
      const text = harmless(pending);
      pending = '';
      return text;
    },
  };
}

/** Colours are left out, a progress bar's lines stand below each other, and everything else that drives a terminal is shown. */
function harmless(text: string): string {
  const plain = text
    .replace(/\x1b\[[\d;:]*[mK]/g, '')
    .replace(/\r+\n/g, '\n')
    .replace(/\r/g, '\n');
  return shownLines(plain);
}
