import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../../src/proxy/registry/memory-store.js';
import type { Store } from '../../../../src/proxy/registry/store.js';
import { SWEEP_MS } from '../../../../src/proxy/registry/sweep.js';
import { CERTIFICATE, registryBed, settled, VIEWER_KEY, withResolvers } from './bed.js';

type Trouble = 'none' | 'before' | 'after';

/** A store whose disk fails: before a change is written, or after it, when nobody is told any more. */
function troubledStore(): { store: Store; trouble: { now: Trouble; reads?: boolean } } {
  const memory = createMemoryStore();
  const trouble: { now: Trouble; reads?: boolean } = { now: 'none' };
  const fails = () => Promise.reject(new Error('the disk is full'));
  return {
    trouble,
    store: {
      ...memory,
      read: (name) => (trouble.reads ? fails() : memory.read(name)),
      async replace(session) {
        if (trouble.now === 'before') return fails();
        const replaced = await memory.replace(session);
        return trouble.now === 'after' ? fails() : replaced;
      },
    },
  };
}

async function troubledBed() {
  const { store, trouble } = troubledStore();
  const bed = await registryBed({ store });
  const { session } = await bed.registry.reserve({
    certificateSha256: CERTIFICATE,
    viewerKeySha256: VIEWER_KEY,
  });
  return { ...bed, store, trouble, name: session.name };
}

describe.each(['before', 'after'] as const)('when the store fails %s it has written', (when) => {
  it('a change is refused, and the session takes the next one', async () => {
    const { registry, store, trouble, name } = await troubledBed();
    trouble.now = when;
    await expect(registry.link(name, '17')).rejects.toMatchObject({ code: 'cannot-store' });
    trouble.now = 'none';
    expect(await registry.link(name, '17')).toMatchObject({ jobId: '17' });
    expect(await store.read(name)).toMatchObject({ jobId: '17' });
  });

  it('an end holds at once, is not said to be stored, and is stored by the next sweep', async () => {
    const { registry, store, trouble, clock, name } = await troubledBed();
    trouble.now = when;
    trouble.reads = true;
    await expect(registry.end(name, 'destroyed')).rejects.toMatchObject({ code: 'cannot-store' });
    expect(registry.lookup(name)?.phase).toBe('ended');
    await expect(registry.end(name, 'destroyed')).rejects.toMatchObject({ code: 'cannot-store' });
    trouble.now = 'none';
    trouble.reads = false;
    await clock.advance(SWEEP_MS);
    await settled();
    expect(await store.read(name)).toMatchObject({ phase: 'ended', cause: 'destroyed' });
    expect(await registry.end(name, 'evicted')).toMatchObject({ cause: 'destroyed' });
  });
});

it('sessions whose time is up end while the store fails', async () => {
  const { registry, trouble, clock, name } = await troubledBed();
  trouble.now = 'before';
  await clock.leap(25 * 3_600_000);
  expect(registry.lookup(name)).toMatchObject({ phase: 'ended', cause: 'expired' });
});

it('a start on a disk that is full ends what cannot be proven again, serves the others, and stores that later', async () => {
  const { registry, store, trouble, clock, backends, deps, name } = await troubledBed();
  backends.certificates.set(4444, CERTIFICATE);
  await registry.redeem(name, { address: '10.1.2.3', port: 4444 });
  const classic = await registry.reserveClassic();
  await registry.redeemClassic(classic.name, { address: '10.1.2.3', port: 4444 });
  await registry.close();
  trouble.now = 'before';
  const next = await registryBed({ ...deps, clock });
  expect(next.registry.lookup(name)?.phase).toBe('ready');
  expect(next.registry.lookup(classic.name)).toMatchObject({ phase: 'ended', cause: 'proxy-restarted' });
  trouble.now = 'none';
  await clock.advance(SWEEP_MS);
  await settled();
  expect(await store.read(classic.name)).toMatchObject({ phase: 'ended', cause: 'proxy-restarted' });
  await next.registry.close();
});

describe('an end is in force at once', () => {
  const at = { address: '10.1.2.3', port: 4444 };

  /** A store that answers when it is told to. */
  async function slowBed() {
    const memory = createMemoryStore();
    const gate = withResolvers();
    let held = false;
    const store: Store = {
      ...memory,
      async replace(session) {
        const replaced = await memory.replace(session);
        if (held) await gate.promise;
        return replaced;
      },
    };
    const release = () => {
      held = false;
      gate.resolve();
    };
    return { ...(await registryBed({ store })), memory, hold: () => (held = true), release };
  }

  it('also while its classic redeem is being stored, and then no tether is opened', async () => {
    const { registry, backends, memory, hold, release } = await slowBed();
    backends.certificates.set(4444, CERTIFICATE);
    const { name } = await registry.reserveClassic();
    hold();
    const redeemed = registry.redeemClassic(name, at);
    await settled();
    const ended = registry.end(name, 'evicted');
    release();
    await Promise.all([redeemed, ended]);
    await settled();
    expect(backends.tethersTried).toBe(0);
    expect(await memory.read(name)).toMatchObject({ phase: 'ended', cause: 'evicted' });
    await registry.close();
  });

  it('while another change of the session is being stored, which does not bring it back', async () => {
    const { registry, backends, memory, hold, release } = await slowBed();
    backends.certificates.set(4444, CERTIFICATE);
    const { name } = await registry.reserveClassic();
    await registry.redeemClassic(name, at);
    await settled();
    expect(registry.lookup(name)?.phase).toBe('ready');
    hold();
    const linked = registry.link(name, '17');
    await settled();
    // Its Jupyter is gone, and whoever listens there now must not be served.
    backends.tethers[0]?.close();
    await settled();
    expect(registry.lookup(name)).toMatchObject({ phase: 'ended', cause: 'backend-gone' });
    release();
    await linked;
    await settled();
    expect(registry.lookup(name)?.phase).toBe('ended');
    expect(await memory.read(name)).toEqual(registry.lookup(name));
    await registry.close();
  });

  it('when the store did not even tell what became of the change before it', async () => {
    const { registry, store, trouble, clock, backends } = await troubledBed();
    backends.certificates.set(4444, CERTIFICATE);
    const { name } = await registry.reserveClassic();
    await registry.redeemClassic(name, at);
    await settled();
    trouble.now = 'before';
    trouble.reads = true;
    await expect(registry.link(name, '17')).rejects.toMatchObject({ code: 'cannot-store' });
    backends.tethers[0]?.close();
    await settled();
    expect(registry.lookup(name)).toMatchObject({ phase: 'ended', cause: 'backend-gone' });
    trouble.now = 'none';
    trouble.reads = false;
    await clock.advance(SWEEP_MS);
    await settled();
    expect(await store.read(name)).toMatchObject({ phase: 'ended', cause: 'backend-gone' });
    await registry.close();
  });
});
