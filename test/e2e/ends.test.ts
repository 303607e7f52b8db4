/** How sessions end and what strangers get, on real Slurm with real Jupyter: of what is somebody's own, nothing. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { curlAs } from './bed/curl.js';
import { holdSession, type HeldSession } from './bed/held-session.js';
import { forgetSessions } from './bed/launches.js';
import { run, until } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { cancelJob, clearJobsOf } from './bed/slurm.js';
import { startSquatter, type Squatter } from './bed/squatter.js';
import { standIns } from './bed/stand-ins.js';
import { user } from './bed/users.js';
import { visit, type Visit } from './bed/visit.js';

describeOnBed('the end of a session', () => {
  let proxy: Proxy;
  const squatters: Squatter[] = [];

  beforeAll(async () => {
    proxy = await startProxy();
  });

  afterEach(async () => {
    for (const squatter of squatters.splice(0)) await squatter.stop();
    await clearJobsOf(dave().name);
    forgetSessions(dave());
  });

  afterAll(async () => {
    await proxy.stop();
  });

  const dave = () => user(theBed().users.dave);
  const bob = () => user(theBed().users.bob);
  const hold = (args: readonly string[] = [], options = {}) => holdSession(proxy, dave(), args, options);
  const page = (name: string, path: string, headers: Record<string, string> = {}) =>
    visit(proxy, readFileSync(proxy.caFile, 'utf8'), name, path, headers);
  const secretOf = ({ directory }: HeldSession) => readFileSync(join(directory, 'redeem.secret'), 'utf8');
  const squat = async (ports: readonly number[], tls: boolean) => {
    const squatter = await startSquatter(bob(), ports, tls);
    squatters.push(squatter);
    return squatter;
  };
  /** bob's curl at control. */
  const call = (name: string, path: string, secret: string | undefined, ...args: string[]) => {
    const url = `${proxy.controlUrl}/api/v1/sessions/${name}${path}`;
    const bearer = secret === undefined ? [] : ['-H', `Authorization: Bearer ${secret}`];
    return curlAs(bob(), proxy.caFile, url, ...bearer, '-H', 'Content-Type: application/json', ...args);
  };

  /** The page says so to who has the token or, from then on, its cookie; everybody else sees what an unknown name shows. */
  async function expectEndedPage({ name, token }: HeldSession): Promise<void> {
    const opened = await page(name, `/?token=${token}`);
    expect(opened).toMatchObject({ status: 410, byProxy: true });
    expect(opened.body).toContain('This notebook has ended');
    const again = await page(name, '/', { cookie: opened.cookies.join('; ') });
    expect(again).toMatchObject({ status: 410, body: opened.body });
    const stranger = await page(name, '/');
    expect(stranger).toEqual(await page('never-given-out', '/'));
    expect(stranger.status).toBe(404);
  }

  describe('a job that cannot go on fails, says why, and gives the name back', () => {
    test('Jupyter is killed', async () => {
      const session = await hold();
      const secret = secretOf(session);
      await session.release();
      const { pid } = await session.ready();
      expect((await session.open('/api/status')).status).toBe(200);
      process.kill(pid, 'SIGKILL');
      expect(await session.failed()).toMatch(/^start-jupyter: failed: Jupyter was killed/);
      const answer = await call(session.name, '', secret);
      expect(JSON.parse(answer.body)).toMatchObject({ phase: 'ended' });
      await expectEndedPage(session);
    });

    test('the name was given back before the job started', async () => {
      const session = await hold();
      expect((await call(session.name, '', secretOf(session), '-X', 'DELETE')).status).toBe(204);
      await session.release();
      expect(await session.failed()).toContain(
        `failed: the proxy manage.${proxy.domain} refused to map ${session.name} to this node: `,
      );
      await expectEndedPage(session);
    });

    test('Jupyter is not on the node', async () => {
      const tools = standIns(dave());
      tools.add('jupyter', 'PATH=$path exec jupyter "$@"');
      const session = await hold([], { env: { PATH: tools.path } });
      rmSync(join(tools.folder, 'jupyter'));
      await session.release();
      expect(await session.failed()).toContain(`failed: there is no ${tools.folder}/jupyter on node `);
      await expectEndedPage(session);
    });

    test('every port that it tries is taken', async () => {
      const { template, ports } = await knownPorts(4711);
      const squatter = await squat(ports, false);
      for (const port of ports) await squatter.has(port, 20_000);
      const session = await hold(['-b', template]);
      await session.release();
      expect(await session.failed()).toMatch(/failed: no free port was found on node \S+ in 5 tries$/);
      expect(squatter.connections()).toBe(0);
      await expectEndedPage(session);
    });
  });

  describe.each([
    ['over TLS', [], true],
    ['over plain HTTP, by the classic protocol', ['protocol: classic'], false],
  ] as const)('a neighbour %s', (_, site, tls) => {
    test('takes the port before Jupyter does, and learns nothing', async () => {
      const { template, ports } = await knownPorts(tls ? 815 : 816);
      const [first = 0] = ports;
      const tools = standIns(dave());
      // The first one that is to serve waits until the neighbour has the port that it was given.
      const wait = `until [ -e ${tools.folder}/go ]; do sleep 0.05; done`;
      tools.add('jupyter', `[ "$1" = --version ] || ${wait}\nPATH=$path exec jupyter "$@"`);
      const session = await hold(['-b', template], { site, env: { PATH: tools.path } });
      await session.release();
      await session.logged(new RegExp(`starting Jupyter on node \\S+, port ${first}$`, 'm'));
      const squatter = await squat([first], tls);
      await squatter.has(first, 20_000);
      writeFileSync(join(tools.folder, 'go'), '');

      expect((await session.ready()).port).not.toBe(first);
      expect(session.log()).toContain(`port ${first} is somebody else's, trying another one`);
      await untilOpen(session);
      expect(squatter.received()).toBe('');
      if (!tls) expect(squatter.connections()).toBe(0);
    });

    test('takes the port when the job was cancelled: the name is served no more', async () => {
      const session = await hold([], { site });
      await session.release();
      const { port, pid } = await session.ready();
      const squatter = await squat([port], tls);
      await untilOpen(session);
      const visits = keepVisiting(session);
      const served = await notServedAfter(visits, pid, () => cancelJob(session.jobId));
      await squatter.has(port, 20_000);
      await pause(300);
      await visits.stop();
      expect(served).toEqual([]);
      expect(squatter.connections()).toBe(0);
    });

    test('takes the port when the job died with all that could have given the name back', async () => {
      const session = await hold([], { site });
      await session.release();
      const { port, pid } = await session.ready();
      const squatter = await squat([port], tls);
      await untilOpen(session);
      const visits = keepVisiting(session);
      const served = await notServedAfter(visits, pid, () => killJob(pid));
      await squatter.has(port, 20_000);
      const before = visits.all().length;
      await until(() => visits.all().length > before + 5 || undefined, 10_000);
      await visits.stop();
      expect(served).toEqual([]);
      expect(existsSync(join(session.directory, 'outcome'))).toBe(false);
      expect(squatter.received()).toBe('');
      // With a certificate the proxy looks whose it is. Without one it does not even go there: the tether is gone.
      if (tls) expect(squatter.connections()).toBeGreaterThan(0);
      else expect(squatter.connections()).toBe(0);
      // Nobody could say that the session is over; the page says what can be seen.
      if (!tls) return;
      expect((await page(session.name, '/')).body).toContain('This is not your notebook');
      await squatter.stop();
      expect((await page(session.name, '/')).body).toContain('Or its job is over');
    });
  });

  test('the name without the secret, the secret without the certificate: nothing', async () => {
    const session = await hold();
    const { name } = session;
    const secret = secretOf(session);
    const { port, squatter } = await squatAnywhere(squat);
    const redeem = ['-X', 'POST', '-d', `{"port":${port}}`];
    const expectNameIsNothing = async (): Promise<void> => {
      const calls: [path: string, ...args: string[]][] = [
        ['/redeem', ...redeem],
        ['/job', '-X', 'PUT', '-d', '{"jobId":"1"}'],
        ['', '-X', 'DELETE'],
        [''],
      ];
      for (const [path, ...args] of calls) {
        const unknown = await call('never-given-out', path, 'a'.repeat(43), ...args);
        expect(unknown.status).toBe(404);
        for (const wrong of [undefined, '', name, 'a'.repeat(43), `${secret}x`]) {
          expect(await call(name, path, wrong, ...args)).toEqual(unknown);
        }
      }
    };
    await expectNameIsNothing();

    const refused = await call(name, '/redeem', secret, ...redeem);
    expect(refused.status).toBe(424);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'certificate-mismatch' });
    expect(await session.open('/')).toMatchObject({ byProxy: true });
    expect(squatter.received()).toBe('');
    // The secret is not used up: the job redeems with it.
    await session.release();
    await session.ready();
    await untilOpen(session);
    await expectNameIsNothing();
    expect((await call(name, '/redeem', secret, ...redeem)).status).toBe(409);
    expect((await session.open('/api/status')).status).toBe(200);
    expect(squatter.received()).toBe('');
  });
});

