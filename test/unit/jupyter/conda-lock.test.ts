import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { takeLock, type Holder, type LockOptions } from '../../../src/jupyter/conda-lock.js';

/** A holder that does nothing for so long is abandoned. */
const TIMES = { beatMs: 20, abandonedMs: 1000, pollMs: 10 };

describe.skipIf(process.platform !== 'linux')('the lock of a build', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sj-lock-'));
    path = join(folder, 'key');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const take = (given: Partial<LockOptions> = {}) =>
    takeLock(path, {
      signal: new AbortController().signal,
      making: `${path}-1`,
      settled: () => Promise.resolve(false),
      waiting: () => undefined,
      times: TIMES,
      ...given,
    });

  /** The file of a holder that is not this process. */
  function held(number: number, holder: Partial<Holder>): void {
    const all = {
      host: 'login2',
      machine: 'other',
      pid: 1,
      since: '2026-01-01T00:00:00Z',
      making: `${path}-0`,
      nonce: 'n',
    };
    writeFileSync(`${path}.lock.${number}`, JSON.stringify({ ...all, ...holder }));
  }

  it('is one’s own until it is given back, longer than an abandoned one would be', async () => {
    const first = await take();
    let second = 'waits';
    const waiting = vi.fn();
    const taking = take({ waiting }).then((lock) => {
      second = 'has it';
      return lock;
    });
    await new Promise((resolve) => setTimeout(resolve, 2 * TIMES.abandonedMs));
    expect(second).toBe('waits');
    expect(waiting.mock.calls).toMatchObject([[{ pid: process.pid, making: `${path}-1` }]]);
    await first?.release();
    await (await taking)?.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is not needed any more once the work is done', async () => {
    const first = await take();
    let done = false;
    const taking = take({ settled: () => Promise.resolve(done) });
    done = true;
    expect(await taking).toBeUndefined();
    await first?.release();
  });

  it('is given back at once where the work was done just before it was taken', async () => {
    let asked = 0;
    expect(await take({ settled: () => Promise.resolve((asked += 1) > 1) })).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of another host is taken over when nobody touches it any more, by one of all who wait', async () => {
    held(3, {});
    const locks: number[] = [];
    let done = false;
    const settled = () => Promise.resolve(done);
    await Promise.all(
      [1, 2, 3].map(async (number) => {
        const lock = await take({ settled });
        if (lock === undefined) return;
        locks.push(number);
        expect(lock.leftovers).toEqual([`${path}-0`]);
        expect(readdirSync(folder)).toEqual(['key.lock.3', 'key.lock.4']);
        done = true;
        await lock.release();
      }),
    );
    expect(locks).toHaveLength(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of a process of this machine that was killed is taken over at once', async () => {
    const child = spawn('/bin/true');
    await once(child, 'exit');
    const own = await take();
    const { machine } = JSON.parse(readFileSync(`${path}.lock.1`, 'utf8')) as Holder;
    await own?.release();
    held(1, { machine, pid: child.pid! });
    const lock = await take({ times: { ...TIMES, abandonedMs: 60_000 } });
    expect(lock?.leftovers).toEqual([`${path}-0`]);
    await lock?.release();
  });

  it('whose file is half written is taken over as well', async () => {
    writeFileSync(`${path}.lock.1`, '{"ho');
    const lock = await take();
    expect(lock?.leftovers).toEqual([]);
    await lock?.release();
  });

  it('is not waited for after Ctrl-C', async () => {
    held(1, {});
    const stop = new AbortController();
    const taking = take({ signal: stop.signal, times: { ...TIMES, abandonedMs: 60_000, pollMs: 30_000 } });
    setTimeout(() => stop.abort(), 50);
    await expect(taking).rejects.toMatchObject({ code: 'interrupted' });
  });
});
