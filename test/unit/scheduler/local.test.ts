import { copyFile, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocal } from '../../../src/scheduler/local.js';
import { processStart } from '../../../src/scheduler/process-start.js';
import type { JobId, JobState } from '../../../src/scheduler/scheduler.js';

const SUPERVISOR = join(import.meta.dirname, '../../../batch-templates/local/supervise.sh');
const OPTIONS = { jobName: 'jupyter-test', extraArguments: [] };

let directory: string;
let jobs: JobId[];

beforeEach(async () => {
  directory = await mkdtemp(join(await realpath(tmpdir()), "local job's $(x) "));
  jobs = [];
});

afterEach(async () => {
  for (const job of jobs) await createLocal({ env: process.env }).cancel(job);
  await rm(directory, { recursive: true, force: true });
});

async function start(script: string, seconds = 60, env: NodeJS.ProcessEnv = process.env): Promise<JobId> {
  await copyFile(SUPERVISOR, join(directory, 'supervise.sh'));
  await writeFile(join(directory, 'settings'), `sj_walltime_seconds='${seconds}'\n`);
  await writeFile(join(directory, 'batch.sh'), `#!/bin/bash\n${script}\n`);
  const job = await createLocal({ env }).submit(join(directory, 'batch.sh'), OPTIONS);
  jobs.push(job);
  return job;
}

/** Another adapter than the one that submitted: all it knows is the id. */
async function inspect(job: JobId): Promise<JobState> {
  return await createLocal({ env: process.env }).inspect(job);
}

async function ended(job: JobId): Promise<JobState> {
  for (let tries = 0; tries < 200; tries += 1) {
    const state = await inspect(job);
    if (state.phase === 'ended') return state;
    await sleep(50);
  }
  throw new Error('the job does not end');
}

async function fileOf(name: string): Promise<string> {
  for (let tries = 0; tries < 200; tries += 1) {
    const text = await readFile(join(directory, name), 'utf8').catch(() => '');
    if (text.endsWith('\n')) return text.trim();
    await sleep(25);
  }
  throw new Error(`${name} was not written`);
}

async function gone(pid: string): Promise<boolean> {
  for (let tries = 0; tries < 150; tries += 1) {
    // A zombie counts as gone: some machines' first process collects the dead late.
    if ('gone' in (await processStart(Number(pid), process.env))) return true;
    await sleep(20);
  }
  return false;
}

