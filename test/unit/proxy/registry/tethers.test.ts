import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../../src/proxy/registry/memory-store.js';
import { CERTIFICATE, registryBed, settled, VIEWER_KEY } from './bed.js';

const BACKEND = { address: '10.1.2.3', port: 4444 };

async function mappedBed() {
  const bed = await registryBed();
  const { name } = await bed.registry.reserveClassic();
  await bed.registry.redeemClassic(name, BACKEND);
  return { ...bed, name };
}

describe('a classic session', () => {
  it('is redeemed at once and served when Jupyter listens', async () => {
    const { registry, clock, backends, name } = await mappedBed();
    expect(registry.lookup(name)).toMatchObject({ phase: 'mapped', backend: BACKEND });
    await clock.advance(60_000);
    expect(registry.lookup(name)?.phase).toBe('mapped');
    expect(backends.tethersTried).toBeGreaterThan(30);
    backends.certificates.set(4444, 'any');
    await clock.advance(1_000);
    expect(registry.lookup(name)?.phase).toBe('ready');
  });

  it('ends at once when its tether closes', async () => {
    const { registry, clock, backends, name } = await mappedBed();
    const causes: string[] = [];
    registry.onEnded(({ cause }) => causes.push(cause));
    backends.certificates.set(4444, 'any');
    await clock.advance(1_000);
    backends.tethers[0]!.close();
    await settled();
    expect(registry.lookup(name)).toMatchObject({ phase: 'ended', cause: 'backend-gone' });
    expect(causes).toEqual(['backend-gone']);
  });

  it('ends when nobody listens for ten minutes', async () => {
    const { registry, clock, name } = await mappedBed();
    await clock.advance(9 * 60_000);
    expect(registry.lookup(name)?.phase).toBe('mapped');
    await clock.advance(61_000);
    expect(registry.lookup(name)).toMatchObject({ phase: 'ended', cause: 'backend-gone' });
  });

  it('lets go of its backend when it is destroyed, waiting or served', async () => {
    const served = await mappedBed();
    served.backends.certificates.set(4444, 'any');
    await served.clock.advance(1_000);
    await served.registry.end(served.name, 'destroyed');
    expect(served.backends.tethers[0]!.cut).toBe(true);
    expect(served.registry.lookup(served.name)).toMatchObject({ cause: 'destroyed' });

    const waiting = await mappedBed();
    await waiting.registry.end(waiting.name, 'destroyed');
    const tried = waiting.backends.tethersTried;
    await waiting.clock.advance(60_000);
    expect(waiting.backends.tethersTried).toBe(tried);
  });

  it('is redeemed once, of 40 at the same time', async () => {
    const { registry } = await registryBed();
    const { name } = await registry.reserveClassic();
    const all = Array.from({ length: 40 }, () => registry.redeemClassic(name, BACKEND));
    const won = (await Promise.allSettled(all)).filter(({ status }) => status === 'fulfilled');
    expect(won).toHaveLength(1);
  });

  it('does not end because the proxy stops, but when it starts again: who listens there cannot be proven', async () => {
    const store = createMemoryStore();
    const first = await registryBed({ store });
    first.backends.certificates.set(4444, 'any');
    const { name } = await first.registry.reserveClassic();
    await first.registry.redeemClassic(name, BACKEND);
    await settled();
    expect(first.registry.lookup(name)?.phase).toBe('ready');
    await first.registry.close();
    await settled();
    expect(first.backends.tethers[0]!.cut).toBe(true);
    const second = await registryBed({ store });
    expect(second.registry.lookup(name)).toMatchObject({ phase: 'ended', cause: 'proxy-restarted' });
    expect(await store.load()).toMatchObject([{ name, phase: 'ended' }]);
  });
});

describe('a v1 session without a certificate', () => {
  async function plainBed() {
    const bed = await registryBed({ settings: { allowPlainBackends: true } });
    const { session } = await bed.registry.reserve({ viewerKeySha256: VIEWER_KEY });
    return { ...bed, name: session.name };
  }

  it('is redeemed only with an open tether, and ends with it', async () => {
    const { registry, backends, name } = await plainBed();
    await expect(registry.redeem(name, BACKEND)).rejects.toMatchObject({ code: 'backend-unreachable' });
    backends.certificates.set(4444, 'any');
    expect(await registry.redeem(name, BACKEND)).toMatchObject({ phase: 'ready' });
    backends.tethers[0]!.close();
    await settled();
    expect(registry.lookup(name)).toMatchObject({ phase: 'ended', cause: 'backend-gone' });
  });

  it('does not end a pinned session of the same address and port', async () => {
    const { registry, backends, name } = await plainBed();
    backends.certificates.set(4444, CERTIFICATE);
    const pinned = await registry.reserve({ certificateSha256: CERTIFICATE, viewerKeySha256: VIEWER_KEY });
    await registry.redeem(pinned.session.name, BACKEND);
    await registry.redeem(name, BACKEND);
    expect(registry.lookup(pinned.session.name)?.phase).toBe('ready');
  });
});