/**
 * A template that seeds the shell's random numbers, and the ports that run.sh then tries: nobody could know them
 * otherwise.
 */
async function knownPorts(seed: number): Promise<{ template: string; ports: number[] }> {
  const tools = standIns(user(theBed().users.dave));
  const template = join(tools.folder, 'seeded.sh');
  const lines = ['#!/bin/bash', 'session_dir={{session_dir}}', 'server={{server}}', `RANDOM=${seed}`];
  writeFileSync(template, `${lines.join('\n')}\nsource "$session_dir/run.sh"\n`, { mode: 0o644 });
  const script = `RANDOM=${seed}; for n in 1 2 3 4 5; do echo $((20000 + RANDOM % 12768)); done`;
  const { stdout } = await run(['/bin/bash', '-c', script], { env: {} });
  return { template, ports: stdout.trim().split('\n').map(Number) };
}

/** On a free port outside of those that jobs use. */
async function squatAnywhere(squat: (ports: number[], tls: boolean) => Promise<Squatter>) {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const squatter = await squat([port], true);
  await squatter.has(port, 20_000);
  return { port, squatter };
}

/** A classic session is served a moment after it was redeemed. */
async function untilOpen(session: HeldSession): Promise<void> {
  const open = await until(
    async () => ((await session.open('/api/status')).status === 200 ? true : undefined),
    15_000,
    100,
  );
  expect(open, session.log()).toBe(true);
}