describe.skipIf(process.platform === 'win32')('a job on this machine', () => {
  it('runs in its directory, out of reach of the terminal, and its exit is kept', async () => {
    const job = await start('pwd; echo "$0"; read -r line || echo "no input"; echo oops >&2; exit 0');
    expect(job.id).toMatch(/^local-\d+-\d+$/);
    expect(await ended(job)).toEqual({ phase: 'ended', outcome: 'completed' });
    expect(await fileOf('job.log')).toBe(`${directory}\n${directory}/batch.sh\nno input\noops`);
    expect((await stat(join(directory, 'local-job.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'local-exit'))).mode & 0o777).toBe(0o600);
  });

  it('tells a failure with its status', async () => {
    expect(await ended(await start('exit 7'))).toEqual({
      phase: 'ended',
      outcome: 'failed',
      detail: 'exit status 7',
    });
  });

  it('is running until its time is up, and says so', async () => {
    const before = Date.now();
    const job = await start('echo up > up; sleep 100', 60);
    await fileOf('up');
    const state = await inspect(job);
    expect(state).toMatchObject({ phase: 'running', node: expect.stringMatching(/./) as string });
    const endsAt = state.phase === 'running' ? (state.endsAt?.getTime() ?? 0) : 0;
    expect(endsAt).toBeGreaterThanOrEqual(before + 60_000);
    expect(endsAt).toBeLessThanOrEqual(Date.now() + 60_000);
  });

  it('gets TERM at its time limit, and nothing of it is left', async () => {
    const job = await start(
      'trap "echo terminated > heard; exit 3" TERM; sleep 100 & echo $! > child; wait',
      1,
    );
    expect(await ended(job)).toEqual({ phase: 'ended', outcome: 'timed-out' });
    expect(await fileOf('heard')).toBe('terminated');
    expect(await gone(await fileOf('child'))).toBe(true);
  });

  it('is cancelled from elsewhere, and again without harm', async () => {
    const job = await start('trap "echo terminated > heard; exit 0" TERM; echo up > up; sleep 100 & wait');
    await fileOf('up');
    await createLocal({ env: process.env }).cancel(job);
    expect(await fileOf('heard')).toBe('terminated');
    expect(await inspect(job)).toEqual({ phase: 'ended', outcome: 'cancelled' });
    await createLocal({ env: process.env }).cancel(job);
  });

  it('leaves nothing behind when its script is killed outright', async () => {
    const job = await start('(trap "" TERM HUP; sleep 100) & echo $! > child; echo $$ > self; wait');
    const child = await fileOf('child');
    process.kill(Number(await fileOf('self')), 'SIGKILL');
    expect(await ended(job)).toMatchObject({ outcome: 'failed', detail: 'exit status 137' });
    expect(await gone(child)).toBe(true);
  });

  // macOS cannot tell a process's session.
  it.skipIf(process.platform !== 'linux')('takes process groups of its own with it', async () => {
    const job = await start('set -m; sleep 100 & echo $! > child; set +m; exit 0');
    expect(await ended(job)).toEqual({ phase: 'ended', outcome: 'completed' });
    expect(await gone(await fileOf('child'))).toBe(true);
  });

  it('is unknown, not failed, when its supervisor was killed, and ended', async () => {
    const job = await start('ps -o pgid= -p $$ > group; exec sleep 100');
    const group = await fileOf('group');
    process.kill(Number(job.id.split('-')[1]), 'SIGKILL');
    expect(await ended(job)).toMatchObject({ phase: 'ended', outcome: 'unknown' });
    process.kill(-Number(group), 'SIGKILL');
  });

  it('keeps its time limit when its supervisor was killed', async () => {
    const job = await start('echo $$ > self; exec sleep 100', 1);
    const self = await fileOf('self');
    process.kill(Number(job.id.split('-')[1]), 'SIGKILL');
    expect(await gone(self)).toBe(true);
  });

  it('is not mistaken for another process that has its number', async () => {
    const job = await start('echo up > up; exec sleep 100');
    await fileOf('up');
    const reused = { ...job, id: `local-${String(process.pid)}-1` };
    expect(await inspect(reused)).toMatchObject({ phase: 'ended', outcome: 'unknown' });
    await createLocal({ env: process.env }).cancel(reused);
    expect((await inspect(job)).phase).toBe('running');
  });

  it('inherits nothing of the login environment but the least', async () => {
    const env = {
      PATH: process.env['PATH'],
      HOME: '/h',
      SECRET_KEY: 'x',
      BASH_ENV: '/tmp/x',
      SLURM_JOB_ID: '1',
    };
    const job = await start('env', 60, env);
    await ended(job);
    const names = (await fileOf('job.log')).split('\n').map((line) => line.split('=')[0]);
    expect(names.sort()).toEqual(['HOME', 'OLDPWD', 'PATH', 'PWD', 'SHLVL', '_']);
  });

  it('cannot be asked about without its directory', async () => {
    expect(await inspect({ id: 'local-1-1' })).toMatchObject({ phase: 'unknown' });
  });

  it('is refused with bash’s own words when it cannot start', async () => {
    await writeFile(join(directory, 'batch.sh'), '');
    const submission = createLocal({ env: process.env }).submit(join(directory, 'batch.sh'), OPTIONS);
    await expect(submission).rejects.toMatchObject({
      code: 'scheduler-refused',
      detail: expect.stringContaining('supervise.sh') as string,
    });
  });
});

// Not skipped elsewhere but not there: no other platform can have it.
if (process.platform === 'win32') {
  it('says on Windows what is possible', async () => {
    const submission = createLocal({ env: process.env }).submit('C:\\s\\batch.sh', OPTIONS);
    await expect(submission).rejects.toMatchObject({ code: 'unsupported-platform' });
  });
}
