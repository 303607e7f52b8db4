import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LaunchContext } from '../../../src/launch/context.js';
import { knownSessions } from '../../../src/launched/known-sessions.js';
import { lookAt, type LookWays } from '../../../src/launched/look.js';
import { recordEnd } from '../../../src/launched/record-end.js';
import type { Sight } from '../../../src/launched/sight.js';
import { sameSite } from '../../../src/launched/this-machine.js';
import { fullHostName } from '../../../src/platform/host-name.js';
import type { SessionEnd, SessionRecord } from '../../../src/session/record.js';
import { closedPort, tlsServer } from '../platform/tls-server.js';
import { fakeCluster, type FakeCluster } from './fake-cluster.js';

const SECRET_FILES = ['token', 'redeem.secret', 'key.pem', 'jupyter_config.json', 'open.html'];
const SECRETS = Object.fromEntries(SECRET_FILES.map((name) => [name, 'a secret']));
const ENDED_AT = '2026-03-04T12:00:00.000Z';
const READY = { 'ready.json': '{"node":"n7","port":1}' };

let cluster: FakeCluster;
let host: string;

beforeEach(async () => {
  cluster = await fakeCluster();
  host = await fullHostName(cluster.env);
});

afterEach(() => cluster.remove());

/** By job id, else by session id. */
async function look(ways: LookWays = {}): Promise<Record<string, Sight>> {
  const seen = await lookAtAll(ways);
  return Object.fromEntries(seen.map(({ record, sight }) => [record.jobId ?? record.id, sight]));
}

/** The newest first. */
async function lookInOrder(): Promise<Sight[]> {
  return (await lookAtAll({})).map(({ sight }) => sight);
}

async function lookAtAll(ways: LookWays): Promise<{ record: SessionRecord; sight: Sight }[]> {
  const context: LaunchContext = {
    env: cluster.env,
    cwd: cluster.home,
    platform: process.platform,
    packageFolder: cluster.home,
    progress: { doing: nothing, fact: nothing, say: nothing, warn: nothing },
    signal: new AbortController().signal,
    now: () => new Date('2026-03-04T12:00:00.000Z'),
    random: (bytes) => Buffer.alloc(bytes),
    umask: 0o022,
  };
  const { sessions } = await knownSessions(context);
  const sights = await lookAt(context, sessions, ways);
  return sessions.map(({ record }) => ({ record, sight: sights.get(record.id)! }));
}

const nothing = (): void => undefined;
const squeues = async () => (await cluster.calls('squeue')).length;

