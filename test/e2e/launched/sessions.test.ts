/** Sessions after their launch, on real Slurm: seen, stopped, launched again, cleaned up, whatever became of them. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from '../bed/bed.js';
import { curlAs } from '../bed/curl.js';
import { holdSession, type HeldSession } from '../bed/held-session.js';
import {
  forgetSessions,
  launchAs,
  sessionDirectories,
  sessionOfJob,
  sessionsOf,
  startLaunchAs,
  type LaunchAs,
} from '../bed/launches.js';
import { startProxy, type Proxy } from '../bed/proxy.js';
import { cancelJob, clearJobsOf, jobInState, jobsOf, showJob } from '../bed/slurm.js';
import { standIns } from '../bed/stand-ins.js';
import { user } from '../bed/users.js';

const SECRETS = ['token', 'redeem.secret', 'key.pem', 'jupyter_config.json'];

describeOnBed('sessions', () => {
  let proxy: Proxy;

  beforeAll(async () => {
    proxy = await startProxy();
  });

  afterEach(async () => {
    await clearJobsOf(rosa().name);
    forgetSessions(rosa());
  });

  afterAll(async () => {
    await proxy.stop();
  });

  const rosa = () => user(theBed().users.rosa);
  const start = (args: readonly string[], options: LaunchAs = {}) =>
    launchAs(proxy, args, { ...options, user: rosa() });
  const hold = (args: readonly string[] = [], options: LaunchAs = {}): Promise<HeldSession> =>
    holdSession(proxy, rosa(), args, options);

  /** What the proxy says to who has the session's secret. */
  async function phaseAtProxy(name: string, secret: string): Promise<unknown> {
    const url = `${proxy.controlUrl}/api/v1/sessions/${name}`;
    const answer = await curlAs(rosa(), proxy.caFile, url, '-H', `Authorization: Bearer ${secret}`);
    return (JSON.parse(answer.body) as { phase?: string }).phase;
  }

  /** As `list` tells them to a program. */
  async function statesOf(...jobIds: string[]): Promise<string[]> {
    const { stdout } = await start(['list', '--json']);
    const { sessions } = JSON.parse(stdout) as {
      sessions: { jobId: string; state: string; outcome?: string }[];
    };
    return jobIds.map((id) => {
      const found = sessions.find(({ jobId }) => jobId === id);
      return [found?.state, found?.outcome].filter(Boolean).join(' ');
    });
  }

  const secretOf = ({ directory }: HeldSession) => readFileSync(join(directory, 'redeem.secret'), 'utf8');
  const endOf = ({ directory }: Pick<HeldSession, 'directory'>) =>
    JSON.parse(readFileSync(join(directory, 'end.json'), 'utf8')) as Record<string, unknown>;

  function expectNoSecrets({ directory }: HeldSession): void {
    for (const secret of SECRETS) expect(existsSync(join(directory, secret))).toBe(false);
  }

  test('a job that never ran is cancelled, its link given back, its secrets gone; then it is launched again', async () => {
    const session = await hold(['-m', '600M']);
    const { jobId, name, directory } = session;
    const secret = secretOf(session);
    expect(await phaseAtProxy(name, secret)).toBe('reserved');

    const stopped = await start(['stop', name]);
    expect(stopped).toMatchObject({ exitCode: 0, stdout: `Stopped ${jobId} (${name}).\n` });
    expect((await showJob(jobId))?.get('JobState')).toBe('CANCELLED');
    expect(await phaseAtProxy(name, secret)).toBe('ended');
    expectNoSecrets(session);
    expect(endOf(session)).toMatchObject({ outcome: 'cancelled', cause: 'It was cancelled.' });

    const once = await start(['stop', jobId]);
    expect(once).toMatchObject({
      exitCode: 0,
      stdout: `${jobId} (${name}) was over already. It was cancelled.\n`,
    });

    const again = await start(['again', jobId, '-t', '20', '--no-wait']);
    expect(again, again.stderr).toMatchObject({ exitCode: 0 });
    expect(again.stderr).toContain(
      'again: start-jupyter -p debug -t 20 --no-wait -m 600M --scheduler-arg --hold\n',
    );
    const job = await showJob(again.jobId);
    expect(job?.get('Partition')).toBe('debug');
    expect(job?.get('TimeLimit')).toBe('00:20:00');
    expect(job?.get('JobState')).toBe('PENDING');
    expect(sessionOfJob(rosa(), again.jobId)).not.toBe(directory);
  });

  test('what runs, is over or failed is stopped, seen and launched again, each as it is', async () => {
    const tools = standIns(rosa());
    tools.add('jupyter', 'PATH=$path exec jupyter "$@"');
    const failing = await hold([], { env: { PATH: tools.path } });
    const running = await hold();
    const outside = await hold();
    tools.add('jupyter', 'echo "no Jupyter today" >&2; exit 1');
    await cancelJob(outside.jobId);
    await Promise.all([failing.release(), running.release()]);
    await running.ready();
    await jobInState(failing.jobId, ['FAILED']);
    const secret = secretOf(running);
    expect(await statesOf(outside.jobId, failing.jobId, running.jobId)).toEqual([
      'ended cancelled',
      'ended failed',
      'ready',
    ]);
    expect((await start(['status', failing.jobId])).stdout).toContain('no Jupyter today');
    expect((await start(['logs', failing.jobId])).stdout).toContain('no Jupyter today');

    const stopped = await start(['stop', '--json', running.jobId, failing.jobId, outside.jobId]);
    expect(stopped, stopped.stderr).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stopped.stdout)).toMatchObject({
      version: 1,
      sessions: [
        { jobId: running.jobId, result: 'stopped' },
        { jobId: failing.jobId, result: 'over' },
        { jobId: outside.jobId, result: 'over' },
      ],
    });
    expect(await phaseAtProxy(running.name, secret)).toBe('ended');
    for (const session of [running, failing, outside]) expectNoSecrets(session);
    expect(endOf(running)).toMatchObject({ outcome: 'cancelled' });
    expect(endOf(failing)).toMatchObject({ outcome: 'failed' });
    expect(endOf(outside)).toMatchObject({ outcome: 'cancelled' });

    expect(await statesOf(running.jobId)).toEqual(['ended cancelled']);

    for (const { jobId } of [failing, outside]) {
      const again = await start(['again', jobId, '-q', '--no-wait']);
      expect(again, again.stderr).toMatchObject({ exitCode: 0, stderr: '' });
      expect(again.url).toMatch(/^https:/);
    }
    expect(await jobsOf(rosa().name)).toHaveLength(2);
  });

  test('several: none is guessed, all are stopped by two commands at once, and cleaned up', async () => {
    const first = await hold();
    const second = await hold();
    const guess = await start(['stop']);
    expect(guess.exitCode).toBe(2);
    expect(guess.stderr).toContain(first.name);
    expect(guess.stderr).toContain(second.name);
    const byVariable = await start(['stop'], { env: { START_JUPYTER_ALL: '1' } });
    expect(byVariable.exitCode).toBe(2);
    expect(await jobsOf(rosa().name)).toHaveLength(2);

    const both = await Promise.all([start(['stop', '--all']), start(['stop', '--all'])]);
    for (const one of both) expect(one, one.stderr).toMatchObject({ exitCode: 0 });
    for (const session of [first, second]) {
      expect((await showJob(session.jobId))?.get('JobState')).toBe('CANCELLED');
      expectNoSecrets(session);
    }

    const third = await hold();
    const before = sessionDirectories(rosa());
    expect((await start(['clean'])).stdout).toBe('There was nothing to remove.\n');
    const trial = await start(['clean', '--all', '--dry-run']);
    expect(trial.stdout).toMatch(/^Would remove what is left of 2 sessions, [\d.]+ kB:\n/);
    expect(sessionDirectories(rosa())).toEqual(before);

    // One that cannot be removed is named, and one that is held open on NFS looks like this.
    shut(first.directory, 'precious');
    shut(second.directory, '.nfs0001');
    const cleaned = await start(['clean', '--all']);
    expect(cleaned.exitCode).toBe(4);
    expect(cleaned.stdout).toContain(`  ${second.jobId} (${second.name}), ended on `);
    expect(cleaned.stderr).toMatch(new RegExp(`${basename(first.directory)}.*could not be removed: EACCES`));
    expect(cleaned.stderr).toContain('1 stays: it waits or runs.');
    expect(readdirSync(sessionsOf(rosa())).filter((name) => !name.startsWith('.'))).toEqual([
      basename(third.directory),
    ]);
    for (const directory of sessionDirectories(rosa())) {
      if (existsSync(join(directory, 'shut'))) chmodSync(join(directory, 'shut'), 0o700);
    }
  });

  test('a Slurm that cannot be asked: nothing is torn down, and nothing cleaned up', async () => {
    const session = await hold();
    const conf = join(rosa().home, 'slurm-away.conf');
    const real = readFileSync(theBed().slurmConf, 'utf8');
    writeFileSync(conf, `${real.replace(/^SlurmctldPort=.*$/m, '')}\nSlurmctldPort=1\nMessageTimeout=2\n`);
    chmodSync(conf, 0o644);
    const away: LaunchAs = { env: { SLURM_CONF: conf }, limitMs: 120_000 };
    const stopped = await start(['stop', session.jobId], away);
    expect(stopped.exitCode).toBe(6);
    expect(stopped.stderr).toContain(`${session.jobId} (${session.name}) was left alone`);
    const cleaned = await start(['clean', '--all'], away);
    expect(cleaned).toMatchObject({ exitCode: 0, stdout: 'There was nothing to remove.\n' });
    expect(cleaned.stderr).toContain('nobody can say now whether it has ended');
    for (const secret of SECRETS) expect(existsSync(join(session.directory, secret))).toBe(true);
    expect(existsSync(join(session.directory, 'end.json'))).toBe(false);
    expect(await phaseAtProxy(session.name, secretOf(session))).toBe('reserved');
    expect((await start(['stop', session.jobId])).exitCode).toBe(0);
  });

  test('a session in place is stopped from another shell, and its command ends in order', async () => {
    const options: LaunchAs = { user: rosa(), site: ['here_on_login_node: true'] };
    const here = startLaunchAs(proxy, ['--here', '-q'], options);
    const [url] = await here.printed('stdout', /https:\/\/\S+token=[\w-]+/, 90_000);
    const name = new URL(url).hostname.split('.')[0] ?? '';
    const stopped = await start(['stop']);
    expect(stopped, stopped.stderr).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(new RegExp(`^Stopped local-\\d+ \\(${name}\\)\\.\\n$`)) as string,
    });
    expect(await here.ended(30_000)).toMatchObject({ exitCode: 0 });
    const left = await start(['clean', '--all']);
    expect(left.stdout).toMatch(/nothing to remove|one session/);
  });

  /** A folder out of which its owner can remove nothing. */
  function shut(directory: string, file: string): void {
    const folder = join(directory, 'shut');
    mkdirSync(folder);
    writeFileSync(join(folder, file), '');
    chmodSync(folder, 0o500);
    chownSync(folder, rosa().uid, rosa().gid);
  }
});
