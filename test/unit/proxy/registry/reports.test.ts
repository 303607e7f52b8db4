/** What feeders say: which sessions it reaches, what of it is kept, and that it ends a session once. */
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../../src/proxy/registry/memory-store.js';
import type { Registry } from '../../../../src/proxy/registry/registry.js';
import type { Session } from '../../../../src/proxy/registry/session.js';
import type { JobReport } from '../../../../src/satellite/protocol.js';
import { CERTIFICATE, registryBed, VIEWER_KEY } from './bed.js';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

async function bed() {
  const store = createMemoryStore();
  const stored: Session[] = [];
  const counting = {
    ...store,
    replace: (session: Session) => {
      stored.push(session);
      return store.replace(session);
    },
  };
  const made = await registryBed({ store: counting });
  const ended: string[] = [];
  made.registry.onEnded(({ name }) => ended.push(name));
  return { ...made, store, stored, ended };
}

async function reserved(registry: Registry, jobId?: string): Promise<string> {
  const { session } = await registry.reserve({ certificateSha256: CERTIFICATE, viewerKeySha256: VIEWER_KEY });
  if (jobId !== undefined) await registry.link(session.name, jobId);
  return session.name;
}

const say = (registry: Registry, jobs: Record<string, JobReport>) =>
  registry.reportJobs(new Map(Object.entries(jobs)));

describe('the jobs that a feeder is asked for', () => {
  it('are those of sessions that live, each once', async () => {
    const { registry } = await bed();
    await reserved(registry);
    await reserved(registry, '17');
    await reserved(registry, '17');
    await reserved(registry, '18');
    expect(registry.wantedJobs().sort()).toEqual(['17', '18']);
  });

  it('and for a quarter of an hour those of sessions that ended before anybody knew how', async () => {
    const { registry, clock } = await bed();
    const [first] = [await reserved(registry, '17'), await reserved(registry, '18')];
    await registry.end(first, 'destroyed');
    await say(registry, { '18': { state: 'ended', outcome: 'failed' } });
    await clock.leap(15 * MINUTE);
    expect(registry.wantedJobs()).toEqual(['17']);
    await clock.leap(1);
    expect(registry.wantedJobs()).toEqual([]);
  });
});

