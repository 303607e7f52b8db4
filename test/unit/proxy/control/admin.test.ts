import { describe, expect, it } from 'vitest';
import { parseNetworks } from '../../../../src/proxy/network/addresses.js';
import { CERTIFICATE } from '../registry/bed.js';
import { ADMIN_TOKEN, controlBed, FEEDER_SECRET } from './bed.js';

const SESSIONS = '/api/v1/sessions';
const secret = ADMIN_TOKEN;
/** Holds no loopback address: whoever calls from there is on the proxy's own machine. */
const elsewhere = parseNetworks(['10.0.0.0/8']);

describe('the administrator', () => {
  it('sees every session that has not ended, with who, what and where, and no secret', async () => {
    const { call, reserve, getLink, registry, backends } = await controlBed();
    backends.certificates.set(4444, CERTIFICATE);
    const ready = await reserve();
    await registry.link(ready.name, '17');
    await registry.redeem(
      ready.name,
      { address: '2001:db8::7', port: 4444 },
      Date.parse('2026-03-01T14:00:00Z'),
    );
    const token = await getLink();
    const ended = await reserve();
    await registry.end(ended.name, 'destroyed');
    const answer = await call(SESSIONS, { secret });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      sessions: [
        {
          name: ready.name,
          kind: 'v1',
          phase: 'ready',
          source: '127.0.0.1',
          jobId: '17',
          connections: 3,
          createdAt: '2026-03-01T12:00:00.000Z',
          expiresAt: '2026-03-01T14:00:00.000Z',
          backend: '[2001:db8::7]:4444',
        },
        {
          name: token,
          kind: 'classic',
          phase: 'reserved',
          source: '127.0.0.1',
          connections: 3,
          createdAt: '2026-03-01T12:00:00.000Z',
          expiresAt: '2026-03-03T13:00:00.000Z',
        },
      ],
    });
    expect(answer.text).not.toContain(ready.redeemSecret);
    expect(answer.text).not.toContain('ha256');
  });

  it('ends a session, once and for all, and it is known who did it', async () => {
    const { call, reserve, registry, logged } = await controlBed();
    const { name, redeemSecret } = await reserve();
    const evict = (given?: string) => call(`${SESSIONS}/${name}/evict`, { method: 'POST', secret: given });
    for (const wrong of [undefined, 'wrong', redeemSecret, FEEDER_SECRET]) {
      expect(await evict(wrong)).toMatchObject({ status: 403, json: { code: 'bad-secret' } });
    }
    expect(registry.lookup(name)?.phase).toBe('reserved');
    expect((await evict(secret)).status).toBe(204);
    expect((await evict(secret)).status).toBe(204);
    expect(registry.lookup(name)).toMatchObject({ phase: 'ended', cause: 'evicted' });
    expect(logged('evict').at(-1)).toEqual({ kind: 'v1', source: '127.0.0.1', session: name });
    const own = await call(`${SESSIONS}/${name}`, { secret: redeemSecret });
    expect(own.json).toMatchObject({ phase: 'ended', cause: 'an administrator of the proxy ended it' });
    const unknown = await call(`${SESSIONS}/no-such-name/evict`, { method: 'POST', secret });
    expect(unknown).toMatchObject({ status: 404, json: { code: 'unknown-session' } });
  });

  it('may call on the proxy’s own machine, which need not be trusted, and from nowhere else', async () => {
    const { call, registry } = await controlBed({ trustedNetworks: elsewhere });
    const { session } = await registry.reserveClassic().then((made) => ({ session: made }));
    expect((await call(SESSIONS, { secret })).status).toBe(200);
    const evict = { method: 'POST', secret };
    expect((await call(`${SESSIONS}/${session.name}/evict`, evict)).status).toBe(204);
    for (const [path, method] of [
      [SESSIONS, 'POST'],
      ['/api/v1/jobs', 'GET'],
      [`${SESSIONS}/${session.name}`, 'GET'],
      [`${SESSIONS}/${session.name}`, 'DELETE'],
    ] as const) {
      expect(await call(path, { method, secret })).toMatchObject({
        status: 403,
        json: { code: 'outside-trusted-networks' },
      });
    }
  });

  it('is not there when none is configured, and never for a browser', async () => {
    const off = await controlBed({ adminTokenSha256: undefined });
    for (const given of [undefined, '', ADMIN_TOKEN]) {
      expect(await off.call(SESSIONS, { secret: given })).toMatchObject({
        status: 404,
        json: { code: 'no-such-call' },
      });
    }
    const on = await controlBed();
    const headers = { origin: 'https://evil.example' };
    expect((await on.call(SESSIONS, { secret, headers })).status).toBe(403);
  });
});