describe.skipIf(process.platform === 'win32')('looking at sessions', () => {
  it('asks the scheduler once for all of them, and not for those that have ended', async () => {
    for (let at = 0; at < 50; at += 1) {
      const ended = at % 5 === 0 ? { end: {} } : {};
      await cluster.add({ jobId: String(100 + at), state: at % 2 ? 'RUNNING' : 'PENDING', ...ended });
    }
    const sights = await look();
    expect(Object.values(sights).filter(({ phase }) => phase === 'queued')).toHaveLength(20);
    expect(Object.values(sights).filter(({ phase }) => phase === 'starting')).toHaveLength(20);
    const calls = await cluster.calls('squeue');
    expect(calls).toHaveLength(1);
    const asked = calls[0]!.args[calls[0]!.args.indexOf('-j') + 1]!.split(',');
    expect(asked).toHaveLength(40);
    expect(asked).not.toContain('105');
    expect(await cluster.calls('sacct')).toHaveLength(0);
  });

  it('asks alone for a few that failed, with which status', async () => {
    for (let at = 0; at < 20; at += 1) await cluster.add({ jobId: String(100 + at), state: 'FAILED' });
    await cluster.add({ jobId: '99', state: 'FAILED', files: { outcome: 'failed: x\nstatus 1\n' } });
    await cluster.replace('scontrol', 'echo "JobId=1 JobState=FAILED ExitCode=3:0"');
    const sights = Object.values(await look());
    const status = (wanted: number) =>
      sights.filter((sight) => sight.phase === 'ended' && sight.end.exitStatus === wanted).length;
    expect([status(3), status(1)]).toEqual([5, 1]);
    expect(await squeues()).toBe(6);
  });

  it('asks nobody where all have ended', async () => {
    await cluster.add({ jobId: '1', end: {} });
    expect(await look()).toMatchObject({ 1: { phase: 'ended', end: { outcome: 'cancelled' } } });
    expect(await squeues()).toBe(0);
  });

  it('asks each cluster for its own', async () => {
    await cluster.add({ jobId: '1', state: 'RUNNING' });
    await cluster.add({ jobId: '2', state: 'RUNNING', record: { cluster: 'far' } });
    await look();
    const asked = (await cluster.calls('squeue')).map(({ args }) => args.join(' '));
    expect(asked.sort()).toEqual(
      [expect.stringContaining('-M far -j 2 '), expect.stringContaining('-j 1 ')].sort() as unknown[],
    );
    expect(asked).toHaveLength(2);
  });

  it('takes an older session of the same number for another one', async () => {
    const old = await cluster.add({ jobId: '7', record: { jobName: 'sj-old' }, files: SECRETS });
    await cluster.add({ jobId: '7', state: 'RUNNING' });
    await cluster.add({ jobId: '7', record: { jobName: 'sj-older', createdAt: '2025-01-01T00:00:00.000Z' } });
    const states = await lookInOrder();
    expect(states.map(({ phase }) => phase)).toEqual(['starting', 'unknown', 'unknown']);
    expect(existsSync(join(old, 'token'))).toBe(true);
  });

  it('believes nobody who speaks of a job of another name', async () => {
    await cluster.add({
      jobId: '1',
      state: 'COMPLETED',
      record: { jobName: 'jupyter-mine' },
      files: SECRETS,
    });
    expect((await look())[1]).toMatchObject({ phase: 'unknown' });
    expect(existsSync(join(await onlyDirectory(), 'token'))).toBe(true);
  });

  describe('whose launch wrote down no job number', () => {
    const JUST_NOW = '2026-03-04T11:58:00.000Z';
    const UNTOLD =
      'no job number was written down: its launch goes on right now, or was cut off. Its job, if there is one, is named sj-5';

    it('is found by the name of its job, and known by its number from then on', async () => {
      await cluster.add({ record: { jobName: 'sj-5' } });
      await cluster.setState('5', 'RUNNING');
      expect(Object.values(await look())).toMatchObject([{ phase: 'starting' }]);
      const [found] = (await knownSessions({ env: cluster.env })).sessions;
      expect(found).toMatchObject({ record: { jobId: '5', jobName: 'sj-5', rootDir: cluster.home } });
      expect(await look()).toMatchObject({ 5: { phase: 'starting' } });
      expect(await squeues()).toBe(3);
    });

    it.each(['torque', 'pbs'])('is found by %s as well', async (scheduler) => {
      await cluster.add({ record: { scheduler, jobName: 'sj-5' } });
      await cluster.replace('qselect', 'echo 5.vm');
      await cluster.replace('qstat', 'echo "cannot connect" >&2; exit 1');
      expect(await look()).toMatchObject({
        '5.vm': { phase: 'unknown', why: expect.stringContaining('cannot connect') as string },
      });
      expect((await cluster.calls('qselect')).map(({ args }) => args)).toEqual([['-N', 'sj-5']]);
    });

    it('keeps what a newer start-jupyter wrote of it', async () => {
      const directory = await cluster.add({ record: { version: 2, jobName: 'sj-5' } as object });
      const before = readFileSync(join(directory, 'session.json'), 'utf8');
      await cluster.setState('5', 'RUNNING');
      expect(Object.values(await look())).toMatchObject([{ phase: 'starting' }]);
      expect(readFileSync(join(directory, 'session.json'), 'utf8')).toBe(before);
    });

    it('is unknown for a day without such a job: its launch may go on', async () => {
      const directory = await cluster.add({
        record: { jobName: 'sj-5', createdAt: JUST_NOW },
        files: SECRETS,
      });
      expect(Object.values(await look())).toEqual([{ phase: 'unknown', why: UNTOLD }]);
      expect(existsSync(join(directory, 'token'))).toBe(true);
    });

    it('has ended after that', async () => {
      const directory = await cluster.add({ record: { jobName: 'sj-5', host }, files: SECRETS });
      expect(Object.values(await look())).toMatchObject([{ phase: 'ended', end: { outcome: 'unknown' } }]);
      expect(existsSync(join(directory, 'token'))).toBe(false);
      expect(existsSync(join(directory, 'end.json'))).toBe(true);
    });

    it.each([
      ['the scheduler does not answer', {}, 'echo "slurm_load_jobs error" >&2; exit 1'],
      ['it was launched on another site', { host: 'login1.elsewhere.org' }, undefined],
      ['nobody knows where it was launched', { host: undefined }, undefined],
      ['it is on another machine', { scheduler: 'local', host: 'login2.example.org' }, undefined],
      [
        'it may be on another cluster',
        { asked: { flags: { schedulerArg: ['-Mfar'] }, cwd: '/' } },
        undefined,
      ],
    ] as const)('is unknown however old it is where %s', async (_why, record, squeue) => {
      const directory = await cluster.add({
        record: { jobName: 'sj-5', host, ...record },
        files: SECRETS,
      });
      if (squeue !== undefined) await cluster.replace('squeue', squeue);
      expect(Object.values(await look())).toMatchObject([{ phase: 'unknown' }]);
      expect(existsSync(join(directory, 'token'))).toBe(true);
      expect(existsSync(join(directory, 'end.json'))).toBe(false);
    });

    it('is looked for a few at a time', async () => {
      for (let at = 0; at < 20; at += 1) await cluster.add({ record: { jobName: `sj-${100 + at}` } });
      expect(Object.values(await look()).filter(({ phase }) => phase === 'unknown')).toHaveLength(15);
      expect(await squeues()).toBe(5);
    });

    it('in place has the number that is beside its script', async () => {
      await cluster.add({
        record: { scheduler: 'local', jobName: 'sj-5', host },
        files: { 'local-job.json': '{"id":"local-4194399-1"}', 'local-exit': 'failed 3\n' },
      });
      expect(Object.values(await look())).toMatchObject([
        { phase: 'ended', end: { outcome: 'failed', exitStatus: 3 } },
      ]);
    });
  });

  it('of a scheduler that it does not know tells nothing', async () => {
    await cluster.add({ jobId: '1', record: { scheduler: 'lsf' } });
    expect((await look())[1]).toMatchObject({ phase: 'unknown', why: /lsf/ });
  });
});

