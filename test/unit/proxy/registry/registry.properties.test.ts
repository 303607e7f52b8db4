/** Whatever is called in whatever order, time passing and Jupyters coming and going: what must always hold. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONGEST } from '../../../../src/proxy/registry/lifetimes.js';
import { createMemoryStore } from '../../../../src/proxy/registry/memory-store.js';
import { Refusal } from '../../../../src/proxy/registry/refusal.js';
import type { Registry } from '../../../../src/proxy/registry/registry.js';
import type { Session } from '../../../../src/proxy/registry/session.js';
import type { Store } from '../../../../src/proxy/registry/store.js';
import type { JobReport } from '../../../../src/satellite/protocol.js';
import { CERTIFICATE, registryBed, settled, VIEWER_KEY, type Backends, type HandClock } from './bed.js';

const ORDER: Record<Session['phase'], number> = { reserved: 0, mapped: 1, ready: 2, ended: 3 };

/** What a session is and stays, whatever happens to it. */
const factsOf = ({ name, kind, source, createdAt, secretSha256, viewerKeySha256 }: Session) => ({
  ...{ name, kind, source, createdAt, secretSha256, viewerKeySha256 },
});

/** A memory store that looks at every write. What it finds is thrown by `expectKept`: the registry takes errors of stores. */
function watchedStore(): Store & { stored: Map<string, Session>; expectKept: () => void } {
  const store = createMemoryStore();
  const stored = new Map<string, Session>();
  const found: unknown[] = [];
  const look = (check: () => void): void => {
    try {
      check();
    } catch (error) {
      found.push(error);
    }
  };
  return {
    ...store,
    stored,
    expectKept() {
      for (const error of found) throw error;
    },
    async create(session) {
      look(() => expect(session).toMatchObject({ phase: 'reserved', revision: 1 }));
      // A name that was ever given is not given again.
      look(() => expect([...stored.keys()]).not.toContain(session.name));
      stored.set(session.name, session);
      return store.create(session);
    },
    async replace(session) {
      const before = stored.get(session.name)!;
      look(() => expectGoesOn(before, session));
      stored.set(session.name, session);
      return store.replace(session);
    },
  };
}

function expectGoesOn(before: Session, after: Session): void {
  expect(after.revision).toBe(before.revision + 1);
  expect(factsOf(after)).toEqual(factsOf(before));
  expect(ORDER[after.phase]).toBeGreaterThanOrEqual(ORDER[before.phase]);
  if (before.jobId !== undefined) expect(after.jobId).toBe(before.jobId);
  if (before.phase === 'ended') {
    const { endedAt, cause } = before;
    expect(after).toMatchObject({ endedAt, cause });
  }
  if ('backend' in before && 'backend' in after) {
    expect(after.backend).toEqual(before.backend);
    expect(after.certificateSha256).toBe(before.certificateSha256);
  }
}

interface World {
  registry: Registry;
  clock: HandClock;
  backends: Backends;
  names: string[];
}

type Step = (world: World) => Promise<unknown>;

const which = fc.nat({ max: 3 });
const port = fc.integer({ min: 5000, max: 5002 });
const address = fc.constantFrom('10.0.0.1', '10.0.0.2');
const jobId = fc.constantFrom('17', '18');
const ending = fc.option(fc.integer({ min: -1e12, max: 1e14 }), { nil: undefined });
const report: fc.Arbitrary<JobReport> = fc.record(
  {
    state: fc.constantFrom('waiting' as const, 'running' as const, 'ended' as const, 'unknown' as const),
    endsAt: fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date(8e14) })
      .map((date) => date.toISOString()),
  },
  { requiredKeys: ['state'] },
);

const pick = ({ names }: World, index: number): string =>
  names[index % Math.max(names.length, 1)] ?? 'never-given-out';

