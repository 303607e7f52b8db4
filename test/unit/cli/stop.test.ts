/** `start-jupyter stop`, on a cluster of executables. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeCluster, type FakeCluster } from '../launched/fake-cluster.js';
import { fakeHost, outcomeOf } from './host.js';

let cluster: FakeCluster;

beforeEach(async () => {
  cluster = await fakeCluster();
});

afterEach(() => cluster.remove());

const stop = (args: string[], env: Record<string, string> = {}) =>
  outcomeOf(['stop', ...args], fakeHost({ env: { ...cluster.env, ...env } }));

const cancelled = async () => (await cluster.calls('scancel')).map(({ args }) => args);

describe.skipIf(process.platform === 'win32')('start-jupyter stop', () => {
  it('cancels what waits and what runs, looks with one question, and removes the secrets', async () => {
    const waits = await cluster.add({ jobId: '11', state: 'PENDING' });
    const runs = await cluster.add({ jobId: '12', state: 'RUNNING', record: { name: 'wise-apple-photo' } });
    const { status, stdout, stderr } = await stop(['11', 'wise-apple']);
    expect(stdout).toBe('Stopped 11.\nStopped 12 (wise-apple-photo).\n');
    expect(stderr).toBe('Waiting until all 2 are over ...\n');
    expect(status).toBe(0);
    expect(await cancelled()).toEqual([['11'], ['12']]);
    // Before, and when they are over.
    const asked = await cluster.calls('squeue');
    expect(asked).toHaveLength(2);
    expect(asked[0]?.args).toContain('11,12');
    for (const directory of [waits, runs]) {
      expect(existsSync(join(directory, 'token'))).toBe(false);
      const end = JSON.parse(await readFile(join(directory, 'end.json'), 'utf8')) as object;
      expect(end).toMatchObject({ outcome: 'cancelled' });
    }
  });

  it('knows how it ended, also where the scheduler forgets a job that is cancelled', async () => {
    const host = hostname();
    const directory = await cluster.add({ jobId: '11', state: 'PENDING', record: { host } });
    await cluster.replace('hostname', `echo ${host}`);
    await cluster.replace('scancel', `/bin/rm '${cluster.home}/jobs/11'`);
    expect(await stop([])).toMatchObject({ status: 0, stdout: 'Stopped 11.\n' });
    const end = JSON.parse(await readFile(join(directory, 'end.json'), 'utf8')) as object;
    expect(end).toMatchObject({ outcome: 'cancelled', cause: 'It was cancelled.' });
  });

  it('takes the one that there is, and leaves those alone that are over', async () => {
    await cluster.add({ jobId: '11', state: 'COMPLETED' });
    await cluster.add({ jobId: '12', state: 'RUNNING' });
    await cluster.add({ jobId: '13', end: { cause: 'Its time was up.', outcome: 'timed-out' } });
    expect(await stop([])).toMatchObject({ status: 0, stdout: 'Stopped 12.\n' });
    expect(await stop([])).toMatchObject({
      status: 0,
      stdout: '13 was over already. Its time was up.\n',
    });
    expect(await cancelled()).toEqual([['12']]);
  });

  it('does not guess between several', async () => {
    await cluster.add({ jobId: '11', state: 'PENDING' });
    await cluster.add({ jobId: '12', state: 'RUNNING' });
    const { status, stderr } = await stop([]);
    expect(status).toBe(2);
    expect(stderr).toContain('  | 12  launched');
    expect(stderr).toContain('  | 11  launched');
    expect(await cancelled()).toEqual([]);
  });

  it('asks on a terminal which of several is meant', async () => {
    await cluster.add({ jobId: '11', state: 'PENDING' });
    await cluster.add({ jobId: '12', state: 'RUNNING' });
    const host = fakeHost({ env: { ...cluster.env, TERM: 'dumb' }, terminal: true });
    const ended = outcomeOf(['stop'], host);
    while (!host.stderr.text.includes('1')) await new Promise((resolve) => setTimeout(resolve, 10));
    host.stdin.write('2\n');
    expect(await ended).toMatchObject({ status: 0, stdout: 'Stopped 11.\n' });
    expect(await cancelled()).toEqual([['11']]);
  });

  it('stops nothing where one of the names is wrong', async () => {
    await cluster.add({ jobId: '11', state: 'PENDING' });
    const { status, stderr } = await stop(['11', 'no-such']);
    expect(status).toBe(2);
    expect(stderr).toContain('You have no session "no-such".');
    expect(await cancelled()).toEqual([]);
  });

  it('stops all that wait or run when that is said, and by no variable', async () => {
    await cluster.add({ jobId: '11', state: 'PENDING' });
    await cluster.add({ jobId: '12', state: 'RUNNING' });
    await cluster.add({ jobId: '13', end: {} });
    expect((await stop([], { START_JUPYTER_ALL: '1' })).status).toBe(2);
    expect(await cancelled()).toEqual([]);
    expect(await stop(['--all'])).toMatchObject({ status: 0, stdout: 'Stopped 12.\nStopped 11.\n' });
    expect(await stop(['--all'])).toEqual({
      status: 0,
      stdout: '',
      stderr: 'None of your sessions waits or runs.\n',
    });
    expect((await stop(['--all', '13'])).stderr).toContain('--all is given as well');
  });

  it('leaves alone what nobody can tell of, says so, and goes on with the others', async () => {
    const ours = await cluster.add({ jobId: '11', state: 'RUNNING', record: { jobName: 'sj-other' } });
    await cluster.add({ jobId: '12', state: 'RUNNING' });
    const { status, stdout, stderr } = await stop(['--all']);
    expect(status).toBe(6);
    expect(stdout).toBe('Stopped 12.\n');
    expect(stderr).toContain('Warning: 11 was left alone, because it cannot be told whether it runs: 11 is');
    expect(await cancelled()).toEqual([['12']]);
    expect(existsSync(join(ours, 'token'))).toBe(true);
  });

  it('names one that the scheduler does not cancel, and tears nothing of it down', async () => {
    const directory = await cluster.add({ jobId: '11', state: 'RUNNING' });
    await cluster.add({ jobId: '12', state: 'RUNNING' });
    await cluster.replace(
      'scancel',
      `[ "$1" = 12 ] && { echo CANCELLED >'${cluster.home}/jobs/12'; exit; }
echo 'scancel: error: Access denied' >&2; exit 1`,
    );
    const { status, stdout, stderr } = await stop(['--all']);
    expect(status).toBe(6);
    expect(stdout).toBe('Stopped 12.\n');
    expect(stderr).toContain('11 could not be stopped, and may still run: ');
    expect(stderr).toContain('Access denied');
    expect(stderr).toContain('Try again: scancel 11');
    expect(existsSync(join(directory, 'token'))).toBe(true);
    expect(existsSync(join(directory, 'end.json'))).toBe(false);
  });

  it('tells nothing of a scheduler that cannot be asked, but that', async () => {
    const directory = await cluster.add({ jobId: '11', state: 'RUNNING' });
    await cluster.replace(
      'squeue',
      `echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1`,
    );
    const { status, stderr } = await stop(['11']);
    expect(status).toBe(6);
    expect(stderr).toContain('Unable to contact slurm controller');
    expect(await cancelled()).toEqual([]);
    expect(existsSync(join(directory, 'token'))).toBe(true);
  });

  it('stops waiting at Ctrl-C, and says that it is being stopped', async () => {
    await cluster.add({ jobId: '11', state: 'RUNNING' });
    await cluster.replace('scancel', ':');
    const host = fakeHost({ env: cluster.env });
    const ended = outcomeOf(['stop', '11'], host);
    while (!host.stderr.text.includes('Waiting')) await new Promise((resolve) => setTimeout(resolve, 10));
    host.interrupt();
    expect(await ended).toMatchObject({
      status: 130,
      stdout: '11 is being stopped, and its job is not over yet. To look: start-jupyter status 11\n',
    });
  });

  it('leaves a session of another machine to that machine', async () => {
    await cluster.add({
      jobId: 'local-1-1',
      record: { scheduler: 'local', host: 'laptop.example.org', name: 'wise-apple-photo' },
    });
    const { status, stdout } = await stop([]);
    expect(status).toBe(2);
    expect(stdout).toBe(
      'local-1 (wise-apple-photo) runs on laptop.example.org itself. There Ctrl-C ends it, or: start-jupyter stop local-1\n',
    );
  });

  it('says all of it to programs in one object', async () => {
    await cluster.add({ jobId: '11', state: 'RUNNING' });
    await cluster.add({ jobId: '12', end: {} });
    const { status, stdout, stderr } = await stop(['--json', '11', '12']);
    expect(status).toBe(0);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      sessions: [
        { jobId: '11', name: null, result: 'stopped', message: 'Stopped 11.' },
        { jobId: '12', result: 'over' },
      ],
    });
  });
});
