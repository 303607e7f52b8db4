import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { shareDescriptors } from '../../../../src/proxy/data/descriptors.js';
import { limitProofs } from '../../../../src/proxy/data/proofs.js';
import { Refusal } from '../../../../src/proxy/registry/refusal.js';
import { CERTIFICATE, registryBed, settled, VIEWER_KEY, withResolvers } from '../registry/bed.js';

const folder = mkdtempSync(join(tmpdir(), 'sj-shares-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function shares(soft: string) {
  const file = join(folder, 'limits');
  writeFileSync(
    file,
    `Limit   Soft Limit  Hard Limit  Units\nMax open files            ${soft}  524288  files\n`,
  );
  return shareDescriptors(file);
}

describe('the descriptors', () => {
  it.each([16, 256, 1024, 4096, 65_536, 524_288])('%d are never shared out twice', (all) => {
    const { connections, proofs } = shares(String(all));
    expect(connections).toBeGreaterThan(0);
    expect(proofs).toBeGreaterThan(0);
    expect(2 * connections + proofs).toBeLessThanOrEqual(all - Math.min(64, all / 4));
  });

  it('are few where nobody says how many', () => {
    expect(shareDescriptors(join(folder, 'nothing'))).toEqual(shares('1024'));
    expect(shares('unlimited')).toEqual(shares('1024'));
  });
});

describe('looks at backends', () => {
  const BACKEND = { address: '10.1.2.3', port: 4444 };
  const signal = new AbortController().signal;

  it('are no more at once than they may be, tethers for as long as they stand', async () => {
    const events: unknown[] = [];
    const tether = withResolvers();
    const look = withResolvers();
    const doors = limitProofs(
      {
        verifyBackend: () => look.promise,
        openTether: () => Promise.resolve({ closed: tether.promise }),
      },
      2,
      (event, fields) => events.push({ event, ...fields }),
    );
    await doors.openTether(BACKEND, signal);
    const looking = doors.verifyBackend(BACKEND, CERTIFICATE, signal);
    const busy = { code: 'limit-reached', retryAfterSeconds: 5 };
    await expect(doors.openTether(BACKEND, signal)).rejects.toMatchObject(busy);
    await expect(doors.verifyBackend(BACKEND, CERTIFICATE, signal)).rejects.toMatchObject(busy);
    expect(events).toEqual(Array(2).fill({ event: 'limit-reached', limit: 'backend-proofs' }));
    look.resolve();
    await looking;
    await doors.openTether(BACKEND, signal);
    await expect(doors.openTether(BACKEND, signal)).rejects.toMatchObject(busy);
    tether.resolve();
    await settled();
    await doors.openTether(BACKEND, signal);
  });

  it('at one address leave room for others, and tethers leave room for looks', async () => {
    const never = new Promise<void>(() => undefined);
    const doors = limitProofs(
      { verifyBackend: () => never, openTether: () => Promise.resolve({ closed: never }) },
      100,
      () => undefined,
    );
    const at = (address: string) => ({ address, port: 4444 });
    const busy = { code: 'limit-reached' };
    // A node that accepts and says nothing.
    for (let look = 0; look < 25; look++) void doors.verifyBackend(at('10.1.2.3'), CERTIFICATE, signal);
    await expect(doors.verifyBackend(at('10.1.2.3'), CERTIFICATE, signal)).rejects.toMatchObject(busy);
    await expect(doors.openTether(at('10.1.2.3'), signal)).rejects.toMatchObject(busy);
    // Classic sessions without end, on many nodes.
    for (let opened = 0; opened < 50; opened++) await doors.openTether(at(`10.1.3.${opened}`), signal);
    await expect(doors.openTether(at('10.1.4.1'), signal)).rejects.toMatchObject(busy);
    for (let look = 0; look < 25; look++) void doors.verifyBackend(at('10.1.4.1'), CERTIFICATE, signal);
    await expect(doors.verifyBackend(at('10.1.4.2'), CERTIFICATE, signal)).rejects.toMatchObject(busy);
  });

  it('are given back when they fail', async () => {
    const no = () => Promise.reject(new Refusal('backend-unreachable', 'nobody listens'));
    const doors = limitProofs({ verifyBackend: no, openTether: no }, 1, () => undefined);
    for (let again = 0; again < 5; again++) {
      await expect(doors.openTether(BACKEND, signal)).rejects.toMatchObject({ code: 'backend-unreachable' });
      await expect(doors.verifyBackend(BACKEND, CERTIFICATE, signal)).rejects.toMatchObject({
        code: 'backend-unreachable',
      });
    }
  });

  it('that there is no room for use up no try of a redeem, and a classic session waits for its tether', async () => {
    let full = true;
    const { registry, backends, clock } = await registryBed();
    const bed = await registryBed({
      clock,
      verifyBackend: (...call) =>
        full ? Promise.reject(new Refusal('limit-reached', 'busy')) : backends.verify(...call),
      openTether: (...call) =>
        full ? Promise.reject(new Refusal('limit-reached', 'busy')) : backends.open(...call),
    });
    backends.certificates.set(4444, CERTIFICATE);
    const { session } = await bed.registry.reserve({
      certificateSha256: CERTIFICATE,
      viewerKeySha256: VIEWER_KEY,
    });
    for (let again = 0; again < 12; again++) {
      await expect(bed.registry.redeem(session.name, BACKEND)).rejects.toMatchObject({
        code: 'limit-reached',
      });
    }
    const classic = await bed.registry.reserveClassic();
    backends.certificates.set(5000, CERTIFICATE);
    await bed.registry.redeemClassic(classic.name, { ...BACKEND, port: 5000 });
    await clock.advance(5_000);
    expect(bed.registry.lookup(classic.name)?.phase).toBe('mapped');
    full = false;
    expect((await bed.registry.redeem(session.name, BACKEND)).phase).toBe('ready');
    await clock.advance(1_000);
    expect(bed.registry.lookup(classic.name)?.phase).toBe('ready');
    await Promise.all([registry.close(), bed.registry.close()]);
  });
});