const step: fc.Arbitrary<[what: string, Step]> = fc.oneof(
  fc
    .constantFrom(CERTIFICATE, undefined)
    .map((certificateSha256): [string, Step] => [
      `reserve ${certificateSha256 ? 'pinned' : 'plain'}`,
      async ({ registry, names }) =>
        names.push(
          (await registry.reserve({ certificateSha256, viewerKeySha256: VIEWER_KEY }, '10.9.9.9')).session
            .name,
        ),
    ]),
  fc.constant<[string, Step]>([
    'getlink',
    async ({ registry, names }) => names.push((await registry.reserveClassic()).name),
  ]),
  fc
    .tuple(which, jobId)
    .map(([index, job]): [string, Step] => [
      `link ${index} ${job}`,
      (world) => world.registry.link(pick(world, index), job),
    ]),
  fc
    .tuple(which, address, port, ending)
    .map(([index, at, on, endsAt]): [string, Step] => [
      `redeem ${index} ${at}:${on} ${endsAt ?? ''}`,
      (world) => world.registry.redeem(pick(world, index), { address: at, port: on }, endsAt),
    ]),
  fc
    .tuple(which, ending, fc.boolean())
    .map(([index, at = 0, near]): [string, Step] => [
      `announce ${index} ${at} ${near ? 'near' : 'put off'}`,
      (world) => world.registry.announceEnd(pick(world, index), { at, near }),
    ]),
  fc
    .tuple(which, address, port)
    .map(([index, at, on]): [string, Step] => [
      `redeem classic ${index} ${at}:${on}`,
      (world) => world.registry.redeemClassic(pick(world, index), { address: at, port: on }),
    ]),
  fc
    .tuple(port, fc.constantFrom(CERTIFICATE, 'f'.repeat(64), undefined))
    .map(([on, certificate]): [string, Step] => [
      `at ${on} listens ${certificate?.slice(0, 1) ?? 'nobody'}`,
      ({ backends }) => {
        if (certificate === undefined) backends.certificates.delete(on);
        else backends.certificates.set(on, certificate);
        return Promise.resolve();
      },
    ]),
  which.map((index): [string, Step] => [
    `tether ${index} closes`,
    ({ backends }) =>
      Promise.resolve(backends.tethers.at(index % Math.max(backends.tethers.length, 1))?.close()),
  ]),
  fc
    .dictionary(jobId, report)
    .map((jobs): [string, Step] => [
      `feed ${JSON.stringify(jobs)}`,
      ({ registry }) => registry.reportJobs(new Map(Object.entries(jobs))),
    ]),
  fc
    .dictionary(jobId, report)
    .map((jobs): [string, Step] => [
      `update-jobs ${JSON.stringify(jobs)}`,
      ({ registry }) => registry.reportClassicJobs(new Map(Object.entries(jobs))),
    ]),
  fc
    .tuple(which, fc.constantFrom('destroyed' as const, 'evicted' as const))
    .map(([index, cause]): [string, Step] => [
      `end ${index} ${cause}`,
      (world) => world.registry.end(pick(world, index), cause),
    ]),
  fc
    .constantFrom(1_000, 3_600_000, 25 * 3_600_000, 40 * 86_400_000)
    .map((ms): [string, Step] => [`${ms} ms pass`, ({ clock }) => clock.leap(ms)]),
);

const scenario = fc.array(
  step.map(([what, run]) => Object.assign(run, { toString: () => what, [fc.toStringMethod]: () => what })),
  {
    maxLength: 40,
    size: 'max',
  },
);

describe('any sequence of calls', () => {
  it('keeps what must stay, in the store and for every lookup', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(scenario, fc.boolean(), async (steps, together) => {
        const store = watchedStore();
        const { registry, clock, backends } = await registryBed({
          store,
          settings: { allowPlainBackends: true },
        });
        const world: World = { registry, clock, backends, names: [] };
        const ended = new Map<string, Session>();
        registry.onEnded((session) => {
          // Told once, and seen by lookups when it is told.
          expect(ended.has(session.name)).toBe(false);
          ended.set(session.name, session);
          expect(registry.lookup(session.name)?.phase).toBe('ended');
        });
        // There from the start, so that what comes together can meet in them.
        const pinned = { certificateSha256: CERTIFICATE, viewerKeySha256: VIEWER_KEY };
        world.names.push(
          (await registry.reserve(pinned)).session.name,
          (await registry.reserveClassic()).name,
        );
        const done: Promise<unknown>[] = [];
        for (const run of steps) {
          const task = run(world).catch((error: unknown) => {
            if (!(error instanceof Refusal)) throw error;
          });
          done.push(task);
          // One after the other, or all at once: a call may come while others wait.
          if (!together) await task;
          for (const session of store.stored.values()) {
            const seen = registry.lookup(session.name);
            // On its way into the store.
            if (!seen) continue;
            // Served is only what the store has; an end is in force before.
            if (seen.phase === 'ready') expect(session.phase).toBe('ready');
            if (ended.has(session.name)) expect(seen.phase).toBe('ended');
            if (seen.phase === 'ready' || seen.phase === 'mapped') {
              expect(seen.endsAt).toBeLessThanOrEqual(clock.now() + LONGEST);
            }
          }
        }
        await Promise.all(done);
        await settled();
        store.expectKept();
        for (const session of store.stored.values()) {
          const seen = registry.lookup(session.name)!;
          expect(seen.phase).toBe(session.phase);
          expect(seen.revision).toBe(session.revision);
          expect(ended.has(session.name)).toBe(session.phase === 'ended');
        }
        await registry.close();
      }),
      { numRuns: 300 },
    );
  });
});