describe('a report', () => {
  it('that a job has ended ends its sessions with the outcome, once, and that is stored', async () => {
    const { registry, store, ended } = await bed();
    const [first, second, other] = [
      await reserved(registry, '17'),
      await reserved(registry, '17'),
      await reserved(registry, '18'),
    ];
    const report = { state: 'ended', outcome: 'timed-out' } as const;
    await say(registry, { '17': report, '99': report });
    expect(ended.sort()).toEqual([first, second].sort());
    expect(registry.lookup(first)).toMatchObject({ phase: 'ended', cause: 'job-ended', job: report });
    expect(registry.lookup(other)).toMatchObject({ phase: 'reserved' });
    await say(registry, { '17': { state: 'ended', outcome: 'failed' } });
    await say(registry, { '17': { state: 'running' } });
    expect(ended).toHaveLength(2);
    const kept = (await store.load()).find(({ name }) => name === first);
    expect(kept).toMatchObject({ phase: 'ended', cause: 'job-ended', job: report });
  });

  it('that a job has ended without a word how may be followed by the outcome', async () => {
    const { registry, store, ended } = await bed();
    const name = await reserved(registry, '17');
    await say(registry, { '17': { state: 'ended' } });
    expect(registry.wantedJobs()).toEqual(['17']);
    await say(registry, { '17': { state: 'unknown' } });
    await say(registry, { '17': { state: 'ended', outcome: 'out-of-memory' } });
    expect(registry.wantedJobs()).toEqual([]);
    expect(await store.load()).toEqual([registry.lookup(name)]);
    expect(registry.lookup(name)).toMatchObject({ cause: 'job-ended', job: { outcome: 'out-of-memory' } });
    // Nobody is told a second time that it has ended.
    expect(ended).toEqual([name]);
  });

  it('that comes after the job gave its name back adds the outcome, and changes nothing else', async () => {
    const { registry, clock } = await bed();
    const name = await reserved(registry, '17');
    const { revision: before, ...facts } = await registry.end(name, 'destroyed');
    await clock.leap(14 * MINUTE);
    const job = { state: 'ended', outcome: 'cancelled' } as const;
    await say(registry, { '17': job });
    const { revision, ...after } = registry.lookup(name) as Session;
    expect(after).toEqual({ ...facts, job, jobReportedAt: clock.now() });
    expect(revision).toBe(before + 1);
  });

  it.each(['waiting', 'running', 'unknown'] as const)('of a job that is %s ends nothing', async (state) => {
    const { registry, ended, backends } = await bed();
    const [waits, runs] = [await reserved(registry, '17'), await reserved(registry, '17')];
    backends.certificates.set(4444, CERTIFICATE);
    await registry.redeem(runs, { address: '10.1.2.3', port: 4444 });
    await say(registry, { '17': { state } });
    expect(ended).toEqual([]);
    expect(registry.lookup(waits)).toMatchObject({ phase: 'reserved', job: { state } });
    expect(registry.lookup(runs)).toMatchObject({ phase: 'ready', job: { state } });
  });

  it('that a job still waits keeps its reservation beyond 30 days, and writes only when it must', async () => {
    const { registry, clock, stored, ended } = await bed();
    const name = await reserved(registry, '17');
    stored.length = 0;
    for (let day = 0; day < 100; day++) {
      await clock.leap(DAY);
      await say(registry, { '17': { state: 'waiting', reason: 'Priority' } });
    }
    expect(registry.lookup(name)).toMatchObject({ phase: 'reserved', job: { reason: 'Priority' } });
    expect(ended).toEqual([]);
    expect(stored.length).toBeLessThan(10);
    // When the feeder says no more of it, it goes.
    await clock.leap(31 * DAY);
    expect(registry.lookup(name)).toMatchObject({ phase: 'ended', cause: 'expired' });
  });

  it("moves a running job's end, and is written only when the end is another", async () => {
    const { registry, clock, stored, backends } = await bed();
    const name = await reserved(registry, '17');
    backends.certificates.set(4444, CERTIFICATE);
    await registry.redeem(name, { address: '10.1.2.3', port: 4444 }, clock.now() + 60 * MINUTE);
    stored.length = 0;
    const endsAt = clock.now() + 600 * MINUTE;
    for (let round = 0; round < 5; round++) {
      await say(registry, { '17': { state: 'running', endsAt: new Date(endsAt).toISOString() } });
    }
    expect(registry.lookup(name)).toMatchObject({ phase: 'ready', endsAt });
    expect(stored).toHaveLength(1);
    await clock.leap(604 * MINUTE);
    expect(registry.lookup(name)).toMatchObject({ phase: 'ready' });
    await clock.leap(2 * MINUTE);
    expect(registry.lookup(name)).toMatchObject({ phase: 'ended', cause: 'time-is-up' });
  });

  it('that cannot be stored of one job keeps no other session open', async () => {
    const { registry, store, ended, clock, backends, deps } = await bed();
    backends.certificates.set(4444, CERTIFICATE);
    const [runs, over] = [await reserved(registry, '17'), await reserved(registry, '18')];
    for (const name of [runs, over]) await registry.redeem(name, { address: '10.1.2.3', port: 4444 });
    deps.store.replace = () => Promise.reject(new Error('the disk is full'));
    const endsAt = new Date(clock.now() + 600 * MINUTE).toISOString();
    const report = say(registry, { '17': { state: 'running', endsAt }, '18': { state: 'ended' } });
    await expect(report).rejects.toMatchObject({ code: 'cannot-store' });
    expect(ended).toEqual([over]);
    expect(registry.lookup(over)).toMatchObject({ phase: 'ended', cause: 'job-ended' });
    expect(await store.read(over)).toMatchObject({ phase: 'ready' });
  });

  it('is seen of classic sessions, which it does not end; update-jobs.cgi reaches no other ones', async () => {
    const { registry, ended } = await bed();
    const { name } = await registry.reserveClassic();
    await registry.link(name, '17');
    const own = await reserved(registry, '17');
    await registry.reportClassicJobs(new Map([['17', { state: 'running' }]]));
    expect(registry.lookup(name)).toMatchObject({ job: { state: 'running' } });
    expect(registry.lookup(own)?.job).toBeUndefined();
    await say(registry, { '17': { state: 'ended', outcome: 'failed' } });
    expect(registry.lookup(name)).toMatchObject({ phase: 'reserved', job: { state: 'ended' } });
    expect(ended).toEqual([own]);
  });
});
