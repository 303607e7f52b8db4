/** The feeder on real Slurm: what happens to a job is seen of its session, and what cannot be told ends nothing. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { callApi, callService, type Answer } from '../../src/proxy/client/calls.js';
import { reasonInWords } from '../../src/words/reasons.js';
import type { Service } from '../../src/proxy/client/service.js';
import type { SessionAnswer } from '../../src/satellite/protocol.js';
import { describeOnBed, theBed } from './bed/bed.js';
import { startClassicSatellite } from './bed/classic-satellite.js';
import { feederSecretFile, feedOnce, startFeeder } from './bed/feeder.js';
import { holdSession, type HeldSession } from './bed/held-session.js';
import { forgetSessions, launchAs } from './bed/launches.js';
import { type Running, until } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { cancelJob, clearJobsOf, jobInState, slurm } from './bed/slurm.js';
import { standIns } from './bed/stand-ins.js';
import { user } from './bed/users.js';
import { visit } from './bed/visit.js';

/** A round takes its time when the machine is busy. */
const LIMIT_MS = 60_000;

describeOnBed('the feeder', () => {
  let proxy: Proxy;
  let service: Service;
  let secretFile: string;
  const feeders: Running[] = [];

  beforeAll(async () => {
    secretFile = feederSecretFile();
    proxy = await startProxy({
      serve: ['--feeder-secret-file', secretFile, '--job-state-source', '127.0.0.0/8'],
    });
    service = { origin: new URL(proxy.controlUrl), ca: readFileSync(proxy.caFile, 'utf8') };
  });

  afterEach(async () => {
    for (const feeder of feeders.splice(0)) {
      feeder.signal('SIGTERM');
      await feeder.ended(20_000);
    }
    await clearJobsOf(gina().name);
    // Slurm still knows how they ended: nothing is left for the next test to ask for.
    expect(await once()).toMatchObject({ exitCode: 0 });
    forgetSessions(gina());
  });

  afterAll(async () => {
    await proxy.stop();
  });

  const gina = () => user(theBed().users.gina);
  const own = () => ['--secret-file', secretFile];
  const hold = (args: readonly string[] = [], options = {}) => holdSession(proxy, gina(), args, options);
  const once = (path?: string) =>
    feedOnce({ to: proxy, args: own(), ...(path === undefined ? {} : { path }) });
  const feeding = (args: readonly string[] = ['--interval', '1s'], path?: string): Running => {
    const feeder = startFeeder({
      to: proxy,
      args: [...own(), ...args],
      ...(path === undefined ? {} : { path }),
    });
    feeders.push(feeder);
    return feeder;
  };
  /** As the session's owner asks the proxy. */
  const asOwner = ({ name, directory }: HeldSession): (() => Promise<SessionAnswer>) => {
    const secret = readFileSync(join(directory, 'redeem.secret'), 'utf8');
    const path = `/api/v1/sessions/${name}`;
    return async () => (await callApi(service, { method: 'GET', path, secret })) as SessionAnswer;
  };
  const page = async ({ name, token }: HeldSession) =>
    visit(proxy, service.ca ?? '', name, `/?token=${token}`);

  async function seen(
    look: () => Promise<SessionAnswer>,
    facts: object,
    limitMs = LIMIT_MS,
  ): Promise<SessionAnswer> {
    let last: SessionAnswer | undefined;
    const found = await until(
      async () => {
        last = await look();
        return matches(last, facts) ? last : undefined;
      },
      limitMs,
      200,
    );
    if (!found) expect(last).toMatchObject(facts);
    return last!;
  }

  describe('from start to end', () => {
    test('of a job that is held, then waits for its time, then is cancelled: its name is free at once', async () => {
      const begin = Math.floor(Date.now() / 1000) + 3600;
      const session = await hold(['--scheduler-arg', '--begin=now+3600']);
      const look = asOwner(session);
      expect((await look()).job).toBeUndefined();
      const feeder = feeding();

      await seen(look, { phase: 'reserved', job: { state: 'waiting', reason: 'JobHeldUser' } });
      expect((await page(session)).body).toContain(reasonInWords('JobHeldUser'));
      await session.release();
      const { job } = await seen(look, {
        job: { state: 'waiting', reason: 'BeginTime', estimatedStart: /Z$/ },
      });
      // Slurm's clock and ours are one here: no zone was mistaken for another.
      expect(Math.abs(Date.parse(job?.estimatedStart ?? '') / 1000 - begin)).toBeLessThan(300);
      expect((await page(session)).body).toContain(reasonInWords('BeginTime'));

      await cancelJob(session.jobId);
      const ended = {
        phase: 'ended',
        cause: 'the job has ended',
        job: { state: 'ended', outcome: 'cancelled' },
      };
      await seen(look, ended);
      expect((await page(session)).status).toBe(410);

      feeder.signal('SIGTERM');
      expect(await feeder.ended(5000)).toMatchObject({
        exitCode: 0,
        stdout: '',
        stderr: `start-jupyter-proxy: States of slurm go to ${service.origin.origin} every 1 s.\n`,
      });
    });

    test('of one that runs: its end moves as Slurm moves it, and over its time it is timed out', async () => {
      const session = await hold();
      const look = asOwner(session);
      await session.release();
      await session.ready();
      feeding();
      const { job } = await seen(look, { phase: 'ready', job: { state: 'running', endsAt: /Z$/ } });
      const before = Date.parse(job?.endsAt ?? '');
      expect(before - Date.now()).toBeLessThan(31 * 60_000);
      expect(before - Date.now()).toBeGreaterThan(20 * 60_000);

      await change(session, 'TimeLimit=+60');
      const endsAt = new Date(before + 3_600_000).toISOString();
      await seen(look, { phase: 'ready', expiresAt: endsAt, job: { endsAt } });

      // Slurm looks for such jobs every 30 seconds.
      await change(session, 'EndTime=now+1');
      await seen(look, { phase: 'ended', job: { state: 'ended', outcome: 'timed-out' } }, 120_000);
    });

    test('of one whose Jupyter is killed: failed', async () => {
      const session = await hold();
      const look = asOwner(session);
      await session.release();
      const { pid } = await session.ready();
      feeding();
      await seen(look, { phase: 'ready', job: { state: 'running' } });
      process.kill(pid, 'SIGKILL');
      await seen(look, {
        phase: 'ended',
        cause: 'it was given back',
        job: { state: 'ended', outcome: 'failed' },
      });
    });
  });

  describe('when Slurm cannot be asked', () => {
    /** squeue on PATH, before the real one: it does what the file `mode` says, and counts its calls. */
    function unsteadySqueue() {
      const tools = standIns(user(theBed().users.proxy));
      const [mode, count] = [join(tools.folder, 'mode'), join(tools.folder, 'count')];
      tools.add(
        'squeue',
        `echo >>'${count}'
case $(cat '${mode}') in
  refuse) echo 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)' >&2; exit 1 ;;
  error) echo 'slurm_load_jobs error: Socket timed out on send/recv operation' >&2 ;;
  half) PATH=$path squeue "$@" | head -c 20 ;;
  hang) exec sleep 1000 ;;
  other) echo 'The cluster is in maintenance until noon.' ;;
  *) PATH=$path exec squeue "$@" ;;
esac`,
      );
      const calls = () => (existsSync(count) ? readFileSync(count, 'utf8').length : 0);
      return {
        path: tools.path,
        calls,
        async behave(as: string, rounds = 0): Promise<void> {
          rmSync(mode, { force: true });
          writeFileSync(mode, as, { mode: 0o644 });
          const from = calls();
          expect(await until(() => calls() >= from + rounds || undefined, LIMIT_MS)).toBe(true);
        },
      };
    }

    test('for whatever reason: nothing is ended, it is said once, and then all is right again', async () => {
      const session = await hold();
      const look = asOwner(session);
      const squeue = unsteadySqueue();
      await squeue.behave('well');
      const feeder = feeding(undefined, squeue.path);
      await seen(look, { job: { reason: 'JobHeldUser' } });
      const before = await look();
      for (const trouble of ['refuse', 'error', 'half', 'other']) await squeue.behave(trouble, 4);
      expect(await look()).toEqual(before);
      await squeue.behave('well', 2);
      await cancelJob(session.jobId);
      await seen(look, { phase: 'ended', job: { outcome: 'cancelled' } });

      const said = feeder
        .stderr()
        .split('\n')
        .filter((line) => line.startsWith('start-jupyter-proxy: '));
      expect(said).toEqual([
        expect.stringContaining('every 1 s.'),
        'start-jupyter-proxy: squeue ended with status 1.',
        expect.stringContaining('A part of the scheduler’s answer is not understood'),
        'start-jupyter-proxy: What squeue prints is not understood.',
        'start-jupyter-proxy: Job states are reported again.',
      ]);
      expect(feeder.stderr()).toContain('Unable to contact slurm controller');
    });

    test('because squeue hangs, it still stops at once', async () => {
      await hold();
      const squeue = unsteadySqueue();
      await squeue.behave('hang');
      const feeder = feeding(undefined, squeue.path);
      await until(() => squeue.calls() > 0 || undefined, LIMIT_MS);
      const started = performance.now();
      feeder.signal('SIGTERM');
      expect(await feeder.ended(20_000)).toMatchObject({ exitCode: 0 });
      expect(performance.now() - started).toBeLessThan(5000);
    });

    test('one round says so by its status', async () => {
      await hold();
      const squeue = unsteadySqueue();
      await squeue.behave('refuse');
      expect(await once(squeue.path)).toMatchObject({
        exitCode: 6,
        stdout: '',
        stderr: expect.stringMatching(/squeue ended with status 1\.\n.*Unable to contact/) as string,
      });
    });
  });

  describe('one round', () => {
    test('for cron: what is in the queue is reported, what is not is unknown', async () => {
      const [held, cancelled] = [await hold(), await hold()];
      await cancelJob(cancelled.jobId);
      await jobInState(cancelled.jobId, ['CANCELLED']);
      expect(await once()).toMatchObject({
        exitCode: 0,
        stderr: '',
        stdout: 'Jobs asked for: 2, in the queue: 2, reported: 2.\n',
      });
      expect(await asOwner(held)()).toMatchObject({ phase: 'reserved', job: { reason: 'JobHeldUser' } });
      expect(await asOwner(cancelled)()).toMatchObject({ phase: 'ended', job: { outcome: 'cancelled' } });
      // As if Slurm had forgotten it: nobody has seen it, so nobody says that it has ended.
      const forgetful = standIns(user(theBed().users.proxy));
      forgetful.add('squeue', `PATH=$path squeue "$@" | grep -v '^${held.jobId}'; true`);
      for (let minute = 0; minute < 3; minute++) {
        expect(await once(forgetful.path)).toMatchObject({
          exitCode: 0,
          stdout: 'Jobs asked for: 1, in the queue: 0, reported: 1.\n',
        });
      }
      expect(await asOwner(held)()).toMatchObject({ phase: 'reserved', job: { state: 'unknown' } });
    });

    test('fails with 5 where nobody listens, where the certificate is another’s, and with another secret', async () => {
      const nobody = { ...proxy, controlUrl: `https://manage.${proxy.domain}:1` };
      expect(await feedOnce({ to: nobody, args: own() })).toMatchObject({ exitCode: 5 });
      const { caFile, ...other } = await startClassicSatellite();
      const untrusted = await feedOnce({ to: { ...proxy, caFile }, args: own() });
      await other.close();
      expect(untrusted).toMatchObject({
        exitCode: 5,
        stderr: expect.stringContaining('cannot be trusted') as string,
      });
      const wrong = await feedOnce({ to: proxy, args: ['--secret-file', feederSecretFile()] });
      expect(wrong).toMatchObject({
        exitCode: 5,
        stderr: expect.stringContaining('not the feeder') as string,
      });
      for (const { stderr } of [untrusted, wrong])
        expect(stderr).not.toContain(readFileSync(secretFile, 'utf8').trim());
    });
  });

  describe('of a classic service', () => {
    const state = async (at: Service, name: string): Promise<string> => {
      const asked: Answer = await callService(at, {
        method: 'GET',
        path: `/tokenjobstate.cgi?token=${name}`,
      });
      return asked.body;
    };

    test('that is our own proxy: waiting, gone', async () => {
      const { name, jobId } = await hold([], { site: ['protocol: classic'] });
      expect(await state(service, name)).toBe('PE');
      expect(await feedOnce({ to: proxy, args: ['--classic'] })).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await state(service, name)).toBe('Q');
      await cancelJob(jobId);
      await jobInState(jobId, ['CANCELLED']);
      const fed = await feedOnce({ to: proxy, args: ['--classic'] });
      expect(fed.stdout).toMatch(/^Jobs reported: \d+\.\n$/);
      expect(await state(service, name)).toBe('D');
    });

    test('that is an original one', async () => {
      const satellite = await startClassicSatellite();
      const held = ['-p', 'debug', '-t', '30', '--json', '--scheduler-arg', '--hold'];
      const { name, jobId, exitCode, stderr } = await launchAs(satellite, held, { user: gina() });
      expect(exitCode, stderr).toBe(0);
      const at = { origin: new URL(satellite.controlUrl), ca: readFileSync(satellite.caFile, 'utf8') };
      expect(await state(at, name)).toBe('PE');
      expect(await feedOnce({ to: satellite, args: ['--classic'] })).toMatchObject({
        exitCode: 0,
        stderr: '',
      });
      expect(satellite.jobs.get(jobId)).toBe('PENDING');
      expect(await state(at, name)).toBe('Q');
      await cancelJob(jobId);
      await jobInState(jobId, ['CANCELLED']);
      await feedOnce({ to: satellite, args: ['--classic'] });
      expect(await state(at, name)).toBe('D');
      // Fed as our own it says that it is not.
      expect(await feedOnce({ to: satellite, args: own() })).toMatchObject({ exitCode: 5 });
      await satellite.close();
    });
  });
});

async function change({ jobId }: HeldSession, what: string): Promise<void> {
  expect(await slurm('scontrol', 'update', `JobId=${jobId}`, what)).toMatchObject({ exitCode: 0 });
}

/** As toMatchObject; a regular expression fits the texts that it fits. */
function matches(value: unknown, pattern: unknown): boolean {
  if (pattern instanceof RegExp) return typeof value === 'string' && pattern.test(value);
  if (typeof pattern !== 'object' || pattern === null) return value === pattern;
  return Object.entries(pattern).every(([key, part]) =>
    matches((value as Record<string, unknown> | undefined)?.[key], part),
  );
}
