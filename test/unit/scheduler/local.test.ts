import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
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

const supervisor = () => join(directory, 'supervise.sh');

async function files(script: string, seconds = 60): Promise<void> {
  await copyFile(SUPERVISOR, supervisor());
  await writeFile(join(directory, 'settings'), `sj_walltime_seconds='${seconds}'\n`);
  await writeFile(join(directory, 'batch.sh'), `#!/bin/bash\n${script}\n`);
}

async function start(script: string, seconds = 60, env: NodeJS.ProcessEnv = process.env): Promise<JobId> {
  await files(script, seconds);
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
      exitStatus: 7,
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

  it('goes on past its time where a later end was left for it, as it says', async () => {
    const later = Math.floor(Date.now() / 1000) + 4;
    const job = await start(`echo ${later} > extended; sleep 2; echo up > up; sleep 100`, 1);
    expect(await fileOf('up')).toBe('up');
    expect(await inspect(job)).toMatchObject({ phase: 'running', endsAt: new Date(later * 1000) });
    expect(await ended(job)).toEqual({ phase: 'ended', outcome: 'timed-out' });
    expect(Date.now()).toBeGreaterThanOrEqual(later * 1000);
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

  it.skipIf(process.platform !== 'linux')(
    'inherits what there is, but for what would change how bash runs it',
    async () => {
      const env = {
        ...{ PATH: process.env['PATH'], SLURM_JOB_ID: '1', CUDA_VISIBLE_DEVICES: '3', 'a\nb': 'c d' },
        ...{ BASH_ENV: '/tmp/x', ENV: '/tmp/x', SHELLOPTS: 'noexec', 'BASH_FUNC_kill%%': '() {  exit 9; }' },
        ...{ sj_directory: '/', job: 'mine', status: 'mine' },
      };
      const job = await start('cat "/proc/$$/environ" 2>/dev/null || env -0', 60, env);
      expect(await ended(job)).toMatchObject({ outcome: 'completed' });
      const inherited = new Map(
        (await readFile(join(directory, 'job.log'), 'utf8')).split('\0').map((entry) => {
          const [name = '', ...value] = entry.split('=');
          return [name, value.join('=')];
        }),
      );
      const bash = ['OLDPWD', 'PWD', 'SHLVL', '_', 'sj_directory', ''];
      const names = [...inherited.keys()].filter((name) => !bash.includes(name));
      expect(names.sort()).toEqual(['CUDA_VISIBLE_DEVICES', 'PATH', 'SLURM_JOB_ID', 'a\nb', 'job', 'status']);
      expect(inherited.get('job')).toBe('mine');
      expect(inherited.get('status')).toBe('mine');
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'ends with the program that started it, however that ended',
    async () => {
      await files(
        'echo $$ > self; trap "echo terminated > heard; exit 3" TERM; sleep 100 & echo $! > child; wait',
      );
      const words = ['-c', 'setsid bash "$1" "$2"; exec sleep 100', 'bash', supervisor(), directory];
      // A session of its own: what the supervisor kills at its end is its session.
      const starter = spawn('bash', words, { detached: true });
      const [line] = (await once(starter.stdout, 'data')) as [Buffer];
      const pid = Number(String(line).split(' ')[0]);
      const start = await processStart(pid, process.env);
      const job = { id: `local-${pid}-${'mark' in start ? start.mark : ''}`, directory };
      const child = await fileOf('child');
      expect((await inspect(job)).phase).toBe('running');
      starter.kill('SIGKILL');
      expect(await ended(job)).toEqual({ phase: 'ended', outcome: 'cancelled' });
      expect(await fileOf('heard')).toBe('terminated');
      expect(await gone(child)).toBe(true);
    },
  );

  it('cannot be asked about without its directory', async () => {
    expect(await inspect({ id: 'local-1-1' })).toMatchObject({ phase: 'unknown' });
    const strange = { id: 'jupyter', directory: '/' };
    expect(await inspect(strange)).toMatchObject({ phase: 'unknown' });
  });

  it('needs bash and some other programs, and names those that are missing', async () => {
    const bin = join(directory, 'bin');
    await mkdir(bin);
    for (const name of ['bash', 'date', 'rm', 'sleep', 'uname'])
      await symlink(`/bin/${name}`, join(bin, name));
    await files('exit 0');
    const submit = (PATH: string) =>
      createLocal({ env: { PATH } }).submit(join(directory, 'batch.sh'), OPTIONS);
    await expect(submit(bin)).rejects.toMatchObject({
      code: 'no-tool',
      detail: 'not on your PATH: mktemp mv',
    });
    await expect(submit(directory)).rejects.toMatchObject({ code: 'no-tool', detail: 'bash was not found' });
  });

  it.skipIf(process.platform !== 'linux')(
    'is not run in a session of somebody else, whose programs would end with it',
    async () => {
      await files('exit 0');
      // The session is the outer bash's.
      const words = ['-c', 'bash "$1" "$2"; exit', 'bash', supervisor(), directory];
      const run = spawn('bash', words, { detached: true });
      const [said] = (await once(run.stderr, 'data')) as [Buffer];
      expect(String(said)).toContain('supervise.sh wants a session of its own');
      expect(existsSync(join(directory, 'job.log'))).toBe(false);
    },
  );

  it('is refused with bash’s own words when it cannot start', async () => {
    await writeFile(join(directory, 'batch.sh'), '');
    const submission = createLocal({ env: process.env }).submit(join(directory, 'batch.sh'), OPTIONS);
    await expect(submission).rejects.toMatchObject({
      code: 'scheduler-refused',
      detail: expect.stringContaining('supervise.sh') as string,
    });
  });

  it('waits for no pipe that lies in the place of its files', async () => {
    for (const name of ['local-exit', 'local-job.json', 'extended'])
      execFileSync('mkfifo', [join(directory, name)]);
    const { pid } = process;
    const mark = await processStart(pid, process.env);
    const alive = { id: `local-${pid}-${'mark' in mark ? mark.mark : ''}`, directory };
    expect(await inspect(alive)).toEqual({ phase: 'running', node: hostname() });
    expect(await inspect({ ...alive, id: `local-${pid}-1` })).toMatchObject({
      phase: 'ended',
      outcome: 'unknown',
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
