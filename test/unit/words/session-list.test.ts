import { describe, expect, it } from 'vitest';
import { shortSpan, shortTime } from '../../../src/words/session-list.js';

const MINUTE_MS = 60_000;

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