async function onlyDirectory(): Promise<string> {
  const { sessions } = await knownSessions({ env: cluster.env });
  return sessions[0]!.directory;
}

describe.skipIf(process.platform === 'win32')('a session that has ended', () => {
  it('is written down once, and its secrets are removed', async () => {
    const directory = await cluster.add({ jobId: '1', state: 'TIMEOUT', files: { ...SECRETS, ...READY } });
    const seen = (await look())[1];
    const end = {
      version: 1,
      outcome: 'timed-out',
      cause: 'Its time was up.',
      endedAt: '2026-03-04T12:00:00.000Z',
    };
    expect(seen).toEqual({ phase: 'ended', end });
    expect(JSON.parse(readFileSync(join(directory, 'end.json'), 'utf8'))).toEqual(end);
    expect(statSync(join(directory, 'end.json')).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory).sort()).toEqual(['end.json', 'ready.json', 'session.json']);
    await cluster.setState('1', 'RUNNING');
    expect((await look())[1]).toEqual(seen);
    expect(await squeues()).toBe(1);
  });

  it('ended as it was first written down, when two look at the same time', async () => {
    const directory = await cluster.add({ jobId: '1', state: 'CANCELLED', files: SECRETS });
    const seen = await Promise.all([look(), look(), look()]);
    const written: unknown = JSON.parse(readFileSync(join(directory, 'end.json'), 'utf8'));
    for (const sights of seen) expect(sights[1]).toEqual({ phase: 'ended', end: written });
    expect(readdirSync(directory).sort()).toEqual(['end.json', 'session.json']);
  });

  it('is one that the scheduler no longer knows, at the site where it was launched', async () => {
    await cluster.add({ jobId: '1', record: { host } });
    expect((await look())[1]).toMatchObject({ phase: 'ended', end: { outcome: 'unknown' } });
  });

  it.each([
    ['on another site', { host: 'login1.elsewhere.example.com' }, /it was launched on login1.elsewhere/],
    ['on nobody knows which', { host: undefined }, /does not say where it was launched/],
  ])('is none that the scheduler no longer knows, launched %s', async (_, record, why) => {
    const directory = await cluster.add({ jobId: '1', record: record, files: SECRETS });
    expect((await look())[1]).toMatchObject({ phase: 'unknown', why: expect.stringMatching(why) as string });
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(SECRET_FILES));
    expect(readdirSync(directory)).not.toContain('end.json');
  });

  it('is told by its job alone while the scheduler cannot be asked, and not written down', async () => {
    const files = { ...SECRETS, outcome: 'failed: no Jupyter\n' };
    const directory = await cluster.add({ jobId: '1', state: 'RUNNING', files });
    await cluster.replace('squeue', 'echo "Unable to contact slurm controller" >&2; exit 1');
    expect((await look())[1]).toMatchObject({
      phase: 'ended',
      unsure: true,
      end: { outcome: 'failed', cause: 'It failed: no Jupyter.' },
    });
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(SECRET_FILES));
    expect(readdirSync(directory)).not.toContain('end.json');
  });

  it.each([
    ['says so', 'echo "Unable to contact slurm controller" >&2; exit 1'],
    ['says so and ends well', 'echo "Socket timed out on send/recv operation" >&2'],
    ['is gone', 'exit 127'],
    ['answers nonsense', 'echo "1 RUNNING"'],
  ])('is none whose scheduler cannot be asked: it %s', async (_, body) => {
    const directory = await cluster.add({ jobId: '1', state: 'RUNNING', files: { ...SECRETS, ...READY } });
    await cluster.replace('squeue', body);
    expect((await look())[1]).toMatchObject({ phase: 'unknown', last: { node: 'n7' } });
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(SECRET_FILES));
    expect(readdirSync(directory)).not.toContain('end.json');
  });

  it.runIf(process.getuid?.() === 0 && process.platform === 'linux')(
    'is told where nothing can be written',
    async () => {
      await cluster.add({ jobId: '1', state: 'TIMEOUT', files: SECRETS });
      spawnSync('mount', ['--bind', cluster.sessions, cluster.sessions]);
      spawnSync('mount', ['-o', 'remount,bind,ro', cluster.sessions]);
      try {
        expect((await look())[1]).toMatchObject({ phase: 'ended', end: { outcome: 'timed-out' } });
        expect(existsSync(join(await onlyDirectory(), 'end.json'))).toBe(false);
        expect(existsSync(join(await onlyDirectory(), 'token'))).toBe(true);
      } finally {
        spawnSync('umount', [cluster.sessions]);
      }
    },
  );

  it('whose end.json is damaged is looked at anew, once', async () => {
    await cluster.add({ jobId: '1', state: 'CANCELLED', files: { 'end.json': '{' } });
    expect((await look())[1]).toMatchObject({ phase: 'ended', end: { outcome: 'cancelled' } });
    expect((await look())[1]).toMatchObject({ phase: 'ended', end: { outcome: 'cancelled' } });
    expect(await squeues()).toBe(1);
  });

  it('ended as another command wrote it down meanwhile', async () => {
    await cluster.add({ jobId: '1', end: { cause: 'As the other one saw it.' } });
    const [session] = (await knownSessions({ env: cluster.env })).sessions;
    const mine: SessionEnd = { version: 1, outcome: 'failed', cause: 'Mine.', endedAt: ENDED_AT };
    expect(await recordEnd(session!, mine)).toMatchObject({ cause: 'As the other one saw it.' });
  });
});

