import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobId, JobState } from '../../../../src/scheduler/scheduler.js';
import { createSlurm } from '../../../../src/scheduler/slurm/slurm.js';
import { clusterName } from '../../../../src/scheduler/slurm/slurm-cluster.js';
import { fakePrograms, type FakePrograms } from '../fake-programs.js';

/** A line of squeue, as Slurm 22.05 prints it for the format that is asked for. */
function line(...fields: string[]): string {
  return `printf '%s\\n' '${fields.join('\x1f')}'`;
}

const GONE = 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1';

let fakes: FakePrograms;

beforeEach(async () => {
  fakes = await fakePrograms();
});

afterEach(async () => {
  await fakes.remove();
});

function slurm(env: NodeJS.ProcessEnv = {}) {
  return createSlurm({ env: { ...fakes.env, ...env } });
}

describe.skipIf(process.platform === 'win32')('the state of a Slurm job', () => {
  async function inspect(squeue: string, sacct?: string, id: JobId = { id: '40' }): Promise<JobState> {
    await fakes.add('squeue', squeue);
    if (sacct !== undefined) await fakes.add('sacct', sacct);
    return await slurm({ SLURM_TIME_FORMAT: 'relative', TZ: 'Asia/Tokyo' }).inspect(id);
  }

  it('is asked for in UTC, of its own cluster, in a format that nothing changes', async () => {
    await inspect(line('40', 'PENDING', 'None', '', 'N/A', 'N/A'), undefined, { id: '40', cluster: 'big' });
    const [call] = await fakes.calls('squeue');
    const format = '%i\x1f%T\x1f%r\x1f%B\x1f%S\x1f%e';
    expect(call?.args).toEqual(['-h', '-t', 'all', '-M', 'big', '-j', '40', '-o', format]);
    expect(call?.env).toMatchObject({ TZ: 'UTC0' });
    expect(call?.env).not.toHaveProperty('SLURM_TIME_FORMAT');
  });

  it.each<[string, string[], JobState]>([
    ['held', ['PENDING', 'JobHeldUser', 'n/a', 'N/A', 'N/A'], { phase: 'queued', reason: 'JobHeldUser' }],
    ['fresh', ['PENDING', 'None', 'n/a', 'N/A', 'N/A'], { phase: 'queued' }],
    [
      'waiting with an estimate',
      ['PENDING', 'Priority', 'n/a', '2026-11-22T23:00:00', 'N/A'],
      { phase: 'queued', reason: 'Priority', estimatedStart: new Date('2026-11-22T23:00:00Z') },
    ],
    [
      'running',
      ['RUNNING', 'None', 'vm', '2026-11-22T22:58:33', '2026-11-24T22:58:33'],
      { phase: 'running', node: 'vm', endsAt: new Date('2026-11-24T22:58:33Z') },
    ],
    ['completing', ['COMPLETING', 'None', 'vm', 'N/A', 'N/A'], { phase: 'running', node: 'vm' }],
    ['completed', ['COMPLETED', 'None', 'vm', 'N/A', 'N/A'], { phase: 'ended', outcome: 'completed' }],
    [
      'failed',
      ['FAILED', 'NonZeroExitCode', 'vm', 'N/A', 'N/A'],
      { phase: 'ended', outcome: 'failed', detail: 'FAILED (NonZeroExitCode)' },
    ],
    [
      'cancelled',
      ['CANCELLED', 'None', 'vm', 'N/A', 'N/A'],
      { phase: 'ended', outcome: 'cancelled', detail: 'CANCELLED' },
    ],
    [
      'over its time',
      ['TIMEOUT', 'TimeLimit', 'vm', 'N/A', 'N/A'],
      { phase: 'ended', outcome: 'timed-out', detail: 'TIMEOUT (TimeLimit)' },
    ],
    [
      'preempted',
      ['PREEMPTED', 'None', 'vm', 'N/A', 'N/A'],
      { phase: 'ended', outcome: 'cancelled', detail: 'PREEMPTED' },
    ],
    [
      'another cluster’s now',
      ['REVOKED', 'None', 'vm', 'N/A', 'N/A'],
      { phase: 'ended', outcome: 'cancelled', detail: 'REVOKED' },
    ],
    [
      'of a kind that is new',
      ['DREAMING', 'None', 'vm', 'N/A', 'N/A'],
      { phase: 'unknown', why: 'Slurm says "DREAMING" of the job' },
    ],
  ])('%s', async (_name, fields, state) => {
    expect(await inspect(line('40', ...fields))).toEqual(state);
  });

  it.each<[string, string, JobState]>([
    ['COMPLETED|0:0', 'echo', { phase: 'ended', outcome: 'completed' }],
    ['FAILED|3:0', 'echo', { phase: 'ended', outcome: 'failed', detail: 'FAILED (exit code 3:0)' }],
    ['CANCELLED by 1000|0:0', 'echo', { phase: 'ended', outcome: 'cancelled', detail: 'CANCELLED by 1000' }],
    [
      'OUT_OF_MEMORY|0:125',
      'echo',
      { phase: 'ended', outcome: 'failed', detail: 'OUT_OF_MEMORY (exit code 0:125)' },
    ],
    ['RUNNING|0:0', 'echo', { phase: 'unknown', why: 'squeue has no such job, but sacct says RUNNING' }],
    [
      'Slurm accounting storage is disabled',
      'exec >&2; exec /usr/bin/printf',
      { phase: 'ended', outcome: 'unknown', detail: 'Slurm no longer knows the job' },
    ],
    ['', 'echo', { phase: 'ended', outcome: 'unknown', detail: 'Slurm no longer knows the job' }],
  ])('that left the queue is what sacct says: %j', async (said, print, state) => {
    expect(await inspect(GONE, `${print} '${said}'`)).toEqual(state);
    expect((await fakes.calls('sacct'))[0]?.args).toEqual([
      '-n',
      '-P',
      '-X',
      '-j',
      '40',
      '-o',
      'State,ExitCode',
    ]);
  });

  it('that left the queue where there is no sacct has ended, nobody knows how', async () => {
    expect(await inspect(GONE)).toMatchObject({ phase: 'ended', outcome: 'unknown' });
  });

  it.each([
    ['slurm_load_jobs error: Socket timed out on send/recv operation', 1],
    ['slurm_load_jobs error: Unable to contact slurm controller (connect failure)', 1],
    ['slurm_load_jobs error: Unable to contact slurm controller (connect failure)', 0],
    ['squeue: error: something that was never seen', 0],
    ['', 1],
  ])('is unknown, never gone, when squeue says %j with status %d', async (said, status) => {
    const state = await inspect(`printf '%s' '${said}' >&2; exit ${String(status)}`, 'echo "COMPLETED|0:0"');
    expect(state.phase).toBe('unknown');
    expect(await fakes.calls('sacct')).toEqual([]);
  });

  it('is unknown without squeue', async () => {
    expect(await slurm().inspect({ id: '40' })).toEqual({ phase: 'unknown', why: 'squeue was not found' });
  });
});

