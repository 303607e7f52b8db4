import { describe, expect, it } from 'vitest';
import { createLogText } from '../../../src/cli/log-text.js';

/** As it is shown when it comes in these pieces. */
function shown(...pieces: (string | Uint8Array)[]): string {
  const text = createLogText();
  const taken = pieces.map((piece) => text.take(typeof piece === 'string' ? Buffer.from(piece) : piece));
  return taken.join('') + text.rest();
}

describe('a log on a terminal', () => {
  it.each([
    ['plain\nlines\tand tabs\n', 'plain\nlines\tand tabs\n'],
    ['\x1b[32mINFO\x1b[0m ready\x1b[K\n', 'INFO ready\n'],
    ['\x1b[38:5:196mred\x1b[m\n', 'red\n'],
    ['windows\r\nlines\r\n', 'windows\nlines\n'],
    ['10%\r20%\r100%\n', '10%\n20%\n100%\n'],
    ['\x1b]0;title\x07', '\\x1b]0;title\\x07'],
    ['\x1b[2J\x1b[H', '\\x1b[2J\\x1b[H'],
    ['\x1b[6n\x9b6n', '\\x1b[6n\\u009b6n'],
    ['a\x00b', 'a\\x00b'],
  ])('%j is %j', (log, expected) => {
    expect(shown(log)).toBe(expected);
  });

  it('is the same in whatever pieces it comes', () => {
    const log = Buffer.from('\x1b[32mgrün\x1b[0m\r\n日本\x1b]0;x\x07\n10%\r20%');
    const whole = shown(log);
    for (let at = 1; at < log.length; at += 1) {
      expect(shown(log.subarray(0, at), log.subarray(at))).toBe(whole);
    }
    expect(whole).toBe('grün\n日本\\x1b]0;x\\x07\n10%\n20%');
  });

  it('of one endless line is shown all the same', () => {
    const text = createLogText();
    expect(text.take(Buffer.from('x'.repeat(70_000)))).toHaveLength(70_000);
  });

  it('shows what is no text in place of it', () => {
    expect(shown(Uint8Array.of(0xff, 0x41, 0x0a))).toBe('\ufffdA\n');
  });
});