describe.skipIf(process.platform === 'win32')('a session without a scheduler', () => {
  const local = (record: object = {}) => ({ scheduler: 'local', host, ...record });
  // A process that cannot be there.
  const jobId = 'local-4194305-1';

  it('is looked at on its own machine', async () => {
    await cluster.add({ jobId, record: local(), files: { 'local-exit': 'timed-out\n' } });
    expect((await look())[jobId]).toMatchObject({ phase: 'ended', end: { outcome: 'timed-out' } });
  });

  it('with an id that cannot be its own is unknown', async () => {
    await cluster.add({ jobId: '4711', record: local() });
    expect((await look())[4711]).toMatchObject({ phase: 'unknown' });
  });

  it('of another machine is unknown', async () => {
    await cluster.add({ jobId, record: local({ host: 'node7.example.org' }) });
    expect((await look())[jobId]).toEqual({
      phase: 'unknown',
      why: 'it runs on node7.example.org itself: look there',
    });
  });

  it('of another machine is told by the allocation that it runs in', async () => {
    const sibling = host.replace(/^[^.]*/, (first) => `${first}99`);
    const record = local({ host: sibling, allocation: '55', allocationScheduler: 'slurm' });
    await cluster.add({ jobId, record, files: READY });
    await cluster.add({ jobId: 'local-4194305-2', record, files: { outcome: 'completed\n' } });
    await cluster.setState('55', 'RUNNING');
    expect(await look()).toMatchObject({
      [jobId]: { phase: 'ready', node: 'n7' },
      'local-4194305-2': { phase: 'stopping' },
    });
    expect(await squeues()).toBe(1);
    await cluster.setState('55', 'TIMEOUT');
    expect((await look())[jobId]).toMatchObject({ phase: 'ended', end: { outcome: 'timed-out' } });
  });
});

