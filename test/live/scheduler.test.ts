/**
 * The adapters against a real scheduler: `START_JUPYTER_LIVE=slurm|torque|pbs npx vitest run --project live`, as an ordinary
 * user on a login node (with `--configLoader runner` where the checkout is not the user's own), with a home that the nodes share. It takes some minutes and single cores of them. Optional:
 * START_JUPYTER_LIVE_PARTITION, START_JUPYTER_LIVE_ACCOUNT, and START_JUPYTER_LIVE_FOREIGN_JOB, the id of somebody else's job.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { StartJupyterError } from '../../src/errors.js';
import { findOnPath } from '../../src/jupyter/probe.js';
import { run } from '../../src/platform/process.js';
import { readQstat } from '../../src/qstat-text.js';
import { chooseScheduler } from '../../src/scheduler/choose.js';
import type { JobId, JobRequest, JobState, Scheduler } from '../../src/scheduler/scheduler.js';
import { render } from '../../src/script/render.js';

const LIVE = process.env['START_JUPYTER_LIVE'] ?? '';
const { START_JUPYTER_LIVE_PARTITION: PARTITION, START_JUPYTER_LIVE_ACCOUNT: ACCOUNT } = process.env;
const FOREIGN = process.env['START_JUPYTER_LIVE_FOREIGN_JOB'];
/** A queue may be long. */
const WAIT_MS = 240_000;
const PROGRAM: Record<string, string> = { slurm: 'sbatch', torque: 'qsub', pbs: 'qsub' };

const TEMPLATE = `#!/bin/bash
session_dir={{session_dir}}
echo "runs as $0"
until [ -e "$session_dir/end" ]; do sleep 0.5; done
exit "$(<"$session_dir/end")"
`;

interface Prepared {
  request: JobRequest;
  directory: string;
  script: string;
}

