/** The adapters of Torque and PBS against everything that running servers were recorded to say. */
import { describe, expect, it } from 'vitest';
import type { StartJupyterError } from '../../../src/errors.js';
import { createPbs } from '../../../src/scheduler/qsub/pbs.js';
import { qsubDoubt, qsubKind } from '../../../src/scheduler/qsub/qsub-kind.js';
import type { JobState, Scheduler } from '../../../src/scheduler/scheduler.js';
import { createTorque } from '../../../src/scheduler/qsub/torque.js';
import { plainRuns, recordings, type Played } from './recordings.js';
import { startReplay, type Replay } from './replay.js';

const LIMITS = { qsubMs: 1500, graceMs: 100, lookMs: 1, queryMs: 1000 };
const NAME = 'jupyter-0123456789';
const FOLDERS = { torque: 'torque', pbs: 'openpbs' } as const;
type Kind = keyof typeof FOLDERS;

/** Which recordings say nothing of what the adapters ask, and why. */
const LEFT_ASIDE: Record<string, string> = {
  job_env: 'what a job finds on its node: the end-to-end stand-ins give it to theirs',
  jobs_output_files: 'a listing of files',
  pbsnodes: 'nodes are not asked for',
  qstat_plain: 'the tables are for people',
  qstat_plain_other: 'the tables are for people',
  qsub_success_stdin: 'the script is always a file',
  qsub_empty_script: 'the script is made in the same line',
  qsub_crlf_script: 'the script is made in the same line',
  qsub_unreadable_script: 'the script is made in the same line',
  qsub_S_d_umask: 'the script is made in the same line',
  qsub_oe: 'the same as in qsub_oe_results',
  qsub_daemon_capture: 'when qsub’s pipes are closed: test/unit/platform/process.test.ts',
  version_timing: 'when qsub’s pipes are closed: test/unit/platform/process.test.ts',
  qsub_v_forms: 'no variable is handed on',
  qstat_after_purge: 'several commands in one line; each is in qstat_unknown and qdel_unknown',
  qdel_msg: 'with options that are not used',
  qdel_purge_completed: 'with options that are not used',
  server_restarted: 'two commands in one line; what they print is in qstat_state_C and R',
};

