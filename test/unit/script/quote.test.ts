import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignments, shellQuote } from '../../../src/script/quote.js';
import { anyText } from './any-text.js';

/** Runs a bash script that comes on standard input and returns what it printed. */
function bash(script: string): string {
  return execFileSync('bash', ['--norc', '-s'], { input: script, encoding: 'utf8', stdio: 'pipe' });
}

describe('shellQuote', () => {
  it('puts everything between single quotes', () => {
    expect(shellQuote('')).toBe(`''`);
    expect(shellQuote('a b$(c)`d`"e"\\')).toBe(`'a b$(c)\`d\`"e"\\'`);
    expect(shellQuote(`it's`)).toBe(`'it'\\''s'`);
  });

  it('leaves no CRLF in a script, which sbatch would refuse', () => {
    expect(shellQuote('a\r\nb')).not.toContain('\r');
  });

  it('refuses a NUL character', () => {
    expect(() => shellQuote('a\0b')).toThrow(/NUL/);
  });
});

describe.skipIf(process.platform === 'win32')('in a real bash', () => {
  it('every text comes back exactly', () => {
    const run = (texts: string[]) => {
      const words = texts.map(shellQuote).join(' ');
      const printed = bash(`set -- ${words}\nfor text; do printf '%s\\0' "$text"; done\n`);
      expect(printed.split('\0').slice(0, -1)).toEqual(texts);
    };
    fc.assert(fc.property(fc.array(anyText, { minLength: 1, maxLength: 20 }), run), {
      numRuns: 60,
      endOnFailure: true,
    });
  });

  it('every value is assigned exactly', () => {
    const values = fc.array(anyText, { minLength: 4, maxLength: 4 });
    const run = (texts: string[]) => {
      const lines = assignments({ sj_name: texts[0]!, sj_root_dir: texts[1]!, X: texts[2]!, B2: texts[3]! });
      const printed = bash(`${lines}printf '%s\\0' "$sj_name" "$sj_root_dir" "$X" "$B2"\n`);
      expect(printed.split('\0').slice(0, -1)).toEqual(texts);
    };
    fc.assert(fc.property(values, run), { seed: 42, numRuns: 60, endOnFailure: true });
  });
});

describe('assignments', () => {
  it('writes one line a value', () => {
    expect(assignments({ a: '1', b_2: "x'y" })).toBe(`a='1'\nb_2='x'\\''y'\n`);
    expect(assignments({})).toBe('');
  });

  it.each(['', '2a', 'a-b', 'a b', 'a=b', 'a;b', 'ä', 'a\n'])('refuses the name %j', (name) => {
    expect(() => assignments({ [name]: 'x' })).toThrow(/Not a name/);
  });
});
