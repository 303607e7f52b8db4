/** Sessions without a pin, when the store fails after it has written: nobody may be served without a tether. */
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../../src/proxy/registry/memory-store.js';
import { SWEEP_MS } from '../../../../src/proxy/registry/sweep.js';
import { registryBed, settled, VIEWER_KEY } from './bed.js';

const BACKEND = { address: '10.1.2.3', port: 4444 };

async function troubledBed() {
  const memory = createMemoryStore();
  const trouble = { now: false };
  const store: typeof memory = {
    ...memory,
    async replace(session) {
      const done = await memory.replace(session);
      if (trouble.now) throw new Error('nobody can tell');
      return done;
    },
  };
  const bed = await registryBed({ store, settings: { allowPlainBackends: true } });
  const { backends, registry } = bed;
  backends.certificates.set(BACKEND.port, 'any');
  /** Served only while a tether stands: what every one of these tests is about. */
  const served = (name: string) => {
    const ready = registry.lookup(name)?.phase === 'ready';
    if (ready) expect(backends.tethers.filter(({ cut }) => !cut)).toHaveLength(1);
    return ready;
  };
  return { ...bed, trouble, served };
}

describe('when nobody can tell whether a change was stored', () => {
  it('a plain session whose redeem was refused is not served, and can be redeemed again', async () => {
    const { registry, clock, trouble, served } = await troubledBed();
    const { session } = await registry.reserve({ viewerKeySha256: VIEWER_KEY });
    trouble.now = true;
    await expect(registry.redeem(session.name, BACKEND)).rejects.toMatchObject({ code: 'cannot-store' });
    trouble.now = false;
    await clock.advance(SWEEP_MS);
    expect(served(session.name)).toBe(false);
    await registry.link(session.name, '17');
    expect(served(session.name)).toBe(false);
    await registry.redeem(session.name, BACKEND);
    expect(served(session.name)).toBe(true);
  });

  it('a classic session whose redeem was refused can be redeemed again, and is served then', async () => {
    const { registry, clock, trouble, served } = await troubledBed();
    const { name } = await registry.reserveClassic();
    trouble.now = true;
    await expect(registry.redeemClassic(name, BACKEND)).rejects.toMatchObject({ code: 'cannot-store' });
    trouble.now = false;
    await clock.advance(SWEEP_MS);
    await registry.redeemClassic(name, BACKEND);
    await clock.advance(1_000);
    expect(served(name)).toBe(true);
  });

  it('a classic session whose tether is open keeps it, and is served once that can be stored', async () => {
    const { registry, clock, backends, trouble, served } = await troubledBed();
    const { name } = await registry.reserveClassic();
    backends.certificates.clear();
    await registry.redeemClassic(name, BACKEND);
    trouble.now = true;
    backends.certificates.set(BACKEND.port, 'any');
    await clock.advance(5_000);
    expect(backends.tethers).toHaveLength(1);
    expect(served(name)).toBe(false);
    trouble.now = false;
    await clock.advance(SWEEP_MS);
    expect(served(name)).toBe(true);
    expect(backends.tethers).toHaveLength(1);
    backends.tethers[0]!.close();
    await settled();
    expect(registry.lookup(name)).toMatchObject({ phase: 'ended', cause: 'backend-gone' });
  });

  it('and the tether closes meanwhile, the session ends', async () => {
    const { registry, clock, backends, trouble } = await troubledBed();
    const { name } = await registry.reserveClassic();
    trouble.now = true;
    await registry.redeemClassic(name, BACKEND).catch(() => undefined);
    trouble.now = false;
    await registry.redeemClassic(name, BACKEND);
    trouble.now = true;
    await clock.advance(2_000);
    backends.tethers[0]!.close();
    await clock.advance(2_000);
    expect(registry.lookup(name)).toMatchObject({ phase: 'ended', cause: 'backend-gone' });
    trouble.now = false;
    await clock.advance(SWEEP_MS);
    expect(backends.tethers).toHaveLength(1);
  });
});
