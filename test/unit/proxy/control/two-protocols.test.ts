import { describe, expect, it } from 'vitest';
import { CERTIFICATE } from '../registry/bed.js';
import { controlBed } from './bed.js';

describe('a name of our own protocol', () => {
  it('is unknown to every classic endpoint, reserved and served', async () => {
    const { call, reserve, registry, backends } = await controlBed();
    const { name, redeemSecret: secret } = await reserve();
    backends.certificates.set(5000, CERTIFICATE);
    for (const phase of ['reserved', 'ready']) {
      const said = async (endpoint: string) => (await call(`/${endpoint}`)).text;
      expect(await said(`redeemtoken.cgi?token=${name}&port=5000`)).toBe(
        'Oops! Unknown nonce or nonce already used\n',
      );
      const unknown = 'Oops! Unknown nonce or nonce already destroyed\n';
      expect(await said(`linktoken.cgi?token=${name}&jobid=1`)).toBe(unknown);
      expect(await said(`destroytoken.cgi?token=${name}`)).toBe(unknown);
      expect(await said(`tokenjobstate.cgi?token=${name}`)).toBe('');
      expect(registry.lookup(name)).toMatchObject({ phase, kind: 'v1' });
      expect(registry.lookup(name)?.jobId).toBeUndefined();
      await call(`/api/v1/sessions/${name}/redeem`, { method: 'POST', secret, body: { port: 5000 } });
    }
  });

  it("is not touched by what update-jobs.cgi says of its session's job", async () => {
    const { call, reserve, registry } = await controlBed();
    const { name, redeemSecret: secret } = await reserve();
    await call(`/api/v1/sessions/${name}/job`, { method: 'PUT', secret, body: { jobId: '17' } });
    await call('/update-jobs.cgi', { method: 'POST', body: 'jobstates=17 CANCELLED' });
    expect(registry.lookup(name)).toMatchObject({ phase: 'reserved' });
    expect(registry.lookup(name)?.job).toBeUndefined();
  });
});

describe('a classic name', () => {
  it('is unknown to our own protocol, with any secret, empty too', async () => {
    const { call, getLink, reserve, registry } = await controlBed();
    const name = await getLink();
    const { redeemSecret } = await reserve();
    const unknown = await call('/api/v1/sessions/no-such-name', { secret: redeemSecret });
    for (const secret of [undefined, '', 'undefined', name, redeemSecret]) {
      for (const [method, path, body] of [
        ['GET', '', undefined],
        ['DELETE', '', undefined],
        ['PUT', '/job', { jobId: '1' }],
        ['POST', '/redeem', { port: 5000 }],
      ] as const) {
        const answer = await call(`/api/v1/sessions/${name}${path}`, { method, secret, body });
        expect(answer).toMatchObject({ status: 404, text: unknown.text });
      }
    }
    expect(registry.lookup(name)).toMatchObject({ kind: 'classic', phase: 'reserved' });
  });
});
