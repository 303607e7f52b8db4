/** `start-jupyter logs` and `open`, on a cluster of executables. */
import { appendFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeCluster, type FakeCluster } from '../launched/fake-cluster.js';
import { fakeHost, outcomeOf } from './host.js';

let cluster: FakeCluster;

beforeEach(async () => {
  cluster = await fakeCluster();
});

afterEach(() => cluster.remove());

const host = (terminal = false, env: NodeJS.ProcessEnv = {}) =>
  fakeHost({ env: { ...cluster.env, ...env }, terminal });
const logs = (args: string[], here = host()) => outcomeOf(['logs', ...args], here);
const lines = (count: number) => Array.from({ length: count }, (_, at) => `line ${at + 1}\n`).join('');

describe.skipIf(process.platform === 'win32')('start-jupyter logs', () => {
  it('prints the last hundred lines, or as many as are asked for, and asks no scheduler', async () => {
    await cluster.add({ jobId: '11', files: { 'job.log': lines(300) } });
    expect((await logs([])).stdout).toMatch(/^line 201\n(line \d+\n){98}line 300\n$/);
    expect((await logs(['11', '-n', '2'])).stdout).toBe('line 299\nline 300\n');
    expect((await logs(['-n', 'all'])).stdout).toBe(lines(300));
    expect(await cluster.calls('squeue')).toEqual([]);
  });

  it('into a pipe as it is, on a terminal so that it drives nothing', async () => {
    await cluster.add({ jobId: '11', files: { 'job.log': '\x1b[32mgreen\x1b[0m\x1b]0;title\x07' } });
    expect((await logs([])).stdout).toBe('\x1b[32mgreen\x1b[0m\x1b]0;title\x07');
    expect((await logs([], host(true))).stdout).toBe('green\\x1b]0;title\\x07');
  });

  it('says when there is nothing in it', async () => {
    const directory = await cluster.add({ jobId: '11', files: { 'job.log': '' } });
    const { status, stdout, stderr } = await logs([]);
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toContain(`Its log is empty: ${join(directory, 'job.log')}\n`);
  });

  it('-f goes on as it grows and is cut, and says how the session has ended', async () => {
    const directory = await cluster.add({ jobId: '11', state: 'RUNNING' });
    const log = join(directory, 'job.log');
    const here = host();
    const following = logs(['-f'], here);
    await vi.waitFor(async () => expect((await cluster.calls('squeue')).length).toBeGreaterThan(0), 5000);
    await appendFile(log, 'first, and long enough\n');
    await vi.waitFor(() => expect(here.stdout.text).toBe('first, and long enough\n'), 5000);
    await truncate(log, 0);
    await appendFile(log, 'anew\n');
    await vi.waitFor(() => expect(here.stdout.text).toBe('first, and long enough\nanew\n'), 5000);
    await appendFile(log, 'last');
    await cluster.setState('11', 'CANCELLED');
    const { status, stdout, stderr } = await following;
    expect([status, stdout]).toEqual([0, 'first, and long enough\nanew\nlast']);
    expect(stderr).toBe('The log begins anew:\nThe session has ended. It was cancelled.\n');
  });

  it('-f is left by Ctrl-C, which is no error', async () => {
    await cluster.add({ jobId: '11', state: 'RUNNING', files: { 'job.log': 'one\n' } });
    const here = host();
    const following = logs(['-f'], here);
    await vi.waitFor(() => expect(here.stdout.text).toBe('one\n'), 5000);
    here.interrupt();
    expect(await following).toEqual({ status: 0, stdout: 'one\n', stderr: '' });
  });

  it('a reader that has enough is no error, and ends -f', async () => {
    await cluster.add({ jobId: '11', state: 'RUNNING', files: { 'job.log': 'one\n' } });
    for (const args of [[], ['-f']]) {
      const here = host();
      here.stdout.write = ((_text: unknown, done: (error: Error) => void) => {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
        return false;
      }) as typeof here.stdout.write;
      expect(await logs(args, here)).toMatchObject({ status: 0, stderr: '' });
    }
  });

  it('what cannot be written for another reason is one', async () => {
    await cluster.add({ jobId: '11', files: { 'job.log': 'one\n' } });
    const here = host();
    here.stdout.write = ((_text: unknown, done: (error: Error) => void) => {
      done(Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' }));
      return false;
    }) as typeof here.stdout.write;
    expect(await logs([], here)).toMatchObject({ status: 1 });
  });

  it.each(['-1', 'many', '1.5', '9'.repeat(20)])('-n %s is refused', async (count) => {
    const { status, stderr } = await logs([`--lines=${count}`]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(`--lines cannot be "${count}".`)]);
  });
});

const URL = 'https://wise-apple-photo.example.org/';
const BROWSER = { DISPLAY: ':0', BROWSER: 'fox' };

describe.skipIf(process.platform === 'win32')('start-jupyter open', () => {
  const record = { name: 'wise-apple-photo', url: URL, protocol: 'v1' } as const;
  const open = (env: NodeJS.ProcessEnv = BROWSER) => outcomeOf(['open'], host(false, env));

  it('opens what is ready, and what waits where a page waits with it', async () => {
    await cluster.replace('fox', 'exit 0');
    await cluster.add({ jobId: '11', state: 'PENDING', record });
    expect(await open()).toEqual({
      status: 0,
      stdout: '',
      stderr: 'Opened in your browser. The page opens the notebook by itself once the job has started.\n',
    });
    await cluster.setState('11', 'RUNNING');
  });

  it('says so where nothing can be opened yet, any more, or here', async () => {
    await cluster.replace('fox', 'exit 0');
    await cluster.add({ jobId: '11', state: 'PENDING', record: { ...record, protocol: 'classic' } });
    const waiting = await open();
    expect([waiting.status, waiting.stderr]).toEqual([4, expect.stringContaining('not ready yet')]);
    const without = await open({});
    expect(without.status).toBe(4);
    await cluster.setState('11', 'CANCELLED');
    const ended = await open();
    expect([ended.status, ended.stderr]).toEqual([2, expect.stringContaining('start-jupyter again 11')]);
    await cluster.add({ jobId: '12', state: 'RUNNING', record: { connect: 'ssh' } });
    const ssh = await open();
    expect([ssh.status, ssh.stderr]).toEqual([4, expect.stringContaining('start-jupyter connect 12')]);
    expect(await cluster.calls('fox')).toEqual([]);
  });
});
