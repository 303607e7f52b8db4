import { describe, expect, it } from 'vitest';
import { sentence, StartJupyterError, type ErrorCode } from '../../../src/errors.js';
import { EXIT_CODES } from '../../../src/words/exit-codes.js';

describe('an error', () => {
  it.each<[ErrorCode, number]>([
    ['unexpected', 1],
    ['bad-option', 2],
    ['time-over-limit', 2],
    ['unknown-partition', 2],
    ['bad-configuration', 3],
    ['unknown-system', 3],
    ['no-jupyter', 4],
    ['unsafe-directory', 4],
    ['proxy-untrusted', 5],
    ['scheduler-refused', 6],
    ['job-failed', 7],
    ['still-waiting', 8],
    ['interrupted', 130],
  ])('%s exits with %d', (code, exitCode) => {
    expect(new StartJupyterError(code, 'x').exitCode).toBe(exitCode);
  });

  it('keeps its facts', () => {
    const cause = new Error('below');
    const error = new StartJupyterError('bad-option', 'x', { hint: 'h', detail: 'd', cause });
    expect(error).toMatchObject({ name: 'StartJupyterError', message: 'x', hint: 'h', detail: 'd', cause });
    expect('cause' in new StartJupyterError('bad-option', 'x')).toBe(false);
  });

  it('has an exit status that nothing else has', () => {
    const codes = Object.values(EXIT_CODES).map(({ code }) => code);
    expect(codes).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 130]);
  });
});

describe('a sentence', () => {
  it.each([
    ['It failed', 'It failed.'],
    ['It failed.', 'It failed.'],
    [' It failed \n', 'It failed.'],
    ['Really?', 'Really?'],
    ['Sorry!', 'Sorry!'],
    ['and so on…', 'and so on…'],
    ['the file "x"', 'the file "x".'],
  ])('of %j is %j', (text, expected) => {
    expect(sentence(text)).toBe(expected);
  });
});
