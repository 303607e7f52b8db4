import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeCluster, type FakeCluster } from '../launched/fake-cluster.js';
import { fakeHost, outcomeOf, type FakeHost, type Outcome } from './host.js';

let cluster: FakeCluster;

beforeEach(async () => {
  cluster = await fakeCluster();
});

afterEach(() => cluster.remove());

const run = (...args: string[]): Promise<Outcome> => outcomeOf(args, fakeHost({ env: cluster.env }));
const json = async (...args: string[]): Promise<unknown> => JSON.parse((await run(...args, '--json')).stdout);
const ago = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();
const named = (name: string) => ({
  name,
  url: `https://${name}.jupyter.example.org/`,
  endpoint: 'jupyter.example.org:443',
  protocol: 'v1' as const,
  connect: 'proxy' as const,
});
const READY = { 'ready.json': '{"node":"n1"}', token: 'the-token' };

describe.skipIf(process.platform === 'win32')('start-jupyter list', () => {
  it('says how to start one where there is none', async () => {
    expect(await run('list')).toEqual({
      status: 0,
      stdout: '',
      stderr: 'You have no sessions. Start one: start-jupyter (its options: start-jupyter --help).\n',
    });
    expect(await json('list')).toEqual({ version: 1, sessions: [] });
    expect(await cluster.calls('squeue')).toEqual([]);
  });

  it('shows those that wait or run, and those that ended within a day', async () => {
    const today = { createdAt: ago(0) };
    await cluster.add({
      jobId: '4711',
      state: 'PENDING',
      record: { ...named('wise-apple-photo'), ...today },
    });
    await cluster.add({ jobId: '4712', state: 'RUNNING', record: { connect: 'ssh', ...today } });
    await cluster.add({ jobId: '4713', record: named('calm-river-stone'), end: { endedAt: ago(2) } });
    await cluster.add({ jobId: '4714', record: named('dark-river-stone'), end: { endedAt: ago(40) } });
    const { status, stdout, stderr } = await run('list');
    expect(status).toBe(0);
    const lines = stdout.split('\n').map((line) => line.replace(/\d\d:\d\d/g, 'TIME').replace(/  +/g, '  '));
    expect(lines.filter((line) => line !== '')).toEqual([
      'JOB  STATE  NODE  LAUNCHED  NAME',
      '4712  starting  n1  today TIME  (by ssh)',
      '4711  queued  today TIME  wise-apple-photo',
      'Ended since yesterday:',
      'JOB  HOW IT ENDED  WHEN  LAUNCHED  NAME',
      expect.stringMatching(/^4713 {2}cancelled {2}\S+ TIME {2}.* TIME {2}calm-river-stone$/),
    ]);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(stderr).toBe('\n4711 waits: Other jobs are ahead of it. Its turn comes by itself.\n');
    expect((await run('list', '--all')).stdout).toContain('dark-river-stone');
  });

  it('leaves out when they were launched where a terminal has no room for it', async () => {
    await cluster.add({ jobId: '4711', state: 'RUNNING', record: named('wise-apple-photo'), files: READY });
    await cluster.add({ jobId: '4713', record: named('calm-river-stone'), end: { endedAt: ago(2) } });
    const shown = async (columns: number): Promise<string> => {
      const host = fakeHost({ env: { ...cluster.env, TERM: 'dumb' }, terminal: true });
      host.stdout.columns = columns;
      return (await outcomeOf(['list'], host)).stdout;
    };
    expect(await shown(80)).toMatch(/LAUNCHED[^]*LAUNCHED/);
    const narrow = await shown(56);
    expect(narrow).toMatch(/WHEN +NAME/);
    expect(narrow).toContain('calm-river-stone');
    for (const line of narrow.split('\n')) expect(line.length).toBeLessThanOrEqual(56);
  });

  it('tells that there are earlier ones', async () => {
    await cluster.add({ jobId: '4714', end: { endedAt: ago(40) } });
    expect((await run('list')).stderr).toBe(
      `No session of yours waits or runs. Start one: start-jupyter (its options: start-jupyter --help).
One that ended earlier: start-jupyter list --all.
`,
    );
  });

  it('gives them to programs as one object, without a secret', async () => {
    const record = { ...named('wise-apple-photo'), createdAt: '2026-01-01T00:00:01.000Z' };
    const directory = await cluster.add({ jobId: '4711', state: 'RUNNING', record, files: READY });
    const { stdout, stderr } = await run('list', '--json');
    expect(stderr).toBe('');
    expect(stdout).not.toContain('the-token');
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      sessions: [
        {
          id: expect.any(String) as string,
          state: 'ready',
          node: 'n1',
          warned: false,
          jobId: '4711',
          name: 'wise-apple-photo',
          url: 'https://wise-apple-photo.jupyter.example.org/',
          connect: 'proxy',
          system: 'hpc',
          scheduler: 'slurm',
          host: 'login1.example.org',
          server: 'notebook',
          rootDir: cluster.home,
          walltimeMinutes: 30,
          launchedAt: '2026-01-01T00:00:01.000Z',
          directory,
          log: join(directory, 'job.log'),
        },
      ],
    });
  });

  it('names what it cannot read, and shows the others', async () => {
    await cluster.add({ jobId: '4711', state: 'RUNNING' });
    mkdirSync(join(cluster.sessions, 'broken'));
    const path = join(cluster.sessions, 'broken', 'session.json');
    writeFileSync(path, '{"version":');
    await cluster.add({
      jobId: '4712',
      state: 'RUNNING',
      record: { version: 2 as 1, launcherVersion: '9.0.0' },
    });
    const { status, stdout, stderr } = await run('list');
    expect(status).toBe(0);
    expect(stdout).toContain('4711');
    expect(stdout).toContain('4712');
    expect(stderr).toContain(
      `Warning: The record of a session cannot be used, ${path}: it is cut off or damaged.`,
    );
    expect(stderr).toMatch(/Warning: Session \S+ was made by a newer start-jupyter \(9\.0\.0\)/);
    expect(await json('list')).toMatchObject({
      sessions: [{}, {}],
      warnings: [{}, {}].map(() => expect.any(String) as string),
    });
  });

  it('says once what cannot be told, and ends well', async () => {
    for (const jobId of ['1', '2', '3', '4']) await cluster.add({ jobId, state: 'RUNNING' });
    await cluster.replace('squeue', 'echo "Unable to contact slurm controller" >&2; exit 1');
    const { status, stdout, stderr } = await run('list');
    expect(status).toBe(0);
    expect(stdout.match(/unknown/g)).toHaveLength(4);
    expect(stderr).toBe(
      'Warning: How 4 sessions are cannot be told now: Unable to contact slurm controller.\n',
    );
  });

  it('shows what others may have written as it is, and does nothing of it', async () => {
    await cluster.add({ jobId: '1', state: 'RUNNING', record: { rootDir: '/home/\u001b[31mred' } });
    await cluster.replace(
      'squeue',
      String.raw`printf '1\x1fRUNNING\x1f\x1f\033[2Jn1\x1fN/A\x1fN/A\x1fsj-1\n'`,
    );
    for (const command of ['list', 'status']) {
      const { stdout } = await run(command);
      expect(stdout).not.toContain('\u001b');
      expect(stdout).toContain(String.raw`\x1b[2Jn1`);
    }
  });

  it('asks for nothing that it does not need', async () => {
    await cluster.add({ jobId: '4711', state: 'RUNNING', record: named('wise-apple-photo'), files: READY });
    await run('list');
    expect(await cluster.calls('squeue')).toHaveLength(1);
    for (const program of ['sacct', 'hostname', 'scancel']) expect(await cluster.calls(program)).toEqual([]);
  });

  it('says where the home is gone', async () => {
    const env = { ...cluster.env, HOME: join(cluster.home, 'gone') };
    const { status, stderr } = await outcomeOf(['list'], fakeHost({ env }));
    expect(status).toBe(4);
    expect(stderr).toMatch(
      /^start-jupyter: Your home directory .*gone" is not there \(ENOENT\)\.\nYour sessions/,
    );
  });
});