interface Visits {
  all(): (Visit & { startedAt: number })[];
  stop(): Promise<void>;
}

/** The owner's browser, again and again, with all that it has. */
function keepVisiting(session: HeldSession): Visits {
  const all: (Visit & { startedAt: number })[] = [];
  let going = true;
  const loop = async (): Promise<void> => {
    while (going) {
      const startedAt = performance.now();
      all.push({ ...(await session.open('/api/status')), startedAt });
      await pause(10);
    }
  };
  const done = loop();
  return {
    all: () => all,
    async stop() {
      going = false;
      await done;
    },
  };
}

const AT_ONCE_MS = 1000;

/** Ends the job; gives the visits that began more than a second after Jupyter was gone and were served all the same. */
async function notServedAfter(visits: Visits, pid: number, end: () => Promise<unknown>): Promise<Visit[]> {
  await end();
  const gone = await until(() => !isThere(pid) || undefined, 30_000, 5);
  expect(gone).toBe(true);
  const goneAt = performance.now();
  await pause(2 * AT_ONCE_MS);
  const late = visits.all().filter(({ startedAt }) => startedAt > goneAt + AT_ONCE_MS);
  expect(late.length).toBeGreaterThan(3);
  return late.filter(({ byProxy }) => !byProxy);
}

/** The job's script first, then Jupyter: nobody is left who could say good-bye. */
function killJob(jupyterPid: number): Promise<void> {
  const script = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${jupyterPid}/status`, 'utf8'))?.[1];
  process.kill(Number(script), 'SIGKILL');
  process.kill(-jupyterPid, 'SIGKILL');
  return Promise.resolve();
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
