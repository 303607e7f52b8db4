/** `start-jupyter clean`, on a cluster of executables. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeCluster, type FakeCluster } from '../launched/fake-cluster.js';
import { fakeHost, outcomeOf } from './host.js';

let cluster: FakeCluster;

beforeEach(async () => {
  cluster = await fakeCluster();
});

afterEach(() => cluster.remove());

const DAY_MS = 24 * 60 * 60 * 1000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);
const ended = (days: number) => ({ endedAt: daysAgo(days).toISOString() });

const clean = (args: string[] = [], env: Record<string, string> = {}) =>
  outcomeOf(['clean', ...args], fakeHost({ env: { ...cluster.env, ...env } }));

/** Everything in it, too. */
function age(directory: string, days: number): void {
  const time = daysAgo(days);
  for (const name of readdirSync(directory)) utimesSync(join(directory, name), time, time);
  utimesSync(directory, time, time);
}

/** A folder in that of the sessions. */
function folder(name: string, days: number, files: Record<string, string> = {}): string {
  const path = join(cluster.sessions, name);
  mkdirSync(path, { mode: 0o700 });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  age(path, days);
  return path;
}

const left = () => readdirSync(cluster.sessions).sort();

describe.skipIf(process.platform === 'win32')('start-jupyter clean', () => {
  it('removes what ended more than a month ago, and nothing else', async () => {
    const old = await cluster.add({ jobId: '11', end: ended(31) });
    const lately = await cluster.add({ jobId: '12', end: ended(29) });
    const waits = await cluster.add({ jobId: '13', state: 'PENDING' });
    const runs = await cluster.add({ jobId: '14', state: 'RUNNING' });
    for (const directory of [waits, runs]) age(directory, 400);
    const { status, stdout, stderr } = await clean();
    expect(status).toBe(0);
    const date = daysAgo(31).toISOString().slice(0, 10);
    expect(stdout).toMatch(
      new RegExp(
        `^Removed what was left of one session, [\\d.]+ kB:\\n  11, ended on ${date}: [\\d.]+ kB\\n$`,
      ),
    );
    expect(stderr).toBe(
      '2 stay: they wait or run.\n1 stays: ended less than a month ago (--all removes them, too).\n',
    );
    expect(left()).toEqual([lately, waits, runs].map((path) => basename(path)));
    expect(existsSync(old)).toBe(false);
    expect(await cluster.calls('squeue')).toHaveLength(1);
  });

  it('removes all that have ended when that is said, and by no variable', async () => {
    await cluster.add({ jobId: '11', end: ended(1) });
    await cluster.add({ jobId: '12', state: 'COMPLETED' });
    const runs = await cluster.add({ jobId: '13', state: 'RUNNING' });
    expect((await clean([], { START_JUPYTER_ALL: '1' })).stdout).toBe('There was nothing to remove.\n');
    expect((await clean(['--all'])).stdout).toContain('Removed what was left of 2 sessions, ');
    expect(left()).toEqual([basename(runs)]);
  });

  it('lets those stay of which nobody can tell whether they have ended', async () => {
    await cluster.add({ jobId: '11', state: 'COMPLETED', files: { outcome: 'completed\n' } });
    await cluster.add({ jobId: '12', state: 'COMPLETED' });
    await cluster.add({ record: { jobName: 'sj-x' } });
    await cluster.replace('squeue', `echo 'Unable to contact slurm controller' >&2; exit 1`);
    const before = left();
    const { status, stdout, stderr } = await clean(['--all']);
    expect(status).toBe(0);
    expect(stdout).toBe('There was nothing to remove.\n');
    expect(left()).toEqual(before);
    expect(stderr).toContain('12 stays, because nobody can say now whether it has ended: ');
    expect(stderr).toContain('Unable to contact slurm controller');
    expect(stderr.match(/stays, because/g)).toHaveLength(3);
  });

  it('says beforehand what it would remove', async () => {
    await cluster.add({ jobId: '11', end: ended(31) });
    const before = left();
    expect((await clean(['--dry-run'])).stdout).toMatch(
      /^Would remove what is left of one session, .*\n {2}11, /,
    );
    expect((await clean([], { START_JUPYTER_DRY_RUN: '1' })).stdout).toContain('Would remove');
    expect(left()).toEqual(before);
  });

  it('removes what a launch left that was cut off, after a day', async () => {
    folder('.staging-20260101-000000-0123456789-abcdef', 2, { 'batch.sh': '' });
    folder('.staging-20260101-000000-0123456789-fedcba', 0.5);
    const fresh = folder('.staging-20260101-000000-0123456789-aaaaaa', 2);
    // Still being written into.
    writeFileSync(join(fresh, 'job.log'), '');
    utimesSync(fresh, daysAgo(2), daysAgo(2));
    expect((await clean()).stdout).toContain('left over from a launch that was cut off');
    expect(left()).toEqual([
      '.staging-20260101-000000-0123456789-aaaaaa',
      '.staging-20260101-000000-0123456789-fedcba',
    ]);
  });

  it('removes damaged records with --all alone, old ones of which nothing can run', async () => {
    const broken = { 'session.json': '{"ver' };
    const waiting = folder('20250101-000000-0000000001', 400, { ...broken, token: 'x' });
    const over = folder('20250101-000000-0000000002', 31, { ...broken, token: 'x', outcome: 'completed' });
    const tokenless = folder('20250101-000000-0000000003', 31, broken);
    const lately = folder('20250101-000000-0000000004', 29, broken);
    const notOurs = folder('my-backup', 400, { 'thesis.tex': 'years of work' });
    expect((await clean()).stderr).toContain('5 stay with a damaged record (--all removes');
    const { stdout, stderr } = await clean(['--all']);
    expect(stdout).toContain(`  ${basename(over)}, its record is damaged and nothing runs there: `);
    expect(stderr).toContain('3 stay with a damaged record: ');
    expect(left()).toEqual([waiting, lately, notOurs].map((path) => basename(path)));
    expect(existsSync(tokenless)).toBe(false);
  });

  it('removes links, and nothing that they lead to', async () => {
    const precious = join(cluster.home, 'precious');
    mkdirSync(precious);
    writeFileSync(join(precious, 'thesis.tex'), 'years of work');
    const old = await cluster.add({ jobId: '11', end: ended(31) });
    symlinkSync(precious, join(old, 'link'));
    symlinkSync(precious, join(cluster.sessions, '20250101-000000-0000000009'));
    symlinkSync(precious, join(cluster.sessions, '.staging-x'));
    await clean(['--all']);
    expect(existsSync(old)).toBe(false);
    expect(readdirSync(precious)).toEqual(['thesis.tex']);
    expect(left()).toEqual(['.staging-x', '20250101-000000-0000000009']);
  });

  it('leaves everything alone where others may change things', async () => {
    await cluster.add({ jobId: '11', end: ended(31) });
    chmodSync(cluster.sessions, 0o777);
    const { status, stderr } = await clean();
    expect(status).toBe(4);
    expect(stderr).toContain('can be changed by everybody');
    expect(left()).toHaveLength(1);
  });

  it('leaves the environments that were built alone', async () => {
    const conda = join(cluster.home, '.local/state/start-jupyter/conda');
    mkdirSync(join(conda, 'old'), { recursive: true });
    age(conda, 400);
    expect((await clean(['--all'])).stdout).toBe('There was nothing to remove.\n');
    expect(readdirSync(conda)).toEqual(['old']);
  });

  it('has nothing to do where nothing was ever launched', async () => {
    expect(await clean([], { XDG_STATE_HOME: join(cluster.home, 'none') })).toEqual({
      status: 0,
      stdout: 'There was nothing to remove.\n',
      stderr: '',
    });
  });

  it('says all of it to programs in one object', async () => {
    const old = await cluster.add({ jobId: '11', end: ended(31) });
    await cluster.add({ jobId: '12', state: 'RUNNING' });
    const { stdout, stderr } = await clean(['--json']);
    expect(stderr).toBe('');
    const said = JSON.parse(stdout) as { removed: { bytes: number }[] };
    expect(said).toMatchObject({
      version: 1,
      dryRun: false,
      removed: [{ kind: 'session', directory: old, id: basename(old), jobId: '11' }],
      failed: [],
      stay: { live: 1, recent: 0, damaged: 0, unknown: 0 },
    });
    expect(said.removed[0]?.bytes).toBeGreaterThan(0);
  });
});
