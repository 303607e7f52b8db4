import { expect, it } from 'vitest';
import { endsSoon, estimate } from '../../../src/words/following.js';

const NOW = new Date('2026-12-30T23:59:00');

it('an estimate that is over is left out', () => {
  expect(estimate(new Date('2026-12-30T23:58:00'), NOW)).toEqual([]);
  expect(estimate(undefined, NOW)).toEqual([]);
});

it.each([
  ['2026-12-30T23:59:20', 'The session ends at 23:59, in less than a minute: save your work.'],
  [
    '2026-12-31T00:04:10',
    'The session ends at 00:04 on Thursday, 31 December, in about 5 minutes: save your work.',
  ],
])('the end at %s', (time, words) => {
  expect(endsSoon(new Date(time), NOW)).toBe(words);
});