describe.skipIf(process.platform === 'win32')('the proxy', () => {
  const NAME = 'wise-apple-photo';

  async function proxied(answer: { status: number; body?: object; ours?: boolean }, more: object = {}) {
    const calls: string[] = [];
    const server = await tlsServer((request, response) => {
      calls.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.authorization ?? ''}`);
      if (answer.ours !== false) response.setHeader('start-jupyter-api', '1');
      response.writeHead(answer.status).end(JSON.stringify(answer.body ?? {}));
    });
    const record = {
      name: NAME,
      url: `https://${NAME}.test.localhost:${server.port}/`,
      endpoint: `test.localhost:${server.port}`,
      protocol: 'v1' as const,
      ...more,
    };
    return {
      calls,
      record,
      files: { ...SECRETS, ...READY, 'redeem.secret': 'the-secret', 'ca.pem': server.ca },
    };
  }

  const LOOK = `GET /api/v1/sessions/${NAME} Bearer the-secret`;
  const GIVE_BACK = `DELETE /api/v1/sessions/${NAME} Bearer the-secret`;

  it.each([
    ['serves it', { status: 200, body: { name: NAME, phase: 'ready' } }, {}],
    [
      'was told of its end',
      { status: 200, body: { name: NAME, phase: 'ready', ending: { at: '2026-03-04T12:05:00.000Z' } } },
      { warned: true, endsAt: new Date('2026-03-04T12:05:00.000Z') },
    ],
    [
      'has ended it',
      { status: 200, body: { name: NAME, phase: 'ended', cause: 'an administrator of the proxy ended it' } },
      {
        doubt:
          'the proxy has ended it: an administrator of the proxy ended it, so that its link leads nowhere',
      },
    ],
    [
      'has not heard of its job',
      { status: 200, body: { name: NAME, phase: 'reserved' } },
      { doubt: 'the proxy does not serve it yet' },
    ],
    [
      'does not know it',
      { status: 404 },
      { doubt: 'the proxy does not know it any more, so that its link leads nowhere' },
    ],
    [
      'is another one',
      { status: 404, ours: false },
      { doubt: expect.stringMatching(/^the proxy cannot be asked: .*HTTP status 404/) as string },
    ],
    [
      'talks nonsense',
      { status: 200, body: { name: 'other-apple-photo', phase: 'ready' } },
      { doubt: expect.stringMatching(/^the proxy cannot be asked: /) as string },
    ],
  ])('is asked about one that is ready: it %s', async (_, answer, more) => {
    const { calls, record, files } = await proxied(answer);
    await cluster.add({ jobId: '1', state: 'RUNNING', record, files });
    expect((await look({ proxy: true }))[1]).toEqual({ phase: 'ready', node: 'n7', ...more });
    expect(calls).toEqual([LOOK]);
  });

  it('that does not answer is a doubt, no end', async () => {
    const { record, files } = await proxied({ status: 200 });
    const endpoint = `test.localhost:${await closedPort()}`;
    await cluster.add({ jobId: '1', state: 'RUNNING', record: { ...record, endpoint }, files });
    expect((await look({ proxy: true }))[1]).toMatchObject({
      phase: 'ready',
      doubt: expect.stringMatching(/^the proxy cannot be asked: /) as string,
    });
  });

  it('is left alone unless that is wanted, and about any other session', async () => {
    const { calls, record, files } = await proxied({ status: 404 });
    await cluster.add({ jobId: '1', state: 'RUNNING', record, files });
    await look();
    const unready = { ...files, 'ready.json': '' };
    await cluster.add({ jobId: '2', state: 'RUNNING', record, files: unready });
    await cluster.add({ jobId: '3', state: 'PENDING', record, files });
    await cluster.add({ jobId: '4', record, files, end: {} });
    const classic = { ...record, protocol: 'classic' as const };
    await cluster.add({ jobId: '5', state: 'RUNNING', record: classic, files });
    await cluster.setState('1', 'PENDING');
    await look({ proxy: true });
    expect(calls).toEqual([]);
  });

  it('gets the name back of one whose job never could do it', async () => {
    const { calls, record, files } = await proxied({ status: 204 });
    const directory = await cluster.add({ jobId: '1', state: 'CANCELLED', record, files });
    await look();
    expect(calls).toEqual([GIVE_BACK]);
    expect(existsSync(join(directory, 'redeem.secret'))).toBe(false);
  });

  it('gets no name back twice: the job has done it where its secret is gone', async () => {
    const { calls, record, files } = await proxied({ status: 204 });
    const directory = await cluster.add({ jobId: '1', state: 'CANCELLED', record, files });
    await rm(join(directory, 'redeem.secret'));
    await look();
    expect(calls).toEqual([]);
  });

  it('of the classic kind gets it back as long as the token is there', async () => {
    const { calls, record, files } = await proxied({ status: 200, ours: false }, { protocol: 'classic' });
    await cluster.add({ jobId: '1', state: 'CANCELLED', record, files });
    const other = await cluster.add({ jobId: '2', state: 'CANCELLED', record, files });
    await rm(join(other, 'token'));
    await look();
    expect(calls).toEqual([`GET /destroytoken.cgi?token=${NAME} `]);
  });

  it('that refuses keeps no secret there', async () => {
    const { record, files } = await proxied({ status: 500 });
    const directory = await cluster.add({ jobId: '1', state: 'CANCELLED', record, files });
    expect((await look())[1]).toMatchObject({ phase: 'ended' });
    for (const name of SECRET_FILES) expect(existsSync(join(directory, name))).toBe(false);
  });
});

describe('two machines are of one site', () => {
  it.each([
    ['login1.hpc.example.org', 'login2.hpc.example.org', true],
    ['login01.hpc.example.org', 'LOGIN12.hpc.example.org', true],
    ['ln-0001', 'ln-0042', true],
    ['login1.hpc.example.org', 'login1.other.example.org', false],
    ['login1.hpc.example.org', 'node1.hpc.example.org', false],
    ['login1.hpc1.example.org', 'login1.hpc2.example.org', false],
    ['login1', 'login1.hpc.example.org', false],
  ])('%s, %s: %s', (one, other, same) => {
    expect(sameSite(one, other)).toBe(same);
  });
});