describe.skipIf(process.platform === 'win32')('start-jupyter status', () => {
  it('tells of one that is ready', async () => {
    const directory = await cluster.add({
      jobId: '4711',
      state: 'RUNNING',
      record: { ...named('wise-apple-photo'), createdAt: ago(0) },
      files: { ...READY, warning: new Date(Date.now() + 270_000).toISOString() },
    });
    const { status, stdout, stderr } = await run('status', '4711');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.replace(/\d\d:\d\d/g, 'TIME')).toMatch(
      new RegExp(
        `^Session: {5}wise-apple-photo
Job: {9}4711 \\(hpc\\)
State: {7}ready
Runs on: {5}n1
Time left: {3}4 minutes, until TIME.*
Careful: {5}its time is nearly up: save your work
Address: {5}https://wise-apple-photo.jupyter.example.org/
Log: {9}${directory}/job.log
Launched: {4}TIME.*, on login1.example.org
Shows: {7}Jupyter Notebook, ${cluster.home}

start-jupyter url 4711 {3}the link that opens it
start-jupyter stop 4711 {2}ends it
$`,
      ),
    );
    expect(stdout).not.toContain('the-token');
  });

  it('tells of one that waits, and why', async () => {
    await cluster.add({ jobId: '4711', state: 'PENDING', record: { createdAt: ago(2) } });
    const { stdout } = await run('status');
    expect(stdout).toMatch(/State: +waits in the queue\nWhy: +Other jobs are ahead of it\./);
    expect(stdout).toMatch(/Waited: +2 hours so far\n/);
    expect(stdout).toContain('start-jupyter wait 4711');
  });

  it('tells how one ended, with the end of its log', async () => {
    const log = `${Array.from({ length: 30 }, (_, at) => `line ${at}`).join('\n')}\nred \u001b[31mred\n`;
    await cluster.add({
      jobId: '4711',
      state: 'FAILED',
      files: { 'job.log': log, outcome: 'failed: no Jupyter on this node\nstatus 3\n2026-01-01T01:00:00Z\n' },
    });
    const { status, stdout } = await run('status', '4711');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /State: +has ended\nEnded: +.*\. It failed: no Jupyter on this node\.\nExit status: 3\n/,
    );
    expect(stdout).not.toContain('line 20\n');
    expect(stdout).toContain(`The end of its log:\n  | line 21\n`);
    expect(stdout).toContain(String.raw`  | red \x1b[31mred`);
    expect(stdout).toContain('start-jupyter again 4711');
    expect(await json('status', '4711')).toMatchObject({
      version: 1,
      state: 'ended',
      outcome: 'failed',
      cause: 'It failed: no Jupyter on this node.',
      exitStatus: 3,
      endedAt: '2026-01-01T01:00:00.000Z',
    });
  });

  it('shows nothing of its log where it ended as it was to end', async () => {
    await cluster.add({
      jobId: '4711',
      state: 'TIMEOUT',
      files: { 'job.log': 'line 1\n', outcome: 'stopped: its time was up\n' },
    });
    const { stdout } = await run('status', '4711');
    expect(stdout).toContain('Its time was up.');
    expect(stdout).not.toContain('line 1');
    expect(await json('status', '4711')).toMatchObject({ lastLines: 'line 1' });
  });

  it('does not know what it cannot ask for', async () => {
    await cluster.add({ jobId: '4711', state: 'RUNNING', files: READY });
    await cluster.replace('squeue', 'echo "Socket timed out on send/recv operation" >&2; exit 1');
    const { status, stdout } = await run('status');
    expect(status).toBe(0);
    expect(stdout).toMatch(/State: +cannot be told now\nWhy: +Socket timed out on send\/recv operation\.\n/);
    expect(stdout).toMatch(/But: +It was ready when it could last be told\.\nRuns on: +n1\n/);
  });
});

