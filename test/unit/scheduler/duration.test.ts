import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StartJupyterError } from '../../../src/errors.js';
import { formatMinutes, hhmmss, parseSlurmTime, parseTime } from '../../../src/scheduler/duration.js';

function refusal(text: string): StartJupyterError {
  try {
    parseTime(text);
  } catch (error) {
    if (error instanceof StartJupyterError) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}

describe('what a person types', () => {
  it.each([
    ['30', 30],
    [' 30 ', 30],
    ['030', 30],
    ['00:30:00', 30],
    ['2:30:00', 150],
    ['48:00:00', 2880],
    ['00:00:01', 1],
    ['00:02:30', 3],
    ['1-00:00:00', 1440],
    ['1-12:00:00', 2160],
    ['2-12', 3600],
    ['2-12:30', 3630],
    ['90m', 90],
    ['2h30m', 150],
    ['2H30M', 150],
    ['2h 30m', 150],
    ['1d', 1440],
    ['1d12h', 2160],
    ['90s', 2],
    ['365d', 525_600],
  ])('%j is %d minutes', (text, minutes) => {
    expect(parseTime(text)).toBe(minutes);
  });

  it('refuses 2:30 and names both readings', () => {
    const error = refusal('2:30');
    expect(error.code).toBe('bad-time');
    expect(error.hint).toContain('2h30m');
    expect(error.hint).toContain('would be 3 ');
  });

  it.each([
    '',
    ' ',
    '0',
    '00:00:00',
    '0m',
    '-5',
    '1.5h',
    '366d',
    '525601',
    '9'.repeat(400),
    '00:90:00',
    '1-24:00:00',
    '30m2h',
    '5m5m',
    'forever',
    '10:00:00 --wrap=id',
    '30\n--wrap=id',
    '1:2:3:4',
    '1-',
    '-00:30:00',
    '٣٠',
  ])('refuses %j', (text) => {
    const error = refusal(text);
    expect(error.code).toBe('bad-time');
    expect(error.hint).toBeTruthy();
  });
});

describe('what Slurm writes', () => {
  it.each([
    ['30', 30],
    ['2:30', 3],
    ['30:00', 30],
    ['02:30:00', 150],
    ['1-12', 2160],
    ['1-12:30', 2190],
    ['2-00:00:00', 2880],
    ['UNLIMITED', Infinity],
    ['infinite', Infinity],
    ['NOT_SET', undefined],
    ['INVALID', undefined],
    ['n/a', undefined],
    ['', undefined],
  ])('%j is %s', (text, minutes) => {
    expect(parseSlurmTime(text)).toBe(minutes);
  });
});

describe('how it is shown', () => {
  it.each([
    [1, '1 minute', '00:01:00'],
    [30, '30 minutes', '00:30:00'],
    [60, '1 hour', '01:00:00'],
    [150, '2 hours 30 minutes', '02:30:00'],
    [1501, '1 day 1 hour 1 minute', '25:01:00'],
    [10_080, '7 days', '168:00:00'],
  ])('%d minutes', (minutes, words, clock) => {
    expect(formatMinutes(minutes)).toBe(words);
    expect(hhmmss(minutes)).toBe(clock);
  });

  it('comes back as the same time, for people and for Slurm', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 525_600 }), (minutes) => {
        const clock = hhmmss(minutes);
        expect(parseTime(clock)).toBe(minutes);
        expect(parseSlurmTime(clock)).toBe(minutes);
        expect(parseTime(String(minutes))).toBe(minutes);
        const units = formatMinutes(minutes).replaceAll(/ (d|h|m)\w+/g, '$1');
        expect(parseTime(units)).toBe(minutes);
      }),
    );
  });

  it('reads or refuses any text, and nothing else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const minutes = parseTime(text);
          expect(Number.isInteger(minutes) && minutes > 0).toBe(true);
        } catch (error) {
          expect((error as StartJupyterError).code).toBe('bad-time');
        }
      }),
    );
  });
});
