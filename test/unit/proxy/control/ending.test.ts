/** What a session's own job, or its launcher, says of its end. */
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../../src/proxy/registry/memory-store.js';
import { CERTIFICATE } from '../registry/bed.js';
import { controlBed } from './bed.js';

/** A session that ends at two, at the hand clock's noon. */
async function readySession(...ways: Parameters<typeof controlBed>) {
  const bed = await controlBed(...ways);
  const { name, redeemSecret: secret } = await bed.reserve();
  const path = `/api/v1/sessions/${name}`;
  bed.backends.certificates.set(4444, CERTIFICATE);
  const redeem = { port: 4444, endsAt: '2026-03-01T14:00:00Z' };
  await bed.call(`${path}/redeem`, { method: 'POST', secret, body: redeem });
  const announce = (body: unknown, from?: string) =>
    bed.call(`${path}/ending`, { method: 'PUT', secret, body, ...(from === undefined ? {} : { from }) });
  const look = async () => (await bed.call(path, { secret })).json;
  return { ...bed, name, secret, path, announce, look };
}

describe('the end of a session', () => {
  it('is told to its owner once its job was warned of it', async () => {
    const { announce, look, logged, name } = await readySession();
    expect(await look()).not.toHaveProperty('ending');
    const near = { ending: { at: '2026-03-01T14:00:00.000Z' }, expiresAt: '2026-03-01T14:00:00.000Z' };
    for (let again = 0; again < 2; again++) {
      const answer = await announce({ endsAt: '2026-03-01T14:00:00Z', more: 'later' });
      expect(answer).toMatchObject({ status: 200, json: { phase: 'ready', ...near } });
    }
    expect(await look()).toMatchObject(near);
    expect(logged('ending')).toEqual([
      { kind: 'v1', source: '127.0.0.1', session: name },
      { kind: 'v1', source: '127.0.0.1', session: name },
    ]);
  });

  it('moves with a later one, so that the session is served for as long, and not with an earlier one', async () => {
    const { announce, look, registry, clock, name } = await readySession();
    await announce({ endsAt: '2026-03-01T13:00:00Z' });
    expect(await look()).toMatchObject({
      ending: { at: '2026-03-01T13:00:00.000Z' },
      expiresAt: '2026-03-01T14:00:00.000Z',
    });
    await announce({ endsAt: '2026-03-01T17:00:00Z', near: false });
    expect(await look()).toMatchObject({ expiresAt: '2026-03-01T17:00:00.000Z' });
    expect(await look()).not.toHaveProperty('ending');
    await clock.advance(4.5 * 3_600_000);
    expect(registry.lookup(name)?.phase).toBe('ready');
    await clock.advance(3_600_000);
    expect(await look()).toMatchObject({ phase: 'ended', cause: "the job's time was up" });
  });

  it('is believed for a year at most', async () => {
    const { announce, look } = await readySession();
    expect((await announce({ endsAt: '2999-01-01T00:00:00Z' })).status).toBe(200);
    expect((await look())['expiresAt']).toBe('2027-03-02T12:00:00.000Z');
  });

  it('is stored where it is a later one, and kept in memory alone where it is a warning', async () => {
    const store = createMemoryStore();
    const { announce, name } = await readySession({}, { store });
    const before = await store.read(name);
    await announce({ endsAt: '2026-03-01T14:00:30Z' });
    expect(await store.read(name)).toBe(before);
    await announce({ endsAt: '2026-03-01T15:00:00Z', near: false });
    expect(await store.read(name)).toMatchObject({ endsAt: Date.parse('2026-03-01T15:00:00Z') });
  });

  it('is near no more where a feeder knows a later one', async () => {
    const { announce, look, call, path, secret, registry } = await readySession();
    await call(`${path}/job`, { method: 'PUT', secret, body: { jobId: '17' } });
    await announce({ endsAt: '2026-03-01T14:00:00Z' });
    const running = (endsAt: string) => registry.reportJobs(new Map([['17', { state: 'running', endsAt }]]));
    await running('2026-03-01T13:59:50Z');
    expect(await look()).toHaveProperty('ending');
    await running('2026-03-01T18:00:00Z');
    expect(await look()).not.toHaveProperty('ending');
  });

  it.each([
    ['no end', {}, 'bad-request'],
    ['an end that is no date', { endsAt: 'soon' }, 'bad-request'],
    ['an end without a zone', { endsAt: '2026-03-01T14:00:00' }, 'bad-request'],
    ['an end that is long over', { endsAt: '2026-03-01T11:54:00Z' }, 'bad-request'],
    ['a word in the place of yes or no', { endsAt: '2026-03-01T14:00:00Z', near: 'no' }, 'bad-request'],
    ['an array', [], 'bad-request'],
  ])('is refused with %s, and nothing changes', async (_what, body, code) => {
    const { announce, look } = await readySession();
    expect(await announce(body)).toMatchObject({ status: 400, json: { code } });
    expect(await look()).not.toHaveProperty('ending');
  });

  it('that is just over is believed: clocks differ', async () => {
    const { announce } = await readySession();
    expect((await announce({ endsAt: '2026-03-01T11:58:00Z' })).status).toBe(200);
  });

  it('cannot be told of what nobody redeemed, nor of what has ended', async () => {
    const { announce, call, path, secret, reserve } = await readySession();
    const body = { endsAt: '2026-03-01T17:00:00Z' };
    const waiting = await reserve();
    const early = await call(`/api/v1/sessions/${waiting.name}/ending`, {
      method: 'PUT',
      secret: waiting.redeemSecret,
      body,
    });
    expect(early).toMatchObject({ status: 409, json: { code: 'conflict' } });
    await call(path, { method: 'DELETE', secret });
    expect(await announce(body)).toMatchObject({ status: 409, json: { code: 'conflict' } });
  });

  it('is nobody else’s to tell: a wrong secret, another session’s, none', async () => {
    const { call, path, reserve, look } = await readySession();
    const other = await reserve();
    for (const secret of ['wrong', other.redeemSecret, undefined]) {
      const body = { endsAt: '2026-03-01T17:00:00Z' };
      const answer = await call(`${path}/ending`, { method: 'PUT', ...(secret ? { secret } : {}), body });
      expect(answer).toMatchObject({ status: 404, json: { code: 'unknown-session' } });
    }
    expect(await look()).toMatchObject({ expiresAt: '2026-03-01T14:00:00.000Z' });
  });

  it('is a call of its own: no other method, and not for classic sessions', async () => {
    const { call, path, secret, getLink } = await readySession();
    expect(await call(`${path}/ending`, { method: 'POST', secret })).toMatchObject({
      status: 405,
      headers: { allow: 'PUT' },
    });
    const classic = await getLink();
    const answer = await call(`/api/v1/sessions/${classic}/ending`, {
      method: 'PUT',
      secret: classic,
      body: { endsAt: '2026-03-01T17:00:00Z' },
    });
    expect(answer.status).toBe(404);
  });
});
