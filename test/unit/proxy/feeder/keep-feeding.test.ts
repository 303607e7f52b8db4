import { describe, expect, it } from 'vitest';
import { StartJupyterError, type ErrorCode } from '../../../../src/errors.js';
import type { Fed } from '../../../../src/proxy/feeder/feeds.js';
import { keepFeeding, pauseMs } from '../../../../src/proxy/feeder/keep-feeding.js';

const GOOD: Fed = { reported: 1, wanted: 1, found: 1, complete: true };

/** Runs through these rounds, then stops; gives what was said. */
async function saidIn(rounds: readonly (Fed | ErrorCode)[]): Promise<string[]> {
  const stop = new AbortController();
  const said: string[] = [];
  const left = [...rounds];
  const feed = (): Promise<Fed> => {
    const next = left.shift();
    if (next === undefined) {
      stop.abort();
      return Promise.reject(new Error('aborted'));
    }
    return typeof next === 'string'
      ? Promise.reject(new StartJupyterError(next, `${next}!`))
      : Promise.resolve(next);
  };
  await keepFeeding({ feed, intervalMs: 1, say: (text) => said.push(text), signal: stop.signal });
  return said;
}

describe('feeding on and on', () => {
  it('says nothing while all is well', async () => {
    expect(await saidIn([GOOD, GOOD, GOOD])).toEqual([]);
  });

  it('says what fails once, and once that it works again', async () => {
    const away = 'proxy-unreachable';
    expect(await saidIn([GOOD, away, away, away, GOOD, GOOD, away])).toEqual([
      'proxy-unreachable!\nNothing is reported; it is tried again.',
      'Job states are reported again.',
      'proxy-unreachable!\nNothing is reported; it is tried again.',
    ]);
  });

  it('says when something else fails', async () => {
    const said = await saidIn([
      'proxy-unreachable',
      'scheduler-unreachable',
      'scheduler-unreachable',
      'proxy-refused',
    ]);
    expect(said.map((text) => text.split('!')[0])).toEqual([
      'proxy-unreachable',
      'scheduler-unreachable',
      'proxy-refused',
    ]);
  });

  it('says when none of the jobs is in the queue, and when a part of it is not understood', async () => {
    const said = await saidIn([
      { ...GOOD, found: 0 },
      { ...GOOD, found: 0 },
      { ...GOOD, complete: false },
    ]);
    expect(said).toEqual([expect.stringContaining('PrivateData'), expect.stringContaining('not understood')]);
  });

  it('does not swallow what should not happen', async () => {
    const feed = () => Promise.reject(new TypeError('a mistake'));
    const { signal } = new AbortController();
    await expect(keepFeeding({ feed, intervalMs: 1, say: () => undefined, signal })).rejects.toThrow(
      'a mistake',
    );
  });

  it('stops at once in a pause', async () => {
    const stop = new AbortController();
    const feed = () => {
      setTimeout(() => stop.abort(), 20);
      return Promise.resolve(GOOD);
    };
    await keepFeeding({ feed, intervalMs: 3_600_000, say: () => undefined, signal: stop.signal });
  });

  it.each([
    [30_000, 0, 30_000],
    [30_000, 1, 30_000],
    [30_000, 2, 60_000],
    [30_000, 3, 120_000],
    [30_000, 1000, 120_000],
    [300_000, 3, 300_000],
    [1000, 3, 4000],
  ])('every %d ms, after %d failures of the proxy: %d ms', (interval, failures, pause) => {
    expect(pauseMs(interval, failures)).toBe(pause);
  });
});
