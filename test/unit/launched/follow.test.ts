import { describe, expect, it } from 'vitest';
import { follow, type FollowWays, type Watch } from '../../../src/launched/follow.js';
import type { Sight } from '../../../src/launched/sight.js';
import type { SessionEnd } from '../../../src/session/record.js';

const QUEUED: Sight = { phase: 'queued', reason: 'Priority' };
const STARTING: Sight = { phase: 'starting', node: 'c1' };
const READY: Sight = { phase: 'ready', node: 'c1' };
const UNKNOWN: Sight = { phase: 'unknown', why: 'squeue did not answer' };
const END: SessionEnd = { version: 1, outcome: 'cancelled', cause: 'It was cancelled', endedAt: '' };
const ENDED: Sight = { phase: 'ended', end: END };

interface World {
  /** How it is after so many seconds. */
  at(second: number): Sight;
  traces?(second: number): string[];
  /** After so many seconds somebody presses Ctrl-C. */
  leaveAt?: number;
  withProxy?: Sight;
}

/** A world whose time passes only while it is slept. */
async function followed(world: World, ways: Partial<FollowWays> = {}) {
  const left = new AbortController();
  const asked: { second: number; proxy: boolean }[] = [];
  const told: string[] = [];
  let milliseconds = 0;
  const second = (): number => milliseconds / 1000;
  const watch: Watch = {
    look({ proxy }) {
      asked.push({ second: second(), proxy });
      return Promise.resolve(proxy && world.withProxy ? world.withProxy : world.at(second()));
    },
    traces: () => Promise.resolve(world.traces?.(second()) ?? []),
    now: () => milliseconds,
    sleep(time) {
      milliseconds += time;
      if (world.leaveAt !== undefined && second() >= world.leaveAt) left.abort();
      return Promise.resolve();
    },
  };
  const result = await follow(watch, {
    until: 'ready',
    signal: left.signal,
    tell: ({ phase }) => told.push(phase),
    ...ways,
  });
  return { result, asked, told, seconds: second(), phases: told.filter((one, at) => one !== told[at - 1]) };
}

describe('a session is followed', () => {
  it('through its states until it is ready', async () => {
    const at = (second: number) => (second < 5 ? QUEUED : second < 40 ? STARTING : READY);
    const { result, phases } = await followed({ at });
    expect(result).toEqual({ how: 'ready', sight: READY });
    expect(phases).toEqual(['queued', 'starting', 'ready']);
  });

  it('by asking ever more rarely, and no rarer than twice a minute', async () => {
    const { asked, told } = await followed({ at: (second) => (second < 3600 ? QUEUED : READY) });
    const times = asked.map(({ second }) => second);
    const gaps = times.slice(1).map((time, at) => time - times[at]!);
    expect(gaps[0]).toBe(1);
    expect(Math.max(...gaps)).toBe(30);
    expect(times.length).toBeLessThan(140);
    // What is told goes on each second all the same.
    expect(told.length).toBeGreaterThan(3600);
  });

  it('and looked at once its job leaves a file, whenever it was asked last', async () => {
    const at = (second: number) => (second < 1000.5 ? QUEUED : READY);
    const traces = (second: number) => (second < 1000.5 ? [] : ['ready.json']);
    expect((await followed({ at, traces })).seconds).toBe(1001);
  });

  it('and asked for often again when something has happened', async () => {
    const at = (second: number) => (second < 1005 ? READY : ENDED);
    const traces = (second: number) => (second < 1000 ? ['ready.json'] : ['outcome', 'ready.json']);
    const { result, seconds } = await followed({ at, traces }, { until: 'ended' });
    expect(result).toEqual({ how: 'ended', end: END });
    expect(seconds).toBeLessThan(1010);
  });

  it('until its end, where that is wanted', async () => {
    const at = (second: number) => (second < 100 ? READY : ENDED);
    const { result, phases, asked } = await followed({ at }, { until: 'ended' });
    expect(result).toEqual({ how: 'ended', end: END });
    expect(phases).toEqual(['ready']);
    expect(asked.some(({ proxy }) => proxy)).toBe(false);
  });

  it('and the proxy is asked once, when the notebook is said to be ready', async () => {
    const withProxy: Sight = { phase: 'ready', node: 'c1', doubt: 'The proxy does not know it' };
    const { result, asked } = await followed({ at: (second) => (second < 9 ? STARTING : READY), withProxy });
    expect(result).toEqual({ how: 'ready', sight: withProxy });
    expect(asked.filter(({ proxy }) => proxy)).toHaveLength(1);
  });
});

describe('the wait ends', () => {
  it('when the job ends instead', async () => {
    const { result, told } = await followed({ at: (second) => (second < 2 ? QUEUED : ENDED) });
    expect(result).toEqual({ how: 'ended', end: END });
    expect(told).not.toContain('ended');
  });

  it('with its time, and says what was seen last', async () => {
    const { result, seconds } = await followed({ at: () => QUEUED }, { timeoutMs: 10_500 });
    expect(result).toEqual({ how: 'out-of-time', last: QUEUED });
    expect(seconds).toBe(10.5);
  });

  it('with its time even where who is asked does not answer', async () => {
    const watch: Watch = {
      look: ({ signal }) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve(UNKNOWN), { once: true })),
      traces: () => Promise.resolve([]),
      now: () => performance.now(),
      sleep: () => Promise.resolve(),
    };
    const ways = { until: 'ready', signal: new AbortController().signal, tell: () => undefined } as const;
    expect(await follow(watch, { ...ways, timeoutMs: 20 })).toEqual({ how: 'out-of-time' });
  });

  it('when it is left', async () => {
    expect((await followed({ at: () => QUEUED, leaveAt: 7 })).result).toEqual({ how: 'left' });
  });

  it('at once when it was left before', async () => {
    const { result, asked } = await followed({ at: () => READY }, { signal: AbortSignal.abort() });
    expect([result, asked]).toEqual([{ how: 'left' }, []]);
  });
});

describe('who cannot be asked', () => {
  it('ends nothing, and is asked again until it can be told', async () => {
    const at = (second: number) => (second < 5 ? QUEUED : second < 5000 ? UNKNOWN : READY);
    const { result, phases } = await followed({ at });
    expect(result.how).toBe('ready');
    expect(phases).toEqual(['queued', 'unknown', 'ready']);
  });

  it('is not needed for a notebook that has just said that it is ready', async () => {
    const unknown: Sight = { ...UNKNOWN, last: { node: 'c1' } };
    const at = (second: number) => (second < 10 ? UNKNOWN : unknown);
    const traces = (second: number) => (second < 10 ? [] : ['ready.json']);
    const { result } = await followed({ at, traces });
    expect(result).toEqual({
      how: 'ready',
      sight: { phase: 'ready', node: 'c1', doubt: 'the scheduler cannot be asked: squeue did not answer' },
    });
  });

  it('is needed for one that said so long ago', async () => {
    const unknown: Sight = { ...UNKNOWN, last: { node: 'c1' } };
    const { result } = await followed(
      { at: () => unknown, traces: () => ['ready.json'] },
      { timeoutMs: 60_000 },
    );
    expect(result).toEqual({ how: 'out-of-time', last: unknown });
  });
});
