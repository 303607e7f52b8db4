import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slurm } from '../../../../src/proxy/feeder/slurm.js';
import { fakePrograms, type FakePrograms } from '../../scheduler/fake-programs.js';

const { signal } = new AbortController();
const RUNNING = String.raw`printf '17\03717\03717\037RUNNING\037None\0371795399195\0374102444800\n'`;

describe('asking Slurm', () => {
  let programs: FakePrograms;
  beforeEach(async () => {
    programs = await fakePrograms();
  });
  afterEach(() => programs.remove());
  const scheduler = (env: NodeJS.ProcessEnv = {}) => slurm({ ...programs.env, ...env });

  it('is one call for all jobs, in which nothing of the environment changes what is printed', async () => {
    await programs.add('squeue', RUNNING);
    const env = {
      SLURM_CONF: '/c',
      SQUEUE_FORMAT: '%t',
      SQUEUE_USERS: 'me',
      SLURM_CLUSTERS: 'other',
      TZ: 'Asia/Tokyo',
    };
    const queue = await scheduler(env).queue(signal);
    expect(queue.reportOf('17')).toEqual({ state: 'running', endsAt: '2100-01-01T00:00:00.000Z' });
    const [call, ...more] = await programs.calls('squeue');
    expect(more).toEqual([]);
    expect(call?.args).toEqual([
      '-h',
      '-a',
      '-t',
      'all',
      '-o',
      '%i|%A|%F|%T|%r|%S|%e'.replaceAll('|', '\x1f'),
    ]);
    expect(call?.env).toMatchObject({ SLURM_CONF: '/c', SLURM_TIME_FORMAT: '%s', TZ: 'UTC0', LC_ALL: 'C' });
    // The tasks of an array in full: one that is cut off would seem to be gone.
    expect(call?.env).toMatchObject({ SLURM_BITSTR_LEN: '0' });
    expect(Object.keys(call?.env ?? {}).filter((name) => /^SQUEUE_|CLUSTERS/.test(name))).toEqual([
      'SQUEUE_FEDERATION',
    ]);
  });

  it.each([
    [
      'a status that is not 0, whatever was printed',
      `${RUNNING}; echo 'Unable to contact slurm controller' >&2; exit 1`,
      /status 1/,
    ],
    ['a signal', `${RUNNING}; kill -9 $$`, /gave no answer/],
    ['something else on stdout alone', 'echo Cluster is in maintenance', /not understood/],
  ])('gives no answer with %s', async (_, script, words) => {
    await programs.add('squeue', script);
    await expect(scheduler().queue(signal)).rejects.toMatchObject({
      code: 'scheduler-unreachable',
      message: expect.stringMatching(words) as string,
    });
  });

  it('gives no answer without squeue', async () => {
    await expect(scheduler().queue(signal)).rejects.toMatchObject({
      code: 'scheduler-unreachable',
      message: 'squeue was not found.',
    });
  });

  it('believes what is in a listing with an error beside it, and not what is missing in it', async () => {
    await programs.add(
      'squeue',
      `${RUNNING}; echo 'squeue: error: Unable to synchronously load jobs from cluster b' >&2`,
    );
    const queue = await scheduler().queue(signal);
    expect(queue.complete).toBe(false);
    expect(queue.reportOf('17')?.state).toBe('running');
  });

  it('takes an empty queue for one', async () => {
    await programs.add('squeue', 'true');
    expect((await scheduler().queue(signal)).complete).toBe(true);
  });
});

describe('asking the accounting', () => {
  let programs: FakePrograms;
  beforeEach(async () => {
    programs = await fakePrograms();
  });
  afterEach(() => programs.remove());

  it('tells how jobs ended, and of no other job that it is gone', async () => {
    await programs.add(
      'sacct',
      `printf '%s\\n' '17|CANCELLED by 1000' '18|RUNNING' '19_4|OUT_OF_MEMORY' '20|REVOKED' 'x|y' ''`,
    );
    const accounts = await slurm(programs.env).accounts(['17', '18', '19_4', '20', '21'], signal);
    expect(Object.fromEntries(accounts)).toEqual({
      '17': { state: 'ended', outcome: 'cancelled' },
      '18': { state: 'unknown' },
      '19_4': { state: 'ended', outcome: 'out-of-memory' },
      '20': { state: 'unknown' },
    });
    const [call] = await programs.calls('sacct');
    expect(call?.args).toEqual(['-n', '-P', '-X', '-a', '-j', '17,18,19_4,20,21', '-o', 'JobID,State']);
  });

  it('is asked for no id that is none of Slurm, for which it would refuse to tell of all others', async () => {
    // As sacct does, word for word.
    await programs.add(
      'sacct',
      `case "$6" in *[!0-9_,]*) echo 'sacct: fatal: Bad job/step specified: x' >&2; exit 1;; esac; echo '17|RUNNING'`,
    );
    const ids = ['x', '17', '18.server', '1_[1-3]', '-3', '1_', '9'.repeat(30), '19_4'];
    expect((await slurm(programs.env).accounts(ids, signal)).get('17')).toEqual({ state: 'unknown' });
    expect((await programs.calls('sacct'))[0]?.args[5]).toBe('17,19_4');
    expect((await slurm(programs.env).accounts(['x'], signal)).size).toBe(0);
    expect(await programs.calls('sacct')).toHaveLength(1);
  });

  it('is none where sacct is switched off, fails, or is not there', async () => {
    expect((await slurm(programs.env).accounts(['17'], signal)).size).toBe(0);
    await programs.add('sacct', `echo 'Slurm accounting storage is disabled' >&2; exit 1`);
    expect((await slurm(programs.env).accounts(['17'], signal)).size).toBe(0);
  });
});
