import { expect, it } from 'vitest';
import { clockTime, endsSoon, estimate, passed } from '../../../src/words/following.js';

const NOW = new Date('2026-12-30T23:59:00');

it.each([
  [0, '0 seconds'],
  [1999, '1 second'],
  [119_000, '119 seconds'],
  [120_000, '2 minutes'],
  [3_720_000, '1 hour 2 minutes'],
  [-5, '0 seconds'],
])('%d ms are %s', (milliseconds, words) => {
  expect(passed(milliseconds)).toBe(words);
});

it.each([
  ['2026-12-30T08:05:00', '08:05'],
  ['2026-12-31T00:00:00', '00:00 on Thursday, 31 December'],
  ['2027-01-01T14:30:00', '14:30 on Friday, 1 January 2027'],
])('%s is %s', (time, words) => {
  expect(clockTime(new Date(time), NOW)).toBe(words);
});

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
