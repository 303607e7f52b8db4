import { describe, expect, it } from 'vitest';
import { clockTime, left, passed, shortSpan, shortTime } from '../../../src/words/clock.js';

const NOW = new Date('2026-12-30T23:59:00');
const MINUTE_MS = 60_000;

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

it.each([
  [-5, 'less than a minute'],
  [59_999, 'less than a minute'],
  [60_000, '1 minute'],
  [3_720_000, '1 hour 2 minutes'],
])('%d ms ahead are %s', (milliseconds, words) => {
  expect(left(milliseconds)).toBe(words);
});

describe('how long a session still lasts', () => {
  it.each([
    [-5, '0m'],
    [0, '0m'],
    [0.5, '<1m'],
    [1, '1m'],
    [59.9, '59m'],
    [60, '1h 0m'],
    [80, '1h 20m'],
    [24 * 60, '1d'],
    [25 * 60 + 59, '1d 1h'],
    [365 * 24 * 60, '365d'],
  ])('%s minutes: %s', (minutes, text) => {
    expect(shortSpan(minutes * MINUTE_MS)).toBe(text);
  });
});

describe('when something was', () => {
  // All in the time of this machine, whichever that is.
  const now = new Date(2026, 2, 1, 0, 5);
  it.each([
    [new Date(2026, 2, 1, 0, 0), 'today 00:00'],
    [new Date(2026, 2, 1, 14, 7), 'today 14:07'],
    [new Date(2026, 1, 28, 23, 59), 'yesterday 23:59'],
    [new Date(2026, 1, 28, 0, 5), 'yesterday 00:05'],
    [new Date(2026, 1, 27, 9, 30), '27 Feb 09:30'],
    [new Date(2025, 11, 31, 9, 30), '31 Dec 2025 09:30'],
  ])('%s: %s', (time, text) => {
    expect(shortTime(time, now)).toBe(text);
  });
});