describe.skipIf(LIVE === '')(`the adapter on a real ${LIVE || 'scheduler'}`, () => {
  const folders: string[] = [];
  const submitted: JobId[] = [];

  const scheduler = async (env: NodeJS.ProcessEnv = process.env): Promise<Scheduler> => {
    if (!(LIVE in PROGRAM)) throw new Error(`START_JUPYTER_LIVE=${LIVE} is none of slurm, torque, pbs`);
    if (!(await findOnPath(PROGRAM[LIVE] ?? '', env['PATH']))) {
      throw new Error(`${PROGRAM[LIVE] ?? ''} is not on PATH`);
    }
    return await chooseScheduler(LIVE as Scheduler['kind'], { env });
  };

  async function prepare(change: Partial<JobRequest> = {}, template = TEMPLATE): Promise<Prepared> {
    const directory = mkdtempSync(join(homedir(), '.start-jupyter-live-'));
    folders.push(directory);
    const request: JobRequest = {
      name: `jupyter-${randomBytes(5).toString('hex')}`,
      workingDirectory: directory,
      logFile: join(directory, 'job.log'),
      walltime: { value: 7, rank: 'upper' },
      ...(PARTITION ? { partition: { value: PARTITION, rank: 'upper' } } : {}),
      ...(ACCOUNT ? { account: { value: ACCOUNT, rank: 'upper' } } : {}),
      ...change,
    };
    const directives = (await scheduler()).directives(request, template);
    const values = { session_dir: directory, server: 'notebook' };
    writeFileSync(request.logFile, '', { mode: 0o600 });
    writeFileSync(join(directory, 'batch.sh'), render(directives.template ?? template, values, directives), {
      mode: 0o600,
    });
    return { request, directory, script: join(directory, 'batch.sh') };
  }

  async function submit(prepared: Prepared, options: { signal?: AbortSignal; env?: NodeJS.ProcessEnv } = {}) {
    const job = await (
      await scheduler(options.env)
    ).submit(prepared.script, {
      jobName: prepared.request.name,
      extraArguments: [],
      ...(options.signal ? { signal: options.signal } : {}),
    });
    submitted.push(job);
    return job;
  }

  /** Every state on the way to one that fits. */
  async function statesUntil(job: JobId, fits: (state: JobState) => boolean): Promise<JobState[]> {
    const adapter = await scheduler();
    const seen: JobState[] = [];
    const until = Date.now() + WAIT_MS;
    for (;;) {
      const state = await adapter.inspect(job);
      seen.push(state);
      if (fits(state)) return seen;
      if (Date.now() > until) throw new Error(`job ${job.id} is ${JSON.stringify(state)}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  const running = (job: JobId) => statesUntil(job, ({ phase }) => phase === 'running');
  const ended = (job: JobId) => statesUntil(job, ({ phase }) => phase === 'ended');

  afterAll(async () => {
    const adapter = await scheduler();
    for (const job of submitted) await adapter.cancel(job).catch(() => undefined);
    for (const job of submitted) await ended(job);
    // The scheduler copies a job's output when it has ended.
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }, WAIT_MS);

  test('has its programs and its partitions', async () => {
    const adapter = await scheduler();
    expect(await adapter.doubt?.()).toBeUndefined();
    const partitions = (await adapter.partitions()) ?? [];
    expect(partitions.length).toBeGreaterThan(0);
    if (PARTITION) expect(partitions.map(({ name }) => name)).toContain(PARTITION);
  });

  test('runs a job, says where and how long, and how it ended', async () => {
    const own = TEMPLATE.replace('\n', OWN_LINES[LIVE] ?? '\n');
    const prepared = await prepare({}, own);
    const job = await submit(prepared);
    const states = await running(job);
    for (const { phase } of states.slice(0, -1)) expect(phase).toBe('queued');
    const last = states.at(-1) as Extract<JobState, { phase: 'running' }>;
    expect(last.node).not.toBe('');
    const left = ((last.endsAt?.getTime() ?? NaN) - Date.now()) / 60_000;
    expect(left, 'minutes that are left').toBeGreaterThan(3);
    expect(left, 'minutes that are left').toBeLessThan(8);
    expect(await readBack(job)).toMatchObject({ name: prepared.request.name, minutes: 7 });

    writeFileSync(join(prepared.directory, 'end'), '0');
    expect((await ended(job)).at(-1)).toEqual({ phase: 'ended', outcome: 'completed' });
    expect(readFileSync(prepared.request.logFile, 'utf8')).toMatch(/^runs as /);
  });

  test('says that a job failed', async () => {
    const prepared = await prepare();
    const job = await submit(prepared);
    writeFileSync(join(prepared.directory, 'end'), '3');
    const last = (await ended(job)).at(-1);
    expect(last).toMatchObject({ phase: 'ended', outcome: 'failed', exitStatus: 3 });
  });

  test('says of many jobs with one question how each is', async () => {
    const own = await Promise.all([prepare(), prepare(), prepare()]);
    const jobs = await Promise.all(own.map((prepared) => submit(prepared)));
    const [first, second, third] = jobs as [JobId, JobId, JobId];
    await Promise.all([running(first), running(second)]);
    writeFileSync(join(own[1].directory, 'end'), '0');
    await ended(second);
    const names = own.map(({ request }) => request.name);
    const nobodys = { ...first, id: `99999999${/\..*$/.exec(first.id)?.[0] ?? ''}` };
    const asked = [
      { id: first, name: names[0] ?? '' },
      { id: second, name: names[1] ?? '' },
      { id: third, name: 'jupyter-another' },
      { id: nobodys, name: names[2] ?? '' },
    ];
    const states = await (await scheduler()).inspectAll(asked);
    expect(Object.fromEntries(states)).toMatchObject({
      [first.id]: { phase: 'running' },
      [second.id]: { phase: 'ended' },
      [third.id]: { phase: 'unknown', why: expect.stringContaining('another job') as string },
      [nobodys.id]: { phase: 'ended', outcome: 'unknown' },
    });
    const [alone] = await (await scheduler()).inspectAll(asked.slice(3));
    expect(alone?.[1]).toMatchObject({ phase: 'ended', outcome: 'unknown' });
  });

  test('warns a job, where it can, and leaves it its time', async () => {
    const adapter = await scheduler();
    if (!adapter.warns) return;
    const own = TEMPLATE.replace('\n', "\n#SBATCH --signal=B:TERM@300\ntrap 'echo warned' USR1\n");
    const times = { walltime: { value: 2, rank: 'upper' }, warnBefore: { value: 1, rank: 'upper' } } as const;
    const prepared = await prepare(times, own);
    const job = await submit(prepared);
    await running(job);
    const until = Date.now() + WAIT_MS;
    const log = () => readFileSync(prepared.request.logFile, 'utf8');
    while (!log().includes('warned') && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(log()).toMatch(/^runs as .*\nwarned\n/);
    expect(await adapter.inspect(job)).toMatchObject({ phase: 'running' });
  });

  test('cancels a job, and one that is over is no error', async () => {
    const job = await submit(await prepare());
    await running(job);
    const adapter = await scheduler();
    await adapter.cancel(job);
    expect((await ended(job)).at(-1)).toMatchObject({ outcome: 'cancelled' });
    await adapter.cancel(job);
  });

  test('knows no job that there is not, and cancels it without an error', async () => {
    const [known] = submitted;
    const id = { ...known, id: `99999999${/\..*$/.exec(known?.id ?? '')?.[0] ?? ''}` };
    const adapter = await scheduler();
    expect(await adapter.inspect(id)).toMatchObject({ phase: 'ended', outcome: 'unknown' });
    await adapter.cancel(id);
  });

  test('passes the refusal of a partition on', async () => {
    const prepared = await prepare({ partition: { value: 'nosuchpartition', rank: 'upper' } });
    const error: unknown = await submit(prepared).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartJupyterError);
    expect(error).toMatchObject({ code: 'scheduler-refused', hint: expect.stringContaining('-p') as string });
  });

  test('passes the refusal of a time on, or the reason why the job waits', async () => {
    const partitions = (await (await scheduler()).partitions()) ?? [];
    const limited = partitions.find(
      ({ maxMinutes, up, closed }) => maxMinutes !== undefined && up && !closed,
    );
    expect(limited, 'a partition with a longest time').toBeDefined();
    const prepared = await prepare({
      partition: { value: limited?.name ?? '', rank: 'upper' },
      walltime: { value: (limited?.maxMinutes ?? 0) + 60, rank: 'upper' },
    });
    const result = await submit(prepared).catch((reason: unknown) => reason);
    if (result instanceof StartJupyterError) {
      expect(result).toMatchObject({
        code: 'scheduler-refused',
        hint: expect.stringContaining('-t') as string,
      });
    } else {
      const states = await statesUntil(
        result as JobId,
        (state) => state.phase === 'queued' && !!state.reason,
      );
      expect(states.at(-1)).toMatchObject({
        reason: expect.stringMatching(/limit|violat|exceed|PartitionConfig/i) as string,
      });
    }
  });

  test('finds a job again whose number got lost, and does not send it twice', async () => {
    const bin = mkdtempSync(join(homedir(), '.start-jupyter-live-'));
    folders.push(bin);
    const program = PROGRAM[LIVE] ?? '';
    const real = await findOnPath(program, process.env['PATH']);
    writeFileSync(
      join(bin, program),
      `#!/bin/bash\necho called >>"$0.calls"\n'${real ?? ''}' "$@" >/dev/null\n`,
    );
    chmodSync(join(bin, program), 0o755);
    const env = { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    const job = await submit(await prepare(), { env });
    expect(job.id).toMatch(/^\d+/);
    expect(readFileSync(join(bin, `${program}.calls`), 'utf8')).toBe('called\n');
    expect((await (await scheduler()).inspect(job)).phase).toMatch(/^(queued|running)$/);
  });

  test('leaves no job behind when it is interrupted', async () => {
    const interrupt = new AbortController();
    const prepared = await prepare();
    const submission = submit(prepared, { signal: interrupt.signal });
    setTimeout(() => interrupt.abort(), 5);
    await expect(submission).rejects.toMatchObject({ code: 'interrupted' });
    const until = Date.now() + WAIT_MS;
    while ((await jobsNamed(prepared.request.name)).length > 0) {
      expect(Date.now(), `a job ${prepared.request.name} is left`).toBeLessThan(until);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  });

  test.skipIf(!FOREIGN)('does not cancel somebody else’s job', async () => {
    const adapter = await scheduler();
    await expect(adapter.cancel({ id: FOREIGN ?? '' })).rejects.toBeInstanceOf(StartJupyterError);
    expect((await adapter.inspect({ id: FOREIGN ?? '' })).phase).not.toBe('ended');
  });
});

/** A template's own lines, which those of rank `upper` beat. */
const OWN_LINES: Record<string, string> = {
  slurm: '\n#SBATCH --time=2 --job-name=own\n',
  torque: '\n#PBS -l walltime=00:02:00 -N own\n',
  pbs: '\n#PBS -l walltime=00:02:00 -N own\n',
};

/** What the scheduler itself says of a job, by its own commands. */
async function readBack(job: JobId): Promise<{ name: string; minutes: number }> {
  if (LIVE === 'slurm') {
    const said = await ask('squeue', '-h', '-j', job.id, '-o', '%j %l');
    const [name = '', limit = ''] = said.trim().split(' ');
    return { name, minutes: Number(limit.split(':')[0]) };
  }
  const [block] = readQstat(await ask('qstat', '-f', job.id)).blocks;
  const [hours, minutes] = (block?.values.get('Resource_List.walltime') ?? '').split(':').map(Number);
  return { name: block?.values.get('Job_Name') ?? '', minutes: (hours ?? NaN) * 60 + (minutes ?? NaN) };
}

async function jobsNamed(name: string): Promise<string[]> {
  const command = LIVE === 'slurm' ? ['squeue', '-h', '-n', name, '-o', '%i'] : ['qselect', '-N', name];
  return (await ask(...command)).split('\n').filter((line) => line.trim() !== '');
}

async function ask(...[file = '', ...args]: string[]): Promise<string> {
  const result = await run(file, args, { env: process.env, timeoutMs: 30_000 });
  if (result.exitCode !== 0) throw new Error(`${file} ${args.join(' ')}: ${result.stderr}`);
  return result.stdout;
}
