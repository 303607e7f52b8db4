import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../../src/proxy/registry/memory-store.js';
import type { Registry } from '../../../../src/proxy/registry/registry.js';
import type { Session } from '../../../../src/proxy/registry/session.js';
import { MAX_REDEEM_TRIES } from '../../../../src/proxy/registry/transitions.js';
import { sha256Hex } from '../../../../src/satellite/protocol.js';
import { CERTIFICATE, registryBed, settled, VIEWER_KEY, withResolvers } from './bed.js';

const at = (port: number, address = '10.1.2.3') => ({ address, port });
const HOUR = 3_600_000;

async function reserved(registry: Registry, certificateSha256 = CERTIFICATE): Promise<string> {
  const { session } = await registry.reserve({ certificateSha256, viewerKeySha256: VIEWER_KEY });
  return session.name;
}

describe('a reservation', () => {
  it('gives a secret of 256 bits that is kept as a digest only', async () => {
    const { registry, deps } = await registryBed();
    const { session, secret } = await registry.reserve({
      certificateSha256: CERTIFICATE,
      viewerKeySha256: VIEWER_KEY,
    });
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(session.secretSha256).toBe(sha256Hex(secret));
    expect(JSON.stringify([session, await deps.store.load()])).not.toContain(secret);
    expect(registry.lookup(session.name)).toBe(session);
  });

  it('needs a certificate unless the site does without', async () => {
    const strict = await registryBed();
    await expect(strict.registry.reserve({ viewerKeySha256: VIEWER_KEY })).rejects.toMatchObject({
      code: 'plain-backends-refused',
    });
    const lax = await registryBed({ settings: { allowPlainBackends: true } });
    await expect(lax.registry.reserve({ viewerKeySha256: VIEWER_KEY })).resolves.toBeDefined();
  });

  it('never gives a name again for 400 days after its end', async () => {
    const picks: number[] = [];
    const bed = await registryBed({
      random: { int: () => picks.shift() ?? 7, bytes: (count) => Buffer.alloc(count) },
    });
    const first = await reserved(bed.registry);
    await bed.registry.end(first, 'destroyed');
    await bed.clock.leap(399 * 24 * HOUR);
    picks.push(7, 7, 7, 8, 8, 8);
    expect(await reserved(bed.registry)).not.toBe(first);
    await expect(reserved(bed.registry)).rejects.toMatchObject({ code: 'cannot-store' });
    await bed.clock.leap(25 * HOUR);
    expect(bed.registry.lookup(first)).toBeUndefined();
    expect(await reserved(bed.registry)).toBe(first);
  });
});

