import { expect, it } from 'vitest';
import { parseTimeout } from '../../../src/cli/timeout.js';

it.each([
  ['30s', 30_000],
  ['10m', 600_000],
  ['10min', 600_000],
  ['1h30m', 5_400_000],
  ['2', 120_000],
  ['1d', 86_400_000],
  [' 5 m'.replace(' m', 'm'), 300_000],
])('%j is %d ms', (text, milliseconds) => {
  expect(parseTimeout('--timeout', text)).toBe(milliseconds);
});

it.each(['', 'soon', '-5', '1.5h', '0', '0s', '30s10m', '400d', '10:00', '9'.repeat(400)])(
  '%j is refused, and what would be right is said',
  (text) => {
    expect(() => parseTimeout('START_JUPYTER_TIMEOUT', text)).toThrow(
      expect.objectContaining({
        code: 'bad-option',
        message: expect.stringContaining(`START_JUPYTER_TIMEOUT cannot be ${JSON.stringify(text)}`) as string,
        hint: expect.stringContaining('30s, 10m') as string,
      }),
    );
  },
);
