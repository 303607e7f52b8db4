/** Torque's and PBS's qstat as they answered, by programs that say the same. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRounds } from '../../../../src/proxy/feeder/rounds.js';
import { pbs, torque } from '../../../../src/proxy/feeder/qstat.js';
import { recordedRun, recordedRuns, type RecordedRun } from '../../recorded.js';
import { fakePrograms, type FakePrograms } from '../../scheduler/fake-programs.js';

const { signal } = new AbortController();
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Says what the recorded command said. */
function replay({ stdout, stderr, exitCode }: RecordedRun): string {
  return `printf %s ${quoted(stdout)}; printf %s ${quoted(stderr)} >&2; exit ${exitCode}`;
}

const listing = (...runs: RecordedRun[]): RecordedRun => ({
  command: '',
  stdout: runs.map(({ stdout }) => stdout).join(''),
  stderr: '',
  exitCode: 0,
});

let programs: FakePrograms;
beforeEach(async () => {
  programs = await fakePrograms();
});
afterEach(() => programs.remove());

describe.each([
  ['torque', torque],
  ['openpbs', pbs],
])('asking %s', (name, adapter) => {
  it('is one call for all jobs, in which nothing of the environment changes what is printed', async () => {
    const running = recordedRun(`${name}/qstat_state_R`, /^qstat -f '?1/);
    const waiting = recordedRun(`${name}/qstat_state_H`, /^qstat -f '?2/);
    await programs.add('qstat', replay(listing(running, waiting)));
    const env = { TZ: 'Asia/Tokyo', LANG: 'de_DE', PBS_DEFAULT: 'head', PBS_JOBID: '9', QSTAT_X: '1' };
    const queue = await adapter({ ...programs.env, ...env }).queue(signal);
    expect(queue.complete).toBe(true);
    expect(queue.reportOf('1.vm')?.state).toBe('running');
    expect(queue.reportOf('1')?.state).toBe('running');
    const [call, ...more] = await programs.calls('qstat');
    expect(more).toEqual([]);
    expect(call?.args).toEqual(['-f']);
    expect(call?.env).toMatchObject({ TZ: 'UTC0', LC_ALL: 'C', PBS_DEFAULT: 'head' });
    expect(Object.keys(call?.env ?? {})).not.toEqual(expect.arrayContaining(['PBS_JOBID']));
    expect(call?.env).not.toHaveProperty('QSTAT_X');
  });

  it('gives no answer when the server is down', async () => {
    const down = recordedRun(`${name}/server_down`, /qstat -f /);
    await programs.add('qstat', replay(down));
    await expect(adapter(programs.env).queue(signal)).rejects.toMatchObject({
      code: 'scheduler-unreachable',
      message: `qstat ended with status ${down.exitCode}.`,
      detail: expect.stringContaining('cannot connect to server') as string,
    });
  });

  it('gives no answer when something else answers', async () => {
    await programs.add('qstat', `echo 'The cluster is in maintenance.'`);
    await expect(adapter(programs.env).queue(signal)).rejects.toMatchObject({
      code: 'scheduler-unreachable',
      message: 'What qstat prints is not understood.',
    });
  });

  it('takes an empty queue for one, and words on stderr for a part of the answer', async () => {
    await programs.add('qstat', '[ "$n" = 1 ] || echo "qstat: End of File" >&2');
    expect((await adapter(programs.env).queue(signal)).complete).toBe(true);
    expect((await adapter(programs.env).queue(signal)).complete).toBe(false);
  });

  it('stops when it is asked to while the server hangs', async () => {
    await programs.add('qstat', 'exec /bin/sleep 1000');
    const stop = new AbortController();
    const asked = adapter(programs.env).queue(stop.signal);
    stop.abort();
    await expect(asked).rejects.toMatchObject({ message: 'qstat was interrupted.' });
  });
});

describe('Torque’s daemon of the login node', () => {
  it('that is down gives no answer', async () => {
    await programs.add('qstat', replay(recordedRun('torque/trqauthd_down', /qstat$/)));
    await expect(torque(programs.env).queue(signal)).rejects.toMatchObject({
      detail: expect.stringContaining('trqauthd') as string,
    });
  });
});

describe('the history of PBS', () => {
  const finished = recordedRun('openpbs/qstat_state_F_exit3', /^qstat -xf 36.vm/);

  it('tells how jobs ended that are not listed any more, also beside unknown ones', async () => {
    await programs.add(
      'qstat',
      replay({ ...finished, stderr: 'qstat: Unknown Job Id 7.vm\n', exitCode: 153 }),
    );
    const accounts = await pbs(programs.env).accounts(['36.vm', '7.vm'], signal);
    expect(Object.fromEntries(accounts)).toEqual({ '36.vm': { state: 'ended', outcome: 'failed' } });
    expect((await programs.calls('qstat'))[0]?.args).toEqual(['-x', '-f', '36', '7']);
  });

  it('is not asked at a server that somebody names, or for what is no number', async () => {
    await programs.add('qstat', replay(finished));
    const ids = ['36.evil.example.org', '-x', 'x', '1.vm@evil', '8[3].vm', '8[].vm', '-1', '36', '9x'];
    const accounts = await pbs(programs.env).accounts(ids, signal);
    expect([...accounts.keys()]).toEqual(['36']);
    expect((await programs.calls('qstat'))[0]?.args).toEqual(['-x', '-f', '36', '1', '8[3]', '8[]']);
    expect((await pbs(programs.env).accounts(['x'], signal)).size).toBe(0);
    expect(await programs.calls('qstat')).toHaveLength(1);
  });

  it('is none where it is switched off, or nobody answers', async () => {
    await programs.add('qstat', replay(recordedRun('openpbs/history_disabled', /^qstat -xf/)));
    expect((await pbs(programs.env).accounts(['56.vm'], signal)).size).toBe(0);
    await programs.add('qstat', replay(recordedRun('openpbs/server_down', /qstat -f/)));
    expect((await pbs(programs.env).accounts(['56.vm'], signal)).size).toBe(0);
  });

  it('thinks a job alive that was moved to another server', async () => {
    const moved = finished.stdout.replace('job_state = F', 'job_state = M');
    await programs.add('qstat', replay({ ...finished, stdout: moved }));
    expect((await pbs(programs.env).accounts(['36.vm'], signal)).get('36.vm')).toEqual({ state: 'unknown' });
  });

  it('is not there in Torque', async () => {
    expect((await torque(programs.env).accounts(['36.vm'], signal)).size).toBe(0);
  });
});

describe('round by round', () => {
  const [running] = recordedRuns('openpbs/qstat_state_R').filter(({ command }) => /-f '1.vm/.test(command));

  it('a job of PBS that leaves the queue has ended as its history says, at once', async () => {
    const gone = recordedRun('openpbs/walltime_kill', /^qstat -xf/).stdout.replace('55.vm', '1.vm');
    await programs.add(
      'qstat',
      `if [ "$1" = -x ]; then printf %s ${quoted(gone)}; elif [ "$n" = 1 ]; then ${replay(running!)}; fi`,
    );
    const findOut = createRounds(pbs(programs.env));
    expect((await findOut(['1.vm'], signal)).reports.get('1.vm')?.state).toBe('running');
    expect((await findOut(['1.vm'], signal)).reports.get('1.vm')).toEqual({
      state: 'ended',
      outcome: 'timed-out',
    });
  });

  it('one without a history has ended when two listings in a row are without it', async () => {
    const off = recordedRun('openpbs/history_disabled', /^qstat -xf/);
    await programs.add(
      'qstat',
      `if [ "$1" = -x ]; then ${replay(off)}; elif [ "$n" = 1 ]; then ${replay(running!)}; fi`,
    );
    const findOut = createRounds(pbs(programs.env));
    await findOut(['1.vm'], signal);
    expect((await findOut(['1.vm'], signal)).reports.get('1.vm')).toBeUndefined();
    expect((await findOut(['1.vm'], signal)).reports.get('1.vm')).toEqual({ state: 'ended' });
  });

  it('a server that is down in between ends nothing', async () => {
    const down = recordedRun('openpbs/server_down', /qstat -f /);
    await programs.add('qstat', `if [ "$n" = 1 ]; then ${replay(running!)}; else ${replay(down)}; fi`);
    const findOut = createRounds(pbs(programs.env));
    await findOut(['1.vm'], signal);
    for (let round = 0; round < 4; round++) {
      await expect(findOut(['1.vm'], signal)).rejects.toMatchObject({ code: 'scheduler-unreachable' });
    }
  });
});