describe('a redeem', () => {
  it('makes the session ready only after its certificate was seen', async () => {
    const { registry, backends } = await registryBed();
    const name = await reserved(registry);
    backends.certificates.set(4444, CERTIFICATE);
    const gate = withResolvers();
    backends.gate = gate.promise;
    const redeem = registry.redeem(name, at(4444));
    await settled();
    expect(registry.lookup(name)?.phase).toBe('reserved');
    gate.resolve();
    expect(await redeem).toMatchObject({ phase: 'ready', backend: at(4444) });
    expect(registry.lookup(name)?.phase).toBe('ready');
  });

  it('lets one of 40 at the same time win', async () => {
    const { registry, backends } = await registryBed();
    const name = await reserved(registry);
    const ports = Array.from({ length: 40 }, (_, index) => 5000 + index);
    for (const port of ports) backends.certificates.set(port, CERTIFICATE);
    const results = await Promise.allSettled(ports.map((port) => registry.redeem(name, at(port))));
    const codes = results.map((it) =>
      it.status === 'rejected' ? (it.reason as { code: string }).code : 'won',
    );
    expect(codes.filter((code) => code === 'won')).toHaveLength(1);
    expect(codes.filter((code) => code === 'conflict')).toHaveLength(39);
  });

  it('answers the same again as before, 40 times at once with one look at the backend', async () => {
    const { registry, backends } = await registryBed();
    const name = await reserved(registry);
    backends.certificates.set(4444, CERTIFICATE);
    const all = await Promise.all(Array.from({ length: 40 }, () => registry.redeem(name, at(4444))));
    expect(new Set(all).size).toBe(1);
    expect(backends.verified).toBe(1);
    await expect(registry.redeem(name, at(4445))).rejects.toMatchObject({ code: 'conflict' });
  });

  it('that fails uses nothing up, ten times', async () => {
    const { registry, backends } = await registryBed();
    const name = await reserved(registry);
    backends.certificates.set(4445, 'd'.repeat(64));
    for (let count = 1; count < MAX_REDEEM_TRIES; count++) {
      const port = count % 2 ? 4444 : 4445;
      const code = count % 2 ? 'backend-unreachable' : 'certificate-mismatch';
      await expect(registry.redeem(name, at(port))).rejects.toMatchObject({ code });
    }
    backends.certificates.set(4446, CERTIFICATE);
    expect(await registry.redeem(name, at(4446))).toMatchObject({ phase: 'ready' });

    const other = await reserved(registry);
    for (let count = 0; count < MAX_REDEEM_TRIES; count++) {
      await expect(registry.redeem(other, at(4444))).rejects.toMatchObject({ code: 'backend-unreachable' });
    }
    await expect(registry.redeem(other, at(4446))).rejects.toMatchObject({ code: 'too-many-tries' });
  });

  it('does not hold up a destroy, and does not bring the session back', async () => {
    const { registry, backends } = await registryBed();
    const name = await reserved(registry);
    backends.certificates.set(4444, CERTIFICATE);
    backends.gate = withResolvers().promise;
    const redeem = registry.redeem(name, at(4444));
    const refused = expect(redeem).rejects.toMatchObject({ code: 'backend-unreachable' });
    await settled();
    await registry.end(name, 'destroyed');
    await refused;
    expect(registry.lookup(name)).toMatchObject({ phase: 'ended', cause: 'destroyed' });
  });

  it('gives up on a backend that does not answer', async () => {
    const { registry, backends, clock } = await registryBed();
    const name = await reserved(registry);
    backends.gate = withResolvers().promise;
    const refused = expect(registry.redeem(name, at(4444))).rejects.toMatchObject({
      code: 'backend-unreachable',
    });
    await clock.advance(10_000);
    await refused;
  });

  it('that is verified ends what had the same address and port with another certificate', async () => {
    const { registry, backends } = await registryBed();
    const [old, elsewhere] = [await reserved(registry), await reserved(registry)];
    backends.certificates.set(4444, CERTIFICATE);
    await registry.redeem(old, at(4444));
    await registry.redeem(elsewhere, at(4444, '10.9.9.9'));
    const newer = await reserved(registry, 'd'.repeat(64));
    backends.certificates.set(4444, 'd'.repeat(64));
    await registry.redeem(newer, at(4444));
    expect(registry.lookup(old)).toMatchObject({ phase: 'ended', cause: 'replaced' });
    expect(registry.lookup(elsewhere)?.phase).toBe('ready');
    expect(registry.lookup(newer)?.phase).toBe('ready');
  });

  it('is refused when the session has ended', async () => {
    const { registry } = await registryBed();
    const name = await reserved(registry);
    await registry.end(name, 'destroyed');
    await expect(registry.redeem(name, at(4444))).rejects.toMatchObject({ code: 'conflict' });
    await expect(registry.redeem('no-such-name', at(4444))).rejects.toMatchObject({
      code: 'unknown-session',
    });
  });
});

describe('time', () => {
  it('ends what is over, and tells who listens at once', async () => {
    const { registry, backends, clock } = await registryBed();
    const seen: string[] = [];
    registry.onEnded(({ name, cause }) => seen.push(`${name} ${cause}`));
    const [waiting, linked, ready] = [
      await reserved(registry),
      await reserved(registry),
      await reserved(registry),
    ];
    backends.certificates.set(4444, CERTIFICATE);
    await registry.link(linked, '17');
    await registry.redeem(ready, at(4444), clock.now() + 2 * HOUR);
    await clock.advance(2 * HOUR + 5 * 60_000 + 10_000);
    expect(seen).toEqual([`${ready} time-is-up`]);
    await clock.leap(22 * HOUR);
    expect(seen).toEqual([`${ready} time-is-up`, `${waiting} expired`]);
    await clock.leap(29 * 24 * HOUR);
    expect(seen.at(-1)).toBe(`${linked} expired`);
  });

  it('forgets the oldest ends first where there are more than memory is meant for', async () => {
    const { registry, clock, deps } = await registryBed({
      settings: { allowPlainBackends: false, mostTombstones: 3 },
    });
    const names: string[] = [];
    for (let made = 0; made < 5; made++) {
      const name = await reserved(registry);
      await registry.end(name, 'destroyed');
      names.push(name);
      await clock.advance(1);
    }
    expect(names.map((name) => registry.lookup(name)?.phase)).toEqual(Array(5).fill('ended'));
    await clock.advance(10_000);
    const kept = names.slice(2);
    expect(names.filter((name) => registry.lookup(name))).toEqual(kept);
    expect((await deps.store.load()).map(({ name }) => name)).toEqual(kept);
    await registry.close();
  });

  it('stops with the registry', async () => {
    const { registry, clock } = await registryBed();
    const name = await reserved(registry);
    await registry.close();
    await clock.leap(48 * HOUR);
    expect(registry.lookup(name)?.phase).toBe('reserved');
  });
});

