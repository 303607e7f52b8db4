import { beforeEach, describe, expect, it } from 'vitest';
import { createRounds, type FindOut } from '../../../../src/proxy/feeder/rounds.js';
import type { Scheduler } from '../../../../src/proxy/feeder/scheduler.js';
import { readSlurmQueue } from '../../../../src/proxy/feeder/slurm-queue.js';
import type { JobReport } from '../../../../src/satellite/protocol.js';

const { signal } = new AbortController();

/** What Slurm has, as the test wants it; the listing is read by the real parser. */
const slurm = {
  jobs: {} as Record<string, string>,
  broken: false,
  noise: '',
  accounts: {} as Record<string, JobReport>,
};
let asked: string[][] = [];

const scheduler: Scheduler = {
  queue() {
    if (slurm.broken) return Promise.reject(new Error('Socket timed out'));
    const lines = Object.entries(slurm.jobs).map(([id, state]) =>
      [id, id, id, state, 'None', 'N/A', 'N/A'].join('\x1f'),
    );
    return Promise.resolve(readSlurmQueue(lines.map((line) => `${line}\n`).join('') + slurm.noise, 0));
  },
  accounts(ids) {
    asked.push([...ids]);
    return Promise.resolve(new Map(Object.entries(slurm.accounts)));
  },
};

describe('round by round', () => {
  let findOut: FindOut;
  const round = async (...ids: string[]) => {
    const { reports, ...rest } = await findOut(ids, signal);
    return { ...rest, reports: Object.fromEntries(reports) };
  };

  beforeEach(() => {
    Object.assign(slurm, { jobs: {}, broken: false, noise: '', accounts: {} });
    asked = [];
    findOut = createRounds(scheduler);
  });

  it('only the jobs that are asked for are reported', async () => {
    slurm.jobs = { '1': 'RUNNING', '2': 'PENDING', '3': 'COMPLETED' };
    const reports = { '1': { state: 'running' }, '3': { state: 'ended', outcome: 'completed' } };
    expect(await round('1', '3')).toEqual({ found: 2, complete: true, reports });
    expect(asked).toEqual([]);
  });

  it('a job that was seen and is gone has ended, from the second listing without it', async () => {
    slurm.jobs = { '1': 'RUNNING' };
    await round('1');
    slurm.jobs = {};
    expect((await round('1')).reports).toEqual({});
    expect((await round('1')).reports).toEqual({ '1': { state: 'ended' } });
    expect((await round('1')).reports).toEqual({ '1': { state: 'ended' } });
  });

  it('one that is back meanwhile has not', async () => {
    slurm.jobs = { '1': 'RUNNING' };
    await round('1');
    slurm.jobs = {};
    await round('1');
    slurm.jobs = { '1': 'PENDING' };
    expect((await round('1')).reports).toEqual({ '1': { state: 'waiting' } });
    slurm.jobs = {};
    expect((await round('1')).reports).toEqual({});
  });

  it('one that was never seen is unknown, however often', async () => {
    for (let count = 0; count < 10; count++) {
      expect((await round('1')).reports).toEqual({ '1': { state: 'unknown' } });
    }
  });

  it('neither a listing that failed nor one that was understood in part says that anything is gone', async () => {
    slurm.jobs = { '1': 'RUNNING' };
    await round('1');
    slurm.jobs = {};
    for (let count = 0; count < 5; count++) {
      slurm.broken = true;
      await expect(round('1')).rejects.toThrow('Socket timed out');
      slurm.broken = false;
      slurm.noise = 'slurm_load_jobs error: Zero Bytes were transmitted or received\n';
      expect(await round('1')).toEqual({ found: 0, complete: false, reports: {} });
    }
    slurm.noise = '';
    expect((await round('1')).reports).toEqual({});
  });

  it('the accounting tells the outcome, and is asked less and less often', async () => {
    slurm.jobs = { '1': 'RUNNING' };
    await round('1');
    slurm.jobs = {};
    for (let count = 0; count < 20; count++) await round('1');
    expect(asked).toEqual(Array(5).fill(['1']));
    slurm.accounts = { '1': { state: 'ended', outcome: 'out-of-memory' } };
    for (let count = 20; count < 32; count++) await round('1');
    expect((await round('1')).reports).toEqual({ '1': { state: 'ended', outcome: 'out-of-memory' } });
    for (let count = 0; count < 64; count++) await round('1');
    expect(asked).toHaveLength(6);
  });

  it('the accounting knows jobs that were never seen', async () => {
    slurm.accounts = { '1': { state: 'ended', outcome: 'failed' } };
    expect((await round('1', '2')).reports).toEqual({
      '1': { state: 'ended', outcome: 'failed' },
      '2': { state: 'unknown' },
    });
  });

  it('one that the accounting thinks alive is unknown, whatever the queue says', async () => {
    slurm.jobs = { '1': 'RUNNING' };
    await round('1');
    slurm.jobs = {};
    slurm.accounts = { '1': { state: 'unknown' } };
    for (let count = 0; count < 10; count++) {
      expect((await round('1')).reports).toEqual({ '1': { state: 'unknown' } });
    }
  });

  it('a final state that was seen is said again when the queue has forgotten the job', async () => {
    slurm.jobs = { '1': 'TIMEOUT', '2': 'REVOKED' };
    await round('1', '2');
    slurm.jobs = {};
    for (let count = 0; count < 3; count++) {
      expect((await round('1', '2')).reports).toEqual({
        '1': { state: 'ended', outcome: 'timed-out' },
        '2': { state: 'unknown' },
      });
    }
  });

  it('that all are gone at once is not believed of several: this user may not see them any more', async () => {
    slurm.jobs = { '1': 'RUNNING', '2': 'RUNNING', '3': 'PENDING' };
    await round('1', '2', '3');
    slurm.jobs = {};
    for (let count = 0; count < 10; count++) expect((await round('1', '2', '3')).reports).toEqual({});
    // Somebody's is there: then they can be seen, and the others are gone.
    slurm.jobs = { '4': 'RUNNING' };
    expect((await round('1', '2', '3', '4')).reports).toMatchObject({
      '1': { state: 'ended' },
      '2': { state: 'ended' },
      '3': { state: 'ended' },
      '4': { state: 'running' },
    });
  });

  it('a job that is asked for no more is forgotten', async () => {
    slurm.jobs = { '1': 'RUNNING' };
    await round('1');
    await round();
    slurm.jobs = {};
    for (let count = 0; count < 3; count++) {
      expect((await round('1')).reports).toEqual({ '1': { state: 'unknown' } });
    }
  });
});
