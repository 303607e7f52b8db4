import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../../../src/cli/command-line.js';
import { anyText } from '../script/any-text.js';

describe('a command in one line', () => {
  it('is as one would type it', () => {
    expect(commandLine(['sbatch', '--parsable', '--mem=4G', '/home/a/x.sh'])).toBe(
      'sbatch --parsable --mem=4G /home/a/x.sh',
    );
    expect(commandLine(['sbatch', 'two words', `it's`, ''])).toBe(`sbatch 'two words' 'it'\\''s' ''`);
  });

  it('stays one line', () => {
    expect(commandLine(['a\nrm -rf /', 'b\x1b[2J'])).toBe(String.raw`$'a\x0arm -rf /' $'b\x1b[2J'`);
  });

  // bash marks characters of its own with these two, and loses count of them in long words.
  const word = anyText.map((text) => text.replaceAll(/[\x01\x7f]/g, ''));

  it.skipIf(process.platform === 'win32')('is read back by bash word by word', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 4 }), (words) => {
        const line = commandLine(words);
        expect(line).not.toMatch(/[\n\r]/);
        const script = `set -- ${line}; for word; do printf '%s\\0' "$word"; done`;
        const env = { LC_ALL: 'C.UTF-8' };
        const printed = execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8', env });
        expect(printed.split('\0').slice(0, -1)).toEqual(words);
      }),
      { numRuns: 60 },
    );
  });
});