describe.skipIf(process.platform === 'win32')('start-jupyter url', () => {
  it('prints the link with its token, and nothing else', async () => {
    await cluster.add({ jobId: '4711', state: 'RUNNING', record: named('wise-apple-photo'), files: READY });
    const link = 'https://wise-apple-photo.jupyter.example.org/tree?token=the-token';
    expect(await run('url')).toEqual({ status: 0, stdout: `${link}\n`, stderr: '' });
    expect(await json('url')).toMatchObject({ version: 1, url: link, jobId: '4711', state: 'ready' });
  });

  it('says what has to be known with it', async () => {
    await cluster.add({ jobId: '4711', state: 'PENDING', record: named('wise-apple-photo'), files: READY });
    expect(await run('url')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('still waits') as string,
    });
    await cluster.replace('squeue', 'exit 1');
    const { status, stdout, stderr } = await run('url');
    expect([status, stdout]).toEqual([0, expect.stringContaining('token=the-token')]);
    expect(stderr).toMatch(/^Warning: Whether the session is still there cannot be told now: /);
  });

  it('says how it ended, and how to have it again', async () => {
    await cluster.add({ jobId: '4711', state: 'TIMEOUT', record: named('wise-apple-photo'), files: READY });
    expect(await run('url', '4711')).toEqual({
      status: 2,
      stdout: '',
      stderr: `start-jupyter: This session has ended. Its time was up.
Its link is of no use any more. To start it again: start-jupyter again 4711
`,
    });
  });

  it('gives none that is ending', async () => {
    const files = { ...READY, outcome: 'completed\n' };
    await cluster.add({ jobId: '4711', state: 'RUNNING', record: named('wise-apple-photo'), files });
    const { status, stdout, stderr } = await run('url');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('This session is just ending.');
  });

  it('gives none without its token', async () => {
    const files = { ...READY, token: '' };
    await cluster.add({ jobId: '4711', state: 'RUNNING', record: named('wise-apple-photo'), files });
    expect(await run('url')).toMatchObject({ status: 4, stdout: '' });
  });
});