describe('what a feeder says', () => {
  it('ends v1 sessions of an ended job and is shown of the others', async () => {
    const { registry, backends } = await registryBed();
    const [over, waiting] = [await reserved(registry), await reserved(registry)];
    const classic = (await registry.reserveClassic()).name;
    backends.certificates.set(4444, CERTIFICATE);
    await registry.redeem(over, at(4444));
    await registry.link(over, '1');
    await registry.link(waiting, '2');
    await registry.link(classic, '1');
    await registry.reportJobs(
      new Map([
        ['1', { state: 'ended' }],
        ['2', { state: 'waiting', reason: 'Priority' }],
      ]),
    );
    expect(registry.lookup(over)).toMatchObject({ phase: 'ended', cause: 'job-ended' });
    expect(registry.lookup(waiting)).toMatchObject({ phase: 'reserved', job: { reason: 'Priority' } });
    expect(registry.lookup(classic)).toMatchObject({ phase: 'reserved', job: { state: 'ended' } });
  });

  it('by the classic way touches no v1 session', async () => {
    const { registry } = await registryBed();
    const name = await reserved(registry);
    await registry.link(name, '1');
    const before = registry.lookup(name);
    await registry.reportClassicJobs(new Map([['1', { state: 'ended' }]]));
    expect(registry.lookup(name)).toBe(before);
  });
});

describe('the store', () => {
  it('that is slow gets the changes of one session one after the other, none is lost', async () => {
    const store = createMemoryStore();
    const replace = store.replace.bind(store);
    store.replace = async (session) => {
      await settled();
      return replace(session);
    };
    const { registry } = await registryBed({ store });
    const { name } = await registry.reserveClassic();
    await Promise.all([
      registry.link(name, '17'),
      registry.reportClassicJobs(new Map([['17', { state: 'running' }]])),
      registry.redeemClassic(name, at(4444)),
      registry.link(name, '17'),
    ]);
    expect(registry.lookup(name)).toMatchObject({ phase: 'mapped', jobId: '17', revision: 3 });
    expect(await store.load()).toMatchObject([{ phase: 'mapped', jobId: '17' }]);
  });

  it('that fails is said, and an end is in force all the same', async () => {
    const store = createMemoryStore();
    const { registry } = await registryBed({ store });
    const name = await reserved(registry);
    store.replace = () => Promise.reject(new Error('disk full'));
    await expect(registry.link(name, '17')).rejects.toMatchObject({ code: 'cannot-store' });
    expect(registry.lookup(name)?.jobId).toBeUndefined();
    await expect(registry.end(name, 'destroyed')).rejects.toMatchObject({ code: 'cannot-store' });
    expect(registry.lookup(name)?.phase).toBe('ended');
  });

  it('gives everything back to a new registry', async () => {
    const store = createMemoryStore();
    const first = await registryBed({ store });
    first.backends.certificates.set(4444, CERTIFICATE);
    const [ready, ended] = [await reserved(first.registry), await reserved(first.registry)];
    await first.registry.link(ready, '17');
    await first.registry.redeem(ready, at(4444));
    await first.registry.end(ended, 'destroyed');
    await first.registry.close();
    const second = await registryBed({ store });
    const facts = (registry: Registry): (Session | undefined)[] => [
      registry.lookup(ready),
      registry.lookup(ended),
    ];
    expect(facts(second.registry)).toEqual(facts(first.registry));
    expect(second.registry.lookup(ready)).toMatchObject({ phase: 'ready', jobId: '17' });
  });
});
