/** `start-jupyter wait`, on a cluster of executables. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeCluster, type FakeCluster } from '../launched/fake-cluster.js';
import { fakeHost, outcomeOf } from './host.js';

let cluster: FakeCluster;

beforeEach(async () => {
  cluster = await fakeCluster();
});

afterEach(() => cluster.remove());

const host = (terminal = false) => fakeHost({ env: cluster.env, terminal });
const wait = (...args: string[]) => outcomeOf(['wait', ...args], host());
const READY = { 'ready.json': '{"node":"n1"}' };

describe.skipIf(process.platform === 'win32')('start-jupyter wait', () => {
  it('says what the session does until it is ready', async () => {
    const directory = await cluster.add({ jobId: '11', state: 'PENDING' });
    const here = host();
    const waiting = outcomeOf(['wait', '11'], here);
    await vi.waitFor(() => expect(here.stderr.text).toContain('waits in the queue'), 5000);
    await cluster.setState('11', 'RUNNING');
    await vi.waitFor(() => expect(here.stderr.text).toContain('has started on n1'), 5000);
    await writeFile(join(directory, 'ready.json'), '{"node":"n1"}');
    expect(await waiting).toEqual({
      status: 0,
      stdout: '',
      stderr: `The job waits in the queue. Other jobs are ahead of it. Its turn comes by itself.
The job has started on n1. Jupyter is starting there.
Your notebook is ready. It runs on n1.
Its link: start-jupyter url 11
`,
    });
  });

  it('that is left goes on: nothing is cancelled', async () => {
    await cluster.add({ jobId: '11', state: 'PENDING' });
    const here = host();
    const waiting = outcomeOf(['wait'], here);
    await vi.waitFor(() => expect(here.stderr.text).toContain('waits in the queue'), 5000);
    here.interrupt();
    here.interrupt();
    const { status, stderr } = await waiting;
    expect([status, stderr]).toEqual([130, expect.stringContaining('No longer waiting. The job goes on.\n')]);
    expect(await cluster.calls('scancel')).toEqual([]);
  });

  it('no longer than its time', async () => {
    await cluster.add({ jobId: '11', state: 'PENDING' });
    const { status, stderr } = await wait('11', '--timeout', '1s');
    expect(status).toBe(8);
    expect(stderr).toContain(
      'start-jupyter: The notebook is not ready after 1 second. The job goes on. The job waits in the queue.',
    );
  });

  it('--json: one object when it is ready, and one when it is not', async () => {
    await cluster.add({ jobId: '11', state: 'RUNNING', files: READY, record: { name: 'wise-apple-photo' } });
    const { status, stdout, stderr } = await wait('wise-apple', '--json');
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ version: 1, jobId: '11', name: 'wise-apple-photo', state: 'ready', node: 'n1', endsAt: null },
    });
    await cluster.setState('11', 'CANCELLED');
    const ended = await wait('11', '--json', '--until', 'ended');
    expect(ended.status).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ version: 1, state: 'ended', outcome: 'cancelled' });
  });

  it('a job that ends instead: its cause, the end of its log, and what to do', async () => {
    const files = {
      'job.log': `${'x\n'.repeat(50)}last \x1b[2Jline\n`,
      outcome: 'failed: no Jupyter there\n',
    };
    const directory = await cluster.add({ jobId: '11', state: 'FAILED', files });
    const { status, stdout, stderr } = await wait();
    expect([status, stdout]).toEqual([7, '']);
    expect(stderr).toBe(`start-jupyter: The session has ended. It failed: no Jupyter there.
${'  | x\n'.repeat(14)}  | last \\x1b[2Jline
The lines above are the end of its log: ${join(directory, 'job.log')}
To start it again: start-jupyter again 11
`);
  });

  it('a job that somebody cancelled: whom to ask, also where its end was waited for', async () => {
    await cluster.add({ jobId: '11', state: 'CANCELLED' });
    const ask =
      /It was cancelled\.\n(Its log is empty: .*\n)?If you did not cancel it yourself, ask your support/;
    expect((await wait()).stderr).toMatch(ask);
    expect((await wait('--until', 'ended')).stderr).toMatch(ask);
  });

  it.each([
    ['FAILED', 7],
    ['OUT_OF_MEMORY', 7],
    ['NODE_FAIL', 7],
    ['PREEMPTED', 7],
    ['COMPLETED', 0],
    ['CANCELLED', 0],
    ['TIMEOUT', 0],
  ])('--until ended, and it is %s: %d', async (state, status) => {
    await cluster.add({ jobId: '11', state });
    expect(await wait('--until', 'ended')).toMatchObject({ status });
  });

  it('--until ended says the end of its time before', async () => {
    const warning = `${new Date(Date.now() + 255_000).toISOString()}\n`;
    await cluster.add({ jobId: '11', state: 'RUNNING', files: { ...READY, warning } });
    const here = host();
    const waiting = outcomeOf(['wait', '--until', 'ended'], here);
    await vi.waitFor(
      () => expect(here.stderr.text).toMatch(/^Warning: The session ends at .*, in about 4 minutes: save/m),
      5000,
    );
    await cluster.setState('11', 'TIMEOUT');
    expect(await waiting).toMatchObject({ status: 0 });
    expect(here.stderr.text).toMatch(/The session has ended\. Its time was up\.\n$/);
  });

  it('who cannot be asked ends nothing', async () => {
    await cluster.add({ jobId: '11', state: 'RUNNING' });
    await cluster.replace('squeue', `echo 'Unable to contact slurm controller' >&2; exit 1`);
    const { status, stderr } = await wait('--timeout', '2s');
    expect(status).toBe(8);
    expect(stderr.match(/cannot be told just now \(Unable to contact slurm controller\)/g)).toHaveLength(1);
    expect(stderr).toContain(
      'After 2 seconds it cannot be told whether the notebook is ready: Unable to contact slurm controller. Its job is left alone.',
    );
    expect(stderr).not.toContain('goes on');
  });

  it.each([
    [['--until', 'soon'], '--until cannot be "soon".'],
    [['--timeout', 'soon'], '--timeout cannot be "soon".'],
  ])('%j is refused', async (args, message) => {
    const { status, stderr } = await wait(...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('a variable is called by its name where it is refused', async () => {
    const env = { ...cluster.env, START_JUPYTER_TIMEOUT: 'soon', START_JUPYTER_LOCAL_PORT: 'any' };
    for (const [command, message] of [
      ['wait', 'START_JUPYTER_TIMEOUT cannot be "soon".'],
      ['connect', 'START_JUPYTER_LOCAL_PORT'],
    ] as const) {
      const { status, stderr } = await outcomeOf([command], fakeHost({ env }));
      expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
    }
  });
});