describe.skipIf(process.platform === 'win32')('cancelling a Slurm job', () => {
  it.each([
    ['taken', 'exit 0'],
    [
      'over',
      'echo "scancel: error: Kill job error on job id 40: Job/step already completing or completed" >&2; exit 1',
    ],
    ['forgotten', 'echo "scancel: error: Kill job error on job id 40: Invalid job id specified" >&2; exit 1'],
  ])('is done when it is %s', async (_name, body) => {
    await fakes.add('scancel', body);
    await slurm().cancel({ id: '40', cluster: 'big' });
    expect((await fakes.calls('scancel'))[0]?.args).toEqual(['-M', 'big', '40']);
  });

  it('is an error when the controller does not answer', async () => {
    const said =
      'scancel: error: Kill job error on job id 40: Unable to contact slurm controller (connect failure)';
    await fakes.add('scancel', `echo '${said}' >&2; exit 8`);
    await expect(slurm().cancel({ id: '40' })).rejects.toMatchObject({
      code: 'scheduler-unreachable',
      detail: said,
    });
  });
});

describe.skipIf(process.platform === 'win32')('the cluster', () => {
  it('has partitions with limits', async () => {
    const lines = [
      'compute|2-00:00:00|up',
      'debug|30:00|up',
      'old|infinite|down',
      'CLUSTER: big',
      'odd|n/a|drain',
    ];
    await fakes.add('sinfo', `printf '%s\\n' ${lines.map((text) => `'${text}'`).join(' ')}`);
    expect(await slurm({ SLURM_CLUSTERS: 'big' }).partitions()).toEqual([
      { name: 'compute', up: true, maxMinutes: 2880 },
      { name: 'debug', up: true, maxMinutes: 30 },
      { name: 'old', up: false },
      { name: 'odd', up: false },
    ]);
    const [call] = await fakes.calls('sinfo');
    expect(call?.args).toEqual(['-h', '-o', '%R|%l|%a']);
    expect(call?.env).toMatchObject({ SLURM_CLUSTERS: 'big' });
  });

  it.each(['exit 1', 'echo compute; exit 0', 'echo "sinfo: error: Unable to contact" >&2'])(
    'cannot be asked: %s',
    async (body) => {
      await fakes.add('sinfo', body);
      expect(await slurm().partitions()).toBeUndefined();
    },
  );

  it('has a name', async () => {
    await fakes.add('scontrol', 'echo "Configuration data"; echo "ClusterName             = sched1"');
    expect(await clusterName(fakes.env)).toBe('sched1');
    expect((await fakes.calls('scontrol'))[0]?.args).toEqual(['show', 'config']);
    await fakes.add('scontrol', 'exit 1');
    expect(await clusterName(fakes.env)).toBeUndefined();
  });
});
