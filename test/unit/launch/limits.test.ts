import { describe, expect, it } from 'vitest';
import { checkLimits as check } from '../../../src/launch/limits.js';
import type { Partition } from '../../../src/scheduler/scheduler.js';

const known: Partition[] = [
  { name: 'compute', maxMinutes: 2880, up: true },
  { name: 'debug', maxMinutes: 60, up: true },
  { name: 'endless', up: true },
];

const planned = (partition: string, minutes?: number) => ({
  partition: { value: partition, from: '--partition' },
  ...(minutes === undefined ? {} : { minutes: { value: minutes, from: '--time' } }),
});

type Configured = Parameters<typeof check>[2]['values']['partitions'];

const checkLimits = (
  request: Parameters<typeof check>[0],
  there: Parameters<typeof check>[1],
  partitions: Configured = {},
) => check(request, there, { name: 'here', values: { partitions } });

describe('a partition', () => {
  it.each(['compute', 'debug', 'compute,debug'])('that is there is fine: %s', (name) => {
    expect(() => checkLimits(planned(name, 30), known)).not.toThrow();
  });

  it.each(['debgu', 'compute,debgu'])('that is not there is refused with those that are: %s', (name) => {
    expect(() => checkLimits(planned(name), known)).toThrow(
      expect.objectContaining({
        code: 'unknown-partition',
        message: 'There is no partition "debgu" here (from --partition).',
        hint: 'There are: compute, debug, endless (did you mean "debug"?). Choose one with -p.',
      }),
    );
  });

  it('that takes no jobs is refused with those that do', () => {
    const there: Partition[] = [...known, { name: 'old', up: true, closed: true }];
    expect(() => checkLimits(planned('old', 30), there)).toThrow(
      expect.objectContaining({
        code: 'scheduler-refused',
        message: 'The partition old (from --partition) takes no jobs at the moment.',
        hint: 'Choose one of these with -p: compute, debug, endless',
      }),
    );
    expect(() => checkLimits({}, there)).not.toThrow();
  });

  it('is never refused when the scheduler could not be asked', () => {
    expect(() => checkLimits(planned('debgu', 30), undefined)).not.toThrow();
  });

  it('may be left to the scheduler, with a time that one of them allows', () => {
    const unnamed = { minutes: { value: 9999, from: '--time' } };
    expect(() => checkLimits(unnamed, known)).not.toThrow();
    expect(() => checkLimits(unnamed, undefined)).not.toThrow();
    expect(() => checkLimits(unnamed, known.slice(0, 2))).toThrow(
      expect.objectContaining({
        code: 'time-over-limit',
        message: expect.stringContaining('longer than any partition here allows: 2 days.') as string,
      }),
    );
  });

  it('is worth a warning when it is down', () => {
    const down = [{ name: 'debug', maxMinutes: 60, up: false }];
    expect(checkLimits(planned('debug', 30), down)).toEqual([
      'Partition debug is down at the moment: the job waits until it is up again.',
    ]);
    expect(checkLimits(planned('debug', 30), known)).toEqual([]);
  });

  it('that a configuration names may mean that the system is another one', () => {
    const request = { partition: { value: 'slow', from: 'the site’s systems.yaml' } };
    expect(() => checkLimits(request, known)).toThrow(
      expect.objectContaining({
        hint: expect.stringContaining('If this is not here, name the right system with --system.') as string,
      }),
    );
  });

  it('is refused as well where the scheduler lists none', () => {
    expect(() => checkLimits(planned('debug'), [])).toThrow(
      expect.objectContaining({ hint: 'The scheduler lists none.' }),
    );
  });
});

describe('a time', () => {
  const tooLong = (minutes: number, limit: string, hint: string) =>
    expect.objectContaining({
      code: 'time-over-limit',
      message: `${minutes} minutes (from --time) is longer than partition debug allows: ${limit}.`,
      hint: expect.stringContaining(hint) as string,
    }) as Error;

  it('may be as long as the scheduler and the configuration say', () => {
    expect(() => checkLimits(planned('debug', 60), known)).not.toThrow();
    expect(() => checkLimits(planned('debug', 30), known, { debug: { max_time: 30 } })).not.toThrow();
    expect(() => checkLimits(planned('endless', 999_999), known)).not.toThrow();
  });

  it('is held to the shorter of both', () => {
    const debug = { debug: { max_time: 30 } };
    expect(() => checkLimits(planned('debug', 31), known, debug)).toThrow(tooLong(31, '30 minutes', '-t 30'));
    expect(() => checkLimits(planned('debug', 31), undefined, debug)).toThrow(
      tooLong(31, '30 minutes', '-t 30'),
    );
    const generous = { debug: { max_time: 600 } };
    expect(() => checkLimits(planned('debug', 61), known, generous)).toThrow('debug allows: 1 hour.');
  });

  it('without end is longer than any', () => {
    expect(() => checkLimits(planned('compute', Infinity), known)).toThrow(
      'unlimited (from --time) is longer than partition compute allows: 2 days.',
    );
    expect(() => checkLimits(planned('endless', Infinity), known)).not.toThrow();
  });

  it('is not known where it is left to the scheduler', () => {
    expect(() => checkLimits(planned('debug'), known)).not.toThrow();
  });
});