describe.skipIf(process.platform === 'win32')('which session is meant', () => {
  beforeEach(async () => {
    await cluster.add({ jobId: '471', state: 'RUNNING', record: named('wise-apple-photo') });
    await cluster.add({ jobId: '4711', state: 'RUNNING', record: named('wise-river-stone') });
    await cluster.add({ jobId: '9.server.example.org', record: named('calm-river-stone'), end: {} });
  });

  const chosen = async (...typed: string[]): Promise<unknown> =>
    ((await json('status', ...typed)) as { jobId?: unknown }).jobId;

  it.each([
    ['471', '471'],
    ['4711', '4711'],
    ['wise-a', '471'],
    ['wise-river-stone', '4711'],
    ['https://wise-river-stone.jupyter.example.org/tree?token=x', '4711'],
    ['wise-river-stone.jupyter.example.org', '4711'],
    ['20260101-000001', '471'],
    ['9', '9.server.example.org'],
    ['9.server', '9.server.example.org'],
    ['calm', '9.server.example.org'],
  ])('%s', async (typed, jobId) => {
    expect(await chosen(typed)).toBe(jobId);
  });

  it('is the newest one that lives, without a word', async () => {
    expect(await chosen()).toBe('4711');
    expect(await cluster.calls('squeue')).toHaveLength(2);
  });

  it('is the newest one where none lives', async () => {
    await cluster.setState('471', 'CANCELLED');
    await cluster.setState('4711', 'CANCELLED');
    expect(await chosen()).toBe('9.server.example.org');
  });

  it.each(['wise', 'wise-', '2026'])('may be several by %s', async (typed) => {
    const { status, stderr } = await run('status', typed);
    expect(status).toBe(2);
    expect(stderr).toContain(`Several sessions begin with "${typed}".\n  | `);
    expect(stderr).toMatch(/ {2}\| 4711 {2}wise-river-stone {2}launched /);
  });

  it.each(['47', '4712', 'apple', '.', '/', '$(id)', '\u001b[2J'])('may be none: %j', async (typed) => {
    const { status, stderr } = await run('status', typed);
    expect(status).toBe(2);
    expect(stderr).toContain(typed === '47' ? 'Several sessions' : 'You have no session');
    expect(stderr).not.toContain('\u001b');
  });

  describe('on a terminal', () => {
    let host: FakeHost;
    beforeEach(() => {
      host = fakeHost({ env: { ...cluster.env, TERM: 'dumb' }, terminal: true });
    });

    const asked = async (): Promise<void> => {
      while (!host.stderr.text.includes('A number from 1 to 2')) await new Promise(setImmediate);
    };

    it.each([
      ['2\n', 'wise-apple-photo'],
      ['1\n', 'wise-river-stone'],
      ['\n', 'wise-river-stone'],
      ['3\n0\nwise\n 2 \n', 'wise-apple-photo'],
    ])('%j is chosen by a person', async (typed, name) => {
      const done = outcomeOf(['status'], host);
      await asked();
      host.stdin.write(typed);
      const { status, stdout, stderr } = await done;
      expect(status).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Session: +${name}\n`));
      expect(stderr).toMatch(/^Which session\?\n {3}JOB .*\n1 {2}4711 .*\n2 {2}471 /);
      expect(stderr.match(/That is none of 1 to 2\./g) ?? []).toHaveLength(typed.split('\n').length - 2);
    });

    it('is none after Ctrl-C', async () => {
      const done = outcomeOf(['url'], host);
      await asked();
      host.interrupt();
      expect(await done).toMatchObject({ status: 130, stdout: '' });
    });

    it('is none where the input ends', async () => {
      const done = outcomeOf(['url'], host);
      await asked();
      host.stdin.end();
      expect(await done).toMatchObject({ status: 130, stdout: '' });
    });

    it('is not asked for where only one lives', async () => {
      await cluster.setState('471', 'CANCELLED');
      const { status, stdout } = await outcomeOf(['status'], host);
      expect([status, stdout]).toEqual([0, expect.stringMatching(/wise-river-stone/)]);
    });

    it('is not asked for by programs', async () => {
      expect(await outcomeOf(['status', '--json'], host)).toMatchObject({ status: 0 });
    });
  });
});
