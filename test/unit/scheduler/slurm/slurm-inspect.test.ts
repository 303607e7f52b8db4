import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobId, JobState, NamedJob } from '../../../../src/scheduler/scheduler.js';
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
    const row = line('40', 'PENDING', 'None', '', 'N/A', 'N/A', 'jupyter-a');
    await inspect(row, undefined, { id: '40', cluster: 'big' });
    const [call] = await fakes.calls('squeue');
    const format = '%i\x1f%T\x1f%r\x1f%B\x1f%S\x1f%e\x1f%j';
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
      { phase: 'ended', outcome: 'preempted', detail: 'PREEMPTED' },
    ],
    [
      'out of memory',
      ['OUT_OF_MEMORY', 'OutOfMemory', 'vm', 'N/A', 'N/A'],
      { phase: 'ended', outcome: 'out-of-memory', detail: 'OUT_OF_MEMORY (OutOfMemory)' },
    ],
    [
      'lost with its node',
      ['NODE_FAIL', 'NodeDown', 'vm', 'N/A', 'N/A'],
      { phase: 'ended', outcome: 'node-failed', detail: 'NODE_FAIL (NodeDown)' },
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
    expect(await inspect(line('40', ...fields, 'jupyter-a'))).toEqual(state);
  });

  it.each<[string, string, JobState]>([
    ['40|COMPLETED|0:0|jupyter-a', 'echo', { phase: 'ended', outcome: 'completed' }],
    [
      '40|FAILED|3:0|jupyter-a',
      'echo',
      { phase: 'ended', outcome: 'failed', detail: 'FAILED (exit code 3:0)', exitStatus: 3 },
    ],
    ['40|FAILED|0:9|a|b', 'echo', { phase: 'ended', outcome: 'failed', detail: 'FAILED (exit code 0:9)' }],
    [
      '40|CANCELLED by 1000|0:0|x',
      'echo',
      { phase: 'ended', outcome: 'cancelled', detail: 'CANCELLED by 1000' },
    ],
    [
      '40|OUT_OF_MEMORY|0:125|x',
      'echo',
      { phase: 'ended', outcome: 'out-of-memory', detail: 'OUT_OF_MEMORY (exit code 0:125)' },
    ],
    ['40|RUNNING|0:0|x', 'echo', { phase: 'unknown', why: 'squeue has no such job, but sacct says RUNNING' }],
    [
      'Slurm accounting storage is disabled',
      'exec >&2; /usr/bin/printf',
      { phase: 'ended', outcome: 'unknown', detail: 'Slurm no longer knows the job' },
    ],
    ['', 'echo', { phase: 'ended', outcome: 'unknown', detail: 'Slurm no longer knows the job' }],
  ])('that left the queue is what sacct says: %j', async (said, print, state) => {
    expect(await inspect(GONE, `${print} '${said}'; exit ${said.startsWith('Slurm') ? 1 : 0}`)).toEqual(
      state,
    );
    expect((await fakes.calls('sacct')).map(({ args }) => args)).toEqual([
      ['-n', '-P', '-X', '-j', '40', '-o', 'JobID,State,ExitCode,JobName'],
    ]);
  });

  // What sacct 22.05 says while the daemon of its database is away.
  it.each([
    'sacct: error: Sending PersistInit msg: Connection refused',
    'sacct: error: Problem talking to the database: Connection refused',
  ])('that left the queue may be told of later: %s', async (said) => {
    const state = await inspect(GONE, `echo '${said}' >&2; exit 1`);
    expect(state).toMatchObject({ phase: 'unknown', why: expect.stringContaining(said) as string });
  });

  it('that left the queue while nobody waits for an answer any more is unknown', async () => {
    await fakes.add('squeue', GONE);
    await fakes.add('sacct', 'exec /bin/sleep 20');
    const leave = new AbortController();
    const asked = slurm().inspect({ id: '40' }, leave.signal);
    while ((await fakes.calls('sacct').catch(() => [])).length === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    leave.abort();
    expect(await asked).toMatchObject({ phase: 'unknown' });
  });

  it('that failed has the exit status that scontrol knows, and no other job is asked of it', async () => {
    await fakes.add('scontrol', 'echo "JobId=40 JobName=a Requeue=0 ExitCode=3:0 DerivedExitCode=0:0"');
    const failed = line('40', 'FAILED', 'NonZeroExitCode', 'vm', 'N/A', 'N/A', 'a');
    expect(await inspect(failed, undefined, { id: '40', cluster: 'big' })).toMatchObject({ exitStatus: 3 });
    expect((await fakes.calls('scontrol')).map(({ args }) => args)).toEqual([
      ['-M', 'big', '-o', 'show', 'job', '40'],
    ]);
    await inspect(line('40', 'TIMEOUT', 'TimeLimit', 'vm', 'N/A', 'N/A', 'a'));
    expect(await fakes.calls('scontrol')).toHaveLength(1);
    await fakes.add('scontrol', 'echo "JobId=40 ExitCode=0:9"');
    expect(await inspect(failed)).not.toHaveProperty('exitStatus');
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

describe.skipIf(process.platform === 'win32')('many Slurm jobs', () => {
  const UNKNOWN = 'unknown' as const;
  const named = (...ids: string[]): NamedJob[] => ids.map((id) => ({ id: { id }, name: `jupyter-${id}` }));
  const rowOf = (id: string, state: string, name = `jupyter-${id}`) =>
    line(id, state, 'None', 'vm', 'N/A', 'N/A', name);

  it('are asked for with one question to the queue and one to the accounting', async () => {
    await fakes.add('squeue', [rowOf('42', 'PENDING'), rowOf('40', 'RUNNING')].join('; '));
    const lines = ['41|FAILED|3:0|jupyter-41', '43|TIMEOUT|0:0|jupyter-43', '44|COMPLETED|0:0|jupyter|44'];
    await fakes.add('sacct', `printf '%s\\n' ${lines.map((text) => `'${text}'`).join(' ')}`);
    const jobs = [...named('40', '41', '42', '43', '45'), { id: { id: '44' }, name: 'jupyter|44' }];
    const states = await slurm().inspectAll(
      jobs.map((job) => ({ ...job, id: { ...job.id, cluster: 'big' } })),
    );
    expect(Object.fromEntries(states)).toEqual({
      40: { phase: 'running', node: 'vm' },
      41: { phase: 'ended', outcome: 'failed', detail: 'FAILED (exit code 3:0)', exitStatus: 3 },
      42: { phase: 'queued' },
      43: { phase: 'ended', outcome: 'timed-out', detail: 'TIMEOUT' },
      44: { phase: 'ended', outcome: 'completed' },
      45: { phase: 'ended', outcome: 'unknown', detail: 'Slurm no longer knows the job' },
    });
    const [queue, accounting] = [await fakes.calls('squeue'), await fakes.calls('sacct')];
    expect(queue.map(({ args }) => args.slice(3, 7))).toEqual([['-M', 'big', '-j', '40,41,42,43,45,44']]);
    expect(accounting.map(({ args }) => args.slice(3, 7))).toEqual([['-M', 'big', '-j', '41,43,45,44']]);
  });

  it('are not told by jobs of other names', async () => {
    await fakes.add('squeue', [rowOf('40', 'RUNNING', 'train'), rowOf('41', 'RUNNING')].join('; '));
    await fakes.add('sacct', 'echo "42|FAILED|3:0|train"');
    const states = await slurm().inspectAll(named('40', '41', '42'));
    const other = (id: string) => ({ phase: UNKNOWN, why: `${id} is the number of another job by now` });
    expect(Object.fromEntries(states)).toEqual({
      ...{ 40: other('40'), 42: other('42') },
      41: { phase: 'running', node: 'vm' },
    });
  });

  it.each([
    [
      'an error',
      'echo "slurm_load_jobs error: Unable to contact slurm controller (connect failure)" >&2; exit 1',
    ],
    [
      'an error that is none to the shell',
      'echo "squeue: error: Socket timed out on send/recv operation" >&2',
    ],
    ['one id that it takes for invalid', GONE],
    ['something else', 'echo "Dear users: the cluster moves on Friday."'],
    ['half a line', "printf '41\\x1fRUN'"],
  ])('that it does not tell of are unknown when squeue gives %s', async (_what, body) => {
    await fakes.add('squeue', `${rowOf('40', 'RUNNING')}; ${body}`);
    await fakes.add('sacct', 'echo "41|COMPLETED|0:0|jupyter-41"');
    const states = await slurm().inspectAll(named('40', '41'));
    expect(states.get('40')).toEqual({ phase: 'running', node: 'vm' });
    expect(states.get('41')).toMatchObject({ phase: 'unknown' });
    expect(await fakes.calls('sacct')).toEqual([]);
  });

  it('do not suffer from an id that is none', async () => {
    await fakes.add('squeue', rowOf('40', 'RUNNING'));
    const states = await slurm().inspectAll(named('40', '-V', '1 2', 'local-1-2', ''));
    expect(states.get('40')).toMatchObject({ phase: 'running' });
    expect(states.get('-V')).toEqual({ phase: 'unknown', why: '"-V" is not a job id of Slurm' });
    expect((await fakes.calls('squeue'))[0]?.args[4]).toBe('40');
    expect(states.size).toBe(5);
  });

  it('that are very many are asked for in pieces, and none needs no question', async () => {
    await fakes.add('squeue', 'exit 0');
    await fakes.add('sacct', 'exit 0');
    const ids = Array.from({ length: 501 }, (_, index) => String(index + 1));
    const states = await slurm().inspectAll(named(...ids));
    expect([...states.values()].every(({ phase }) => phase === 'ended')).toBe(true);
    const asked = (await fakes.calls('squeue')).map(({ args }) => args[4]?.split(',').length);
    expect(asked).toEqual([500, 1]);
    expect((await slurm().inspectAll([])).size).toBe(0);
    expect(await fakes.calls('squeue')).toHaveLength(2);
  });

  it('of which one is asked for has the exit status of a failure', async () => {
    await fakes.add('squeue', rowOf('40', 'FAILED'));
    await fakes.add('scontrol', 'echo "JobId=40 ExitCode=3:0"');
    expect((await slurm().inspectAll(named('40'))).get('40')).toMatchObject({ exitStatus: 3 });
    await slurm().inspectAll(named('40', '41'));
    expect(await fakes.calls('scontrol')).toHaveLength(1);
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