describe.skipIf(process.platform === 'win32').each(['torque', 'pbs'] as const)('%s as recorded', (kind) => {
  const runs = plainRuns(FOLDERS[kind]);
  const play = async <T>(
    played: readonly (readonly [argv: readonly string[], run: Played])[],
    use: (scheduler: Scheduler, replay: Replay) => Promise<T>,
  ): Promise<T> => {
    const replay = await startReplay(['qsub', 'qstat', 'qdel', 'qselect']);
    for (const [argv, run] of played) {
      await (run.hung ? replay.hangs(argv) : replay.answers(argv, run));
    }
    const create = { torque: createTorque, pbs: createPbs }[kind];
    const result = await use(create({ env: replay.env, limits: LIMITS }), replay).catch(
      (error: unknown) => error as T,
    );
    await replay.done();
    return result;
  };
  const recorded = (recording: string, command: RegExp): Played => {
    const run = runs.find((one) => one.recording === recording && command.test(one.argv.join(' ')));
    if (!run) throw new Error(`${recording} has no ${String(command)}`);
    return run;
  };

  const submissions = runs.filter(
    ({ argv }) => argv[0] === 'qsub' && !/^--version$|^--$/.test(argv[1] ?? '') && !argv.includes('--'),
  );

  describe('a submission', () => {
    it.each(submissions.map((run) => [`${run.recording}: ${run.command.slice(0, 80)}`, run] as const))(
      '%s',
      async (_title, run) => {
        const extraArguments = run.argv.slice(1, -1);
        const result: unknown = await play([[run.argv, run]], async (scheduler, replay) => {
          // A server that hangs says no more about jobs either.
          if (run.hung) for (let look = 0; look < 3; look += 1) await replay.hangs(['qselect', '-N', NAME]);
          return await scheduler.submit(run.argv.at(-1) ?? '', { jobName: NAME, extraArguments });
        });
        if (run.exitCode === 0) expect(result).toEqual({ id: run.stdout.trim() });
        else {
          expect(result).toMatchObject(refusal(run));
          const hint = (result as StartJupyterError).hint?.slice(0, 28);
          expect(run.hung ? undefined : hint).toBe(HINTS[kind][run.recording]);
        }
      },
    );
  });

  describe('the state of a job', () => {
    it.each(STATES[kind])('%s', async (recording, command, id, state) => {
      const run = recorded(recording, command);
      const argv = kind === 'torque' ? ['qstat', '-f', '-1', id] : ['qstat', '-xf', id];
      const found = await play([[argv, run]], (scheduler) => scheduler.inspect({ id }));
      expect(found).toEqual(state);
    });

    it('is not told by a server that hangs', async () => {
      const run = recorded('server_hung', /^qstat/);
      const argv = kind === 'torque' ? ['qstat', '-f', '-1', '49.vm'] : ['qstat', '-xf', '49.vm'];
      const found = await play([[argv, run]], (scheduler) => scheduler.inspect({ id: '49.vm' }));
      expect(found).toEqual({ phase: 'unknown', why: 'qstat did not answer in time' });
    });
  });

  // What was recorded of one job each, in one answer: of several both print one after the other and go on behind one that
  // they do not know (qstat_unknown).
  it('the states of many jobs, with one question', async () => {
    const [queued, failed] = [
      'qstat_state_Q',
      kind === 'torque' ? 'qstat_state_C_exit3' : 'qstat_state_F_exit3',
    ];
    const way = kind === 'torque' ? /-f -1/ : /-x?f '?\d/;
    const runs = [queued, failed].map((name) => recorded(name, name.includes('F_exit3') ? /-xf/ : way));
    const gone = recorded('qstat_unknown', kind === 'torque' ? /-f -1/ : /-xf/);
    const [waits, ends] = kind === 'torque' ? ['2.vm', '32.vm'] : ['4.vm', '36.vm'];
    const ids = [waits, '99999.vm', ends];
    const argv = ['qstat', ...(kind === 'torque' ? ['-f', '-1'] : ['-xf']), ...ids];
    const together = { ...gone, stdout: runs.map(({ stdout }) => stdout).join('') };
    const names = { [waits]: kind === 'torque' ? 'frompipe' : 'pp', [ends]: 'envjob' };
    const states = await play([[argv, together]], (scheduler) =>
      scheduler.inspectAll(ids.map((id) => ({ id: { id }, name: names[id] ?? NAME }))),
    );
    expect(Object.fromEntries(states)).toMatchObject({
      [waits]: { phase: 'queued' },
      [ends]: { phase: 'ended', outcome: 'failed', exitStatus: 3 },
      '99999.vm': GONE(kind === 'torque' ? 'Torque' : 'PBS'),
    });
    const others = await play([[argv, together]], (scheduler) =>
      scheduler.inspectAll(ids.map((id) => ({ id: { id }, name: NAME }))),
    );
    expect([...others.values()].map(({ phase }) => phase)).toEqual(['unknown', 'ended', 'unknown']);
  });

  it.each(CANCELS[kind])('a cancellation: %s %s', async (recording, command, code) => {
    const run = recorded(recording, command);
    const id = run.argv[1] ?? '';
    const cancelled = play([[run.argv, run]], async (scheduler): Promise<unknown> => {
      await scheduler.cancel({ id });
      return 'cancelled';
    });
    if (code === undefined) expect(await cancelled).toBe('cancelled');
    else expect(await cancelled).toMatchObject({ code });
  });

  it('the queues', async () => {
    const run = recorded('qstat_Q', /^qstat -Qf$/);
    const found = await play([[run.argv, run]], (scheduler) => scheduler.partitions());
    expect([...(found ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
      [
        { name: kind === 'torque' ? 'batch' : 'workq', up: true, maxMinutes: 1440 },
        { name: 'closed', up: true, closed: true },
        { name: 'debug', up: true, maxMinutes: 30 },
        { name: 'stopped', up: false },
      ].sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
    const nothing = recorded('qstat_empty', /^qstat$/);
    expect(await play([[['qstat', '-Qf'], nothing]], (scheduler) => scheduler.partitions())).toBeUndefined();
    const down = recorded('server_down', /^qstat$/);
    expect(await play([[['qstat', '-Qf'], down]], (scheduler) => scheduler.partitions())).toBeUndefined();
  });

  it('its programs are known for its own', async () => {
    const qsub = recorded('version', /^qsub --version/);
    expect(await play([[qsub.argv, qsub]], (_scheduler, { env }) => qsubKind(env))).toBe(kind);
    expect(
      await play([[qsub.argv, qsub]], (scheduler) => scheduler.doubt?.() ?? Promise.resolve('none')),
    ).toBeUndefined();
    const other = kind === 'torque' ? 'pbs' : 'torque';
    const doubt = await play([[qsub.argv, qsub]], (_scheduler, { env }) => qsubDoubt(other, env));
    expect(doubt).toMatch(new RegExp(`belongs to .*"scheduler: ${other}".*"scheduler: ${kind}" there`));
  });

  it('no recording is left out', () => {
    const asked = [
      ...[submissions, runs.filter(({ argv }) => argv[0] === 'qstat' && argv[1] === '-Qf')].flat(),
      ...[...STATES[kind], ...CANCELS[kind]].map(([recording]) => ({ recording })),
    ].map(({ recording }) => recording);
    const others = ['qstat_empty', 'server_down', 'server_hung', 'version', ...Object.keys(LEFT_ASIDE)];
    expect(recordings(FOLDERS[kind]).filter((name) => ![...asked, ...others].includes(name))).toEqual([]);
  });
});

/** What each kind of failure has to become. */
function refusal(run: Played): Partial<StartJupyterError> {
  if (run.hung) return { code: 'scheduler-unreachable', detail: 'qsub did not answer in time' };
  const said = run.stderr.trim();
  const reached = !said.includes('cannot connect to server');
  const words = said.split(/\s*^usage:/m)[0] ?? '';
  return { code: reached ? 'scheduler-refused' : 'scheduler-unreachable', detail: words };
}

const DOWN = (why: RegExp): JobState => ({ phase: 'unknown', why: expect.stringMatching(why) as string });
const GONE = (name: string): JobState => ({
  phase: 'ended',
  outcome: 'unknown',
  detail: `${name} no longer knows the job`,
});

/** Recording, command, the job's id, and what it comes to. What `-f` printed of a live job is what `-xf` prints of it. */
const STATES: Record<Kind, [string, RegExp, string, JobState][]> = {
  torque: [
    [
      'qstat_state_Q',
      /-f -1/,
      '2.vm',
      { phase: 'queued', reason: 'Not enough of the right type of nodes are available' },
    ],
    ['qstat_state_H', /-f -1/, '26.vm', { phase: 'queued', reason: 'UserHold' }],
    ['qstat_state_R', /-f -1/, '1.vm', { phase: 'running', node: 'vm', endsAt: expect.any(Date) as Date }],
    ['qstat_state_C', /-f -1/, '0.vm', { phase: 'ended', outcome: 'completed' }],
    [
      'qstat_state_C_exit3',
      /-f -1/,
      '32.vm',
      {
        phase: 'ended',
        outcome: 'failed',
        detail: 'exit status 3; Job started on Sun Nov 22 at 07:11',
        exitStatus: 3,
      },
    ],
    [
      'qdel_ok_queued',
      /-f/,
      '3.vm',
      { phase: 'ended', outcome: 'cancelled', detail: expect.stringContaining('Not Running') as string },
    ],
    ['walltime_kill', /-f/, '47.vm', { phase: 'ended', outcome: 'timed-out', detail: 'its time was up' }],
    ['qstat_unknown', /-f -1/, '99999.vm', GONE('Torque')],
    ['qstat_empty', /-f -1/, '5.vm', DOWN(/ended with status 0/)],
    ['qdel_foreign', /^qstat -f/, '4.vm', DOWN(/Unauthorized Request/)],
    ['server_down', /^qstat -f/, '49.vm', DOWN(/Connection refused/)],
    ['trqauthd_down', /^qstat$/, '49.vm', DOWN(/could not connect to trqauthd/)],
  ],
  pbs: [
    ['qstat_state_Q', /-f 4/, '4.vm', { phase: 'queued', reason: 'Not enough free nodes available' }],
    ['qstat_state_H', /-f 29/, '29.vm', { phase: 'queued', reason: 'UserHold' }],
    [
      'qstat_state_W',
      /-f 33/,
      '33.vm',
      { phase: 'queued', reason: 'BeginTime', estimatedStart: new Date('2026-12-31T23:59:00Z') },
    ],
    // Its time is over where the clock is later than when it was recorded: then nothing is said of its end.
    ['qstat_state_R', /-f 1/, '1.vm', { phase: 'running', node: 'vm' }],
    ['qstat_state_E', /-f 39/, '39.vm', { phase: 'running', node: 'vm' }],
    [
      'qstat_state_F_exit3',
      /-xf/,
      '36.vm',
      {
        phase: 'ended',
        outcome: 'failed',
        detail: expect.stringMatching(/^exit status 3; .*and failed$/) as string,
        exitStatus: 3,
      },
    ],
    ['walltime_kill', /-xf/, '55.vm', { phase: 'ended', outcome: 'timed-out', detail: 'its time was up' }],
    ['qstat_unknown', /-xf/, '99999.vm', GONE('PBS')],
    ['qdel_ok_queued', /-xf 4/, '4.vm', GONE('PBS')],
    ['qstat_empty', /-f$/, '5.vm', DOWN(/ended with status 0/)],
    ['server_down', /^qstat -f/, '58.vm', DOWN(/Connection refused/)],
    ['qdel_foreign', /^qstat -f 1/, '1.vm', DOWN(/Job has finished/)],
  ],
};

const CANCELS: Record<Kind, [string, RegExp, StartJupyterError['code']?][]> = {
  torque: [
    ['qdel_ok_queued', /^qdel/],
    ['qdel_ok_running', /^qdel/],
    ['qdel_held', /^qdel/],
    ['qdel_array', /^qdel/],
    ['qdel_unknown', /^qdel 99999.vm/],
    ['qdel_unknown', /^qdel bogus/, 'scheduler-unreachable'],
    ['qdel_foreign', /^qdel 4/, 'scheduler-refused'],
    ['server_down', /^qdel/, 'scheduler-unreachable'],
    ['trqauthd_down', /^qdel/, 'scheduler-unreachable'],
    ['qsub_server_hung', /^qdel/, 'scheduler-unreachable'],
  ],
  pbs: [
    ['qdel_ok_queued', /^qdel/],
    ['qdel_ok_running', /^qdel/],
    ['qdel_held', /^qdel/],
    ['qdel_array', /^qdel/],
    ['qdel_unknown', /^qdel 99999.vm/],
    ['qstat_state_E', /^qdel/],
    ['history_disabled', /^qdel/],
    ['qdel_unknown', /^qdel bogus/, 'scheduler-unreachable'],
    ['qdel_foreign', /^qdel 5/, 'scheduler-refused'],
    ['server_down', /^qdel/, 'scheduler-unreachable'],
  ],
};

/** How the hints begin; none where the words say all. */
const HINTS: Record<Kind, Record<string, string | undefined>> = {
  torque: {
    long_name_submit_args: 'Look at the #PBS lines of th',
    qsub_as_root: 'Start it as an ordinary user',
    qsub_bad_option: 'Look at the #PBS lines of th',
    qsub_bad_resource: 'The scheduler does not know ',
    qsub_bad_walltime: 'A value in a #PBS -l line or',
    qsub_binary_script: undefined,
    qsub_closed_queue: 'That queue takes no jobs at ',
    qsub_depend: undefined,
    qsub_dir_script: undefined,
    qsub_missing_script: undefined,
    qsub_nogood_name: 'Look at the #PBS lines of th',
    qsub_select_Wblock: undefined,
    qsub_too_many_nodes: 'No node here is that large, ',
    qsub_too_many_ppn: 'No node here is that large, ',
    qsub_unknown_queue: 'Choose a queue with -p NAME;',
    qsub_walltime_over_max: 'Ask for less time with -t, o',
    server_down: 'Try again in some minutes. I',
    trqauthd_down: 'Try again in some minutes. I',
  },
  pbs: {
    qsub_array: 'Look at the #PBS lines of th',
    qsub_as_root_default: 'Start it as an ordinary user',
    qsub_bad_option: 'Look at the #PBS lines of th',
    qsub_bad_output_host: 'Look at the #PBS lines of th',
    qsub_bad_resource: 'The scheduler does not know ',
    qsub_bad_walltime: 'A value in a #PBS -l line or',
    qsub_closed_queue: 'That queue takes no jobs at ',
    qsub_crlf_script: undefined,
    qsub_dir_script: undefined,
    qsub_mem: 'The template’s #PBS -l lines',
    qsub_missing_script: undefined,
    qsub_nodesppn: 'The template’s #PBS -l lines',
    qsub_nogood_name: 'Look at the #PBS lines of th',
    qsub_unknown_queue: 'Choose a queue with -p NAME;',
    qsub_unreadable_script: undefined,
    qsub_walltime_over_max: 'Ask for less: time (-t), CPU',
    server_down: 'Try again in some minutes. I',
  },
};

describe.skipIf(process.platform === 'win32')('PBS that keeps no history', () => {
  it('is asked for the job alone, and says that it knows none', async () => {
    const runs = plainRuns('openpbs').filter(({ recording }) => recording === 'history_disabled');
    const replay = await startReplay(['qstat']);
    for (const command of ['qstat -xf 56.vm', 'qstat -f 56.vm']) {
      const run = runs.find(({ argv }) => argv.join(' ') === command)!;
      await replay.answers(run.argv, run);
    }
    const state = await createPbs({ env: replay.env, limits: LIMITS }).inspect({ id: '56.vm' });
    await replay.done();
    expect(state).toEqual(GONE('PBS'));
  });
});

describe.skipIf(process.platform === 'win32')('PBS that keeps no history, of a job that runs', () => {
  it('is asked anew for all that it was asked for', async () => {
    const off = plainRuns('openpbs').find(({ command }) => command === 'qstat -xf 56.vm')!;
    const gone = plainRuns('openpbs').find(({ command }) => command === 'qstat -f 56.vm')!;
    const live = plainRuns('openpbs').find(({ command }) => command === "qstat -f '1.vm'")!;
    const replay = await startReplay(['qstat']);
    await replay.answers(['qstat', '-xf', '1.vm', '56.vm'], off);
    await replay.answers(['qstat', '-f', '1.vm', '56.vm'], { ...gone, stdout: live.stdout });
    const jobs = ['1.vm', '56.vm'].map((id) => ({ id: { id }, name: 'pysess' }));
    const states = await createPbs({ env: replay.env, limits: LIMITS }).inspectAll(jobs);
    await replay.done();
    expect(Object.fromEntries(states)).toEqual({
      '1.vm': { phase: 'running', node: 'vm' },
      '56.vm': GONE('PBS'),
    });
  });

  it('is asked for the job alone, and tells its state', async () => {
    const off = plainRuns('openpbs').find(({ command }) => command === 'qstat -xf 56.vm')!;
    const live = plainRuns('openpbs').find(({ command }) => command === "qstat -f '1.vm'")!;
    const replay = await startReplay(['qstat']);
    await replay.answers(['qstat', '-xf', '1.vm'], off);
    await replay.answers(live.argv, live);
    const state = await createPbs({ env: replay.env, limits: LIMITS }).inspect({ id: '1.vm' });
    await replay.done();
    expect(state).toEqual({ phase: 'running', node: 'vm' });
  });
});

describe.skipIf(process.platform === 'win32')('the wrapper of Slurm with the same names', () => {
  const runs = plainRuns('slurm-torque-wrapper');
  const version = (program: string) => runs.find(({ argv }) => argv.join(' ') === `${program} --version`)!;
  const with_ = async <T>(
    played: readonly (readonly [string[], Played])[],
    use: (env: NodeJS.ProcessEnv) => Promise<T>,
  ) => {
    const replay = await startReplay(['qsub', 'qstat', 'qdel']);
    for (const [argv, run] of played) await replay.answers(argv, run);
    const result = await use(replay.env).catch((error: unknown) => error as T);
    await replay.done();
    return result;
  };

  it('is known by either of its programs', async () => {
    const [qsub, qstat] = [version('qsub'), version('qstat')];
    expect(await with_([[qsub.argv, qsub]], qsubKind)).toBe('slurm');
    const silent = { ...qsub, stdout: '', stderr: '' };
    expect(
      await with_(
        [
          [qsub.argv, silent],
          [qstat.argv, qstat],
        ],
        qsubKind,
      ),
    ).toBe('slurm');
  });

  it('is refused before anything is taken', async () => {
    const qsub = version('qsub');
    for (const kind of ['torque', 'pbs'] as const) {
      const result: unknown = await with_([[qsub.argv, qsub]], (env) => qsubDoubt(kind, env));
      expect(result).toMatchObject({
        code: 'bad-configuration',
        hint: expect.stringContaining('scheduler: slurm') as string,
      });
    }
  });

  it('says nothing that would pass for the end of a job', async () => {
    const run = runs.find(({ argv }) => argv.join(' ') === 'qstat -f -1 1')!;
    const state = await with_([[run.argv, run]], (env) =>
      createTorque({ env, limits: LIMITS }).inspect({ id: '1' }),
    );
    expect(state).toMatchObject({ phase: 'unknown' });
  });
});
