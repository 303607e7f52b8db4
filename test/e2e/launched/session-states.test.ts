/**
 * How sessions go on real Slurm, each with the words that its owner reads: held and released, cancelled by somebody else,
 * over its time, failed at its start, out of memory; and a controller that does not answer for a while.
 */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeOnBed, theBed } from '../bed/bed.js';
import { forgetSessions } from '../bed/launches.js';
import type { Ended } from '../bed/processes.js';
import type { Proxy } from '../bed/proxy.js';
import { startSite, type AtSite, type Site } from '../bed/site.js';
import { standIns } from '../bed/stand-ins.js';
import { user } from '../bed/users.js';

/** Several notebooks start at once on two cores. */
const START_MS = 90_000;
const SECRETS = ['token', 'redeem.secret', 'key.pem', 'jupyter_config.json'];

interface Session {
  id: string;
  jobId: string;
  name: string;
  directory: string;
}

interface Shown {
  state: string;
  outcome?: string;
  cause?: string;
  exitStatus?: number;
  why?: string;
  node?: string;
  lastLines?: string;
}

describeOnBed('the states of a session on real Slurm', () => {
  let site: Site;
  let proxy: Proxy;
  const templates: string[] = [];
  const sara = () => user(theBed().users.sara);

  beforeAll(async () => {
    forgetSessions(sara());
    site = await startSite();
    proxy = await site.proxy();
  });

  afterAll(async () => {
    await site.slurm.clear();
    forgetSessions(sara());
    for (const file of templates) rmSync(file, { force: true });
    await proxy.stop();
    await site.end();
  });

  const at = (options: AtSite = {}): AtSite => ({
    limitMs: START_MS,
    ...options,
    lines: [`endpoint: ${proxy.endpoint}`, `ca: ${proxy.caFile}`],
  });
  const run = (args: readonly string[], options: AtSite = {}): Promise<Ended> =>
    site.startJupyter(site.login1, sara(), args, at(options));
  const begin = (args: readonly string[], options: AtSite = {}) =>
    site.beginJupyter(site.login1, sara(), args, at(options));

  async function launch(args: readonly string[], options: AtSite = {}): Promise<Session> {
    const ended = await run(['--json', ...args], options);
    expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
    return JSON.parse(ended.stdout) as Session;
  }

  async function json<T>(...args: string[]): Promise<T> {
    const ended = await run([...args, '--json']);
    expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
    return JSON.parse(ended.stdout) as T;
  }

  const status = ({ jobId }: Session) => json<Shown>('status', jobId);

  /** Every command says the same of how it ended, and `again` starts it anew. */
  async function expectEnd(session: Session, outcome: string, cause: RegExp, log: RegExp | undefined) {
    const { id, jobId, directory } = session;
    const waited = await run(['wait', jobId]);
    expect(waited, waited.stderr).toMatchObject({ exitCode: 7 });
    expect(waited.stderr).toMatch(cause);
    if (log) expect(waited.stderr).toMatch(log);

    const shown = await status(session);
    expect(shown).toMatchObject({ state: 'ended', outcome, cause: expect.stringMatching(cause) as string });
    const inWords = await run(['status', jobId]);
    expect(inWords.exitCode).toBe(0);
    expect(inWords.stdout).toMatch(cause);
    const { sessions } = await json<{ sessions: (Shown & Session)[] }>('list', '--all');
    expect(sessions.find((each) => each.id === id)).toMatchObject({ state: 'ended', outcome });
    const logs = await run(['logs', jobId]);
    expect(logs.exitCode).toBe(0);
    if (log) expect(logs.stdout).toMatch(log);
    for (const secret of SECRETS) expect(existsSync(join(directory, secret)), secret).toBe(false);

    const stopped = await run(['stop', jobId]);
    expect(stopped, stopped.stderr).toMatchObject({ exitCode: 0 });
    expect(stopped.stdout).toContain('was over already. ');
    expect(stopped.stdout).toMatch(cause);
    await expectAgain(session);
    return shown;
  }

  /** Held, so that it takes nothing of this small machine. */
  async function expectAgain({ jobId }: Pick<Session, 'jobId'>): Promise<void> {
    const again = await run(['again', jobId, '--json', '--scheduler-arg', '--hold']);
    expect(again, again.stderr).toMatchObject({ exitCode: 0 });
    const next = JSON.parse(again.stdout) as Session;
    expect(next.jobId).not.toBe(jobId);
    expect(await status(next)).toMatchObject({ state: 'queued' });
    expect(await run(['stop', next.jobId])).toMatchObject({ exitCode: 0 });
  }

  /** In the owner's home: what `again` names must be there still. */
  function ownTemplate(name: string, before: string): string {
    const file = join(sara().home, name);
    writeFileSync(file, `#!/bin/bash\n${before}\nstart_session notebook\n`);
    chmodSync(file, 0o644);
    templates.push(file);
    return file;
  }

  /**
   * Where this kernel does not let Slurm limit memory (cgroup v1): Jupyter is killed as the kernel would, for real, and a
   * stand-in says in squeue's place that it was for its memory.
   */
  async function killedAndSaidToLackMemory(): Promise<Session> {
    const session = await launch(['-t', '10']);
    expect(await run(['wait', session.jobId])).toMatchObject({ exitCode: 0 });
    const ready = readFileSync(join(session.directory, 'ready.json'), 'utf8');
    const { pid } = JSON.parse(ready) as { pid: number };
    expect(await site.node.run(sara(), ['/bin/kill', '-KILL', String(pid)])).toMatchObject({ exitCode: 0 });
    await site.slurm.jobInState(session.jobId, ['FAILED']);
    const tools = standIns(sara());
    tools.add('squeue', 'set -o pipefail; PATH=$path squeue "$@" | sed s/FAILED/OUT_OF_MEMORY/');
    const env = { PATH: tools.path };
    expect(await run(['status', session.jobId], { env })).toMatchObject({ exitCode: 0 });
    return session;
  }

  /** A terminal of a size, which the bed's has not by itself. */
  const ON_SCREEN = ['/bin/bash', '-c', 'stty cols 120 rows 40 && exec "$@"', 'bash'];

  describe('side by side', { concurrent: true }, () => {
    test('held, then released: followed on a terminal, and waited for without one', async () => {
      // So long that nobody misses that it starts.
      const slow = ownTemplate('slow.sh', 'sleep 15');
      const held = ['-t', '10', '--scheduler-arg', '--hold', '-b', slow];
      const launched = site.typeJupyter(site.login1, sara(), held, at({ wrap: ON_SCREEN }));
      const [, jobId = ''] = await launched.printed('stdout', /Job:\S*\s+(\d+)/, START_MS);
      await launched.printed('stdout', /https:\/\/\S+token=/, 10_000);
      await launched.printed('stdout', /In the queue for \d+ seconds?\./, 10_000);
      const waiting = begin(['wait', jobId]);
      await waiting.printed('stderr', /The job waits in the queue\. It is on hold/, START_MS);
      expect(await json<Shown>('status', jobId)).toMatchObject({ state: 'queued' });
      const listed = await run(['list']);
      expect(listed.stdout).toMatch(new RegExp(`^${jobId} +\\S`, 'm'));
      expect(listed.stderr).toContain('It is on hold');
      expect(await run(['logs', jobId])).toMatchObject({ exitCode: 0, stdout: '' });
      await expectAgain({ jobId });

      await site.slurm.ask('scontrol', 'release', jobId);
      const ended = await launched.ended(START_MS);
      expect(ended.exitCode).toBe(0);
      const followed = stripVTControlCharacters(ended.stdout);
      expect(followed).toMatch(/The job has started on n1\. Jupyter is starting there/);
      expect(followed).toMatch(/Your notebook is ready\. It runs on n1/);
      const waited = await waiting.ended(START_MS);
      expect(waited).toMatchObject({ exitCode: 0 });
      expect(waited.stderr).toMatch(/waits in the queue[^]*Your notebook is ready\. It runs on n1/);
      expect(await json<Shown>('status', jobId)).toMatchObject({ state: 'ready', node: 'n1' });
      expect(await run(['stop', jobId])).toMatchObject({ exitCode: 0 });
    });

    test('cancelled by somebody else', async () => {
      const session = await launch(['-t', '10']);
      expect(await run(['wait', session.jobId])).toMatchObject({ exitCode: 0 });
      const until = begin(['wait', session.jobId, '--until', 'ended']);
      await until.printed('stderr', /ready|runs on n1/, 30_000);
      await site.slurm.ask('scancel', session.jobId);
      const ended = await until.ended(60_000);
      expect(ended.stderr).toMatch(/cancelled/i);
      await expectEnd(session, 'cancelled', /cancelled/i, /start-jupyter: stopped: /);
    });

    test('over its time', { timeout: 240_000 }, async () => {
      const session = await launch(['-t', '1', '--warn-before', 'none']);
      const { jobId } = session;
      const log = begin(['logs', '-f', jobId]);
      const wait = ['wait', jobId, '--until', 'ended'];
      const [ended, told] = await Promise.all(
        [wait, [...wait, '--json']].map((args) => run(args, { limitMs: 180_000 })),
      );
      expect(ended?.stderr).toMatch(/time/);
      // Said as what it is, and no failure.
      expect(told).toMatchObject({ exitCode: 0, stderr: '' });
      const end = { version: 1, jobId, state: 'ended', outcome: 'timed-out' };
      expect(JSON.parse(told?.stdout ?? '')).toMatchObject(end);
      const followed = await log.ended(60_000);
      expect(followed).toMatchObject({ exitCode: 0 });
      expect(followed.stdout).toContain('start-jupyter: ready after');
      expect(followed.stdout).toMatch(/start-jupyter: stopped: .*\n$/);
      expect(followed.stderr).toContain('The session has ended. Its time was up.');
      await site.slurm.jobInState(jobId, ['TIMEOUT']);
      await expectEnd(session, 'timed-out', /Its time was up\./, /start-jupyter: stopped: its time was up/);
    });

    test('failed before Jupyter: a template that ends with 3', async () => {
      const check = 'check_licence() { echo "no licence for this"; return 3; }';
      const template = ownTemplate('three.sh', `set -e\n${check}\ncheck_licence`);
      const session = await launch(['-t', '10', '-b', template]);
      const { exitStatus } = await expectEnd(session, 'failed', /exit status 3/, /no licence for this/);
      expect(exitStatus).toBe(3);
    });

    test('failed at its start: Jupyter is not on the node', async () => {
      const tools = standIns(sara());
      tools.add('jupyter', 'PATH=$path exec jupyter "$@"');
      const env = { PATH: tools.path };
      const session = await launch(['-t', '10', '--scheduler-arg', '--hold'], { env });
      const program = join(tools.folder, 'jupyter');
      const script = readFileSync(program, 'utf8');
      rmSync(program);
      await site.slurm.ask('scontrol', 'release', session.jobId);
      await site.slurm.jobInState(session.jobId, ['FAILED']);
      expect(script).not.toBe('');
      await expectEnd(session, 'failed', /there is no \S+\/jupyter on node n1/, /failed: there is no/);
    });

    test('out of memory', async () => {
      if (site.slurm.limitsMemory) {
        const session = await launch(['-t', '10', '--scheduler-arg', '--mem=30M']);
        await site.slurm.jobInState(session.jobId, ['OUT_OF_MEMORY']);
        await expectEnd(session, 'out-of-memory', /memory/, undefined);
      } else {
        await expectEnd(await killedAndSaidToLackMemory(), 'out-of-memory', /memory/, /was killed/);
      }
    });
  });

  test('a controller that is away for a while: unknown, then right again, and nothing is torn down', async () => {
    const session = await launch(['-t', '10']);
    const { id, jobId, directory } = session;
    expect(await run(['wait', jobId])).toMatchObject({ exitCode: 0 });
    const before = await json<Shown>('status', jobId);
    expect(before).toMatchObject({ state: 'ready' });
    const waiting = begin(['wait', jobId, '--until', 'ended']);

    await site.slurm.stopController();
    try {
      // At once: Slurm's programs try for a while, each.
      const [listed, shown, stop, clean] = await Promise.all([
        run(['list', '--json']),
        json<Shown>('status', jobId),
        run(['stop', jobId]),
        run(['clean', '--all']),
        waiting.printed('stderr', /cannot be told just now/, START_MS),
      ]);
      expect(listed, listed.stderr).toMatchObject({ exitCode: 0 });
      const { sessions } = JSON.parse(listed.stdout) as { sessions: (Shown & Session)[] };
      expect(sessions.find((each) => each.id === id)).toMatchObject({ state: 'unknown', node: 'n1' });
      expect(shown).toMatchObject({ state: 'unknown', why: expect.any(String) as string });
      expect(stop, stop.stderr).toMatchObject({ exitCode: 6 });
      expect(clean, clean.stderr).toMatchObject({ exitCode: 0 });
      for (const secret of SECRETS) expect(existsSync(join(directory, secret)), secret).toBe(true);
      expect(existsSync(join(directory, 'end.json'))).toBe(false);
    } finally {
      await site.slurm.startController();
    }

    await site.slurm.jobInState(jobId, ['RUNNING']);
    expect(await json<Shown>('status', jobId)).toEqual(before);
    const url = (await run(['url', jobId])).stdout.trim();
    const { hostname, port } = new URL(url);
    const opened = await site.login1.run(sara(), [
      ...['/usr/bin/curl', '-q', '-sS', '--max-time', '20', '--cacert', proxy.caFile, '-o', '/dev/null'],
      ...['--resolve', `${hostname}:${port}:${site.proxyHost.address}`, '-w', '%{http_code}'],
      url.replace('/tree?', '/api/status?'),
    ]);
    expect(opened).toMatchObject({ stdout: '200' });
    await waiting.printed('stderr', /can be told again/, 60_000);
    await site.slurm.ask('scancel', jobId);
    const ended = await waiting.ended(60_000);
    expect(ended.stderr).toMatch(/cancelled/i);
    expect(await status(session)).toMatchObject({ state: 'ended', outcome: 'cancelled' });
  });
});
