/** `start-jupyter connect`, on a cluster of executables. */
import { userInfo } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeCluster, type FakeCluster } from '../launched/fake-cluster.js';
import { fakeHost, outcomeOf } from './host.js';

let cluster: FakeCluster;

beforeEach(async () => {
  cluster = await fakeCluster();
});

afterEach(() => cluster.remove());

const connect = (...args: string[]) => outcomeOf(['connect', ...args], fakeHost({ env: cluster.env }));

const record = { connect: 'ssh', sshHost: 'login.example.org', localPort: 23456 } as const;
const files = {
  'ready.json': JSON.stringify({
    node: 'n1',
    address: '127.0.0.1',
    port: 20001,
    way: 'loopback',
    socket: '',
  }),
};
const command = (port: number) => {
  const { username } = userInfo();
  return `ssh -N -o ExitOnForwardFailure=yes -J ${username}@login.example.org -L 127.0.0.1:${port}:127.0.0.1:20001 ${username}@n1`;
};

describe.skipIf(process.platform === 'win32')('start-jupyter connect', () => {
  it('prints what to type and what to open, and what has to be known for that', async () => {
    await cluster.add({ jobId: '11', state: 'RUNNING', record, files });
    const { status, stdout, stderr } = await connect();
    expect(stdout.split('\n').slice(1, 5)).toEqual([
      command(23456),
      '',
      expect.stringMatching(/browser/),
      'http://localhost:23456/tree?token=secret',
    ]);
    expect(status).toBe(0);
    expect(stderr).toContain('login.example.org, then n1');
    expect(stderr).toContain('start-jupyter connect 11 --local-port 23457');
    expect(stderr).not.toContain('secret');
  });

  it('takes another port of one’s own computer, and prints two lines or an object', async () => {
    await cluster.add({ jobId: '11', state: 'RUNNING', record, files });
    const url = 'http://localhost:9000/tree?token=secret';
    const quiet = await connect('-q', '--local-port', '9000', '11');
    expect(quiet).toMatchObject({ status: 0, stdout: `${command(9000)}\n${url}\n`, stderr: '' });
    const { stdout } = await connect('--json', '--local-port', '9000');
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      jobId: '11',
      connect: { way: 'loopback', command: command(9000), url, localPort: 9000, node: 'n1' },
    });
    expect(await connect('--local-port', '80')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('from 1024 to 65535') as string,
    });
  });

  it('says what the session does where there is no way to it yet', async () => {
    await cluster.add({ jobId: '11', state: 'PENDING', record });
    const queued = await connect();
    expect(queued).toMatchObject({ status: 8, stdout: '' });
    expect(queued.stderr).toContain('waits in the queue');
    expect(queued.stderr).toContain('start-jupyter wait 11');
    await cluster.setState('11', 'RUNNING');
    const starting = await connect();
    expect(starting).toMatchObject({ status: 8, stdout: '' });
    expect(starting.stderr).toContain('being started');
  });

  it('still tells the way while the scheduler cannot be asked', async () => {
    await cluster.add({ jobId: '11', state: 'RUNNING', record, files });
    await cluster.replace(
      'squeue',
      'echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1',
    );
    const { status, stdout, stderr } = await connect();
    expect(stdout).toContain(command(23456));
    expect(stderr).toContain('cannot be told now');
    expect(status).toBe(0);
  });

  it('does not say that it starts where nobody can tell', async () => {
    await cluster.add({ jobId: '11', state: 'RUNNING', record });
    await cluster.replace('squeue', 'echo "Unable to contact slurm controller" >&2; exit 1');
    const { status, stderr } = await connect();
    expect(stderr).toContain(
      'There is no way to it yet. Whether the session is still there cannot be told now',
    );
    expect(stderr).not.toContain('being started');
    expect(status).toBe(8);
  });

  it('says how it ended, and prints no way that leads nowhere', async () => {
    await cluster.add({
      jobId: '11',
      record,
      files,
      end: { cause: 'Its time was up.', outcome: 'timed-out' },
    });
    const { status, stdout, stderr } = await connect();
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Its time was up.');
    expect(stderr).toContain('start-jupyter again 11');
  });

  it('has nothing to say of a session to which a proxy leads, but where its link is', async () => {
    await cluster.add({ jobId: '11', state: 'RUNNING', record: { url: 'https://a.example.org/' } });
    const { status, stdout, stderr } = await connect();
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toContain('start-jupyter url 11');
    const url = 'https://a.example.org/tree?token=secret';
    expect(JSON.parse((await connect('--json')).stdout)).toMatchObject({ version: 1, connect: null, url });
  });
});
