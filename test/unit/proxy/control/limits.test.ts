import { describe, expect, it } from 'vitest';
import { parseNetworks } from '../../../../src/proxy/network/addresses.js';
import { DEFAULT_LIMITS } from '../../../../src/proxy/limiting/limits.js';
import { CERTIFICATE, settled, VIEWER_KEY } from '../registry/bed.js';
import { ADMIN_TOKEN, controlBed, FEEDER_SECRET } from './bed.js';

const RESERVE = {
  method: 'POST',
  body: { certificateSha256: CERTIFICATE, viewerKeySha256: VIEWER_KEY },
} as const;
const SESSIONS = '/api/v1/sessions';
const NEIGHBOUR = '127.0.0.2';
const STRANGER = '127.200.0.1';
const trustedNetworks = parseNetworks(['127.0.0.0/9']);

const limits = (changes: Partial<typeof DEFAULT_LIMITS>) => ({
  limits: { ...DEFAULT_LIMITS, ...changes },
  trustedNetworks,
});
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const many = <T>(count: number, task: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => task(index)));

describe('reservations', () => {
  it('of a whole class from one login node are taken: 500 within half a minute', async () => {
    const settings = { allowPlainBackends: false, pendingReservations: DEFAULT_LIMITS.pendingReservations };
    const { reserve, getLink, logged } = await controlBed({}, { settings });
    const names: string[] = [];
    // As many at a time as a class has hands; the clock stands still, so that all of it is one minute.
    for (let round = 0; round < 10; round++) {
      names.push(
        ...(await many(45, async () => (await reserve()).name)),
        ...(await many(5, () => getLink())),
      );
    }
    expect(new Set(names.filter(Boolean)).size).toBe(500);
    expect(logged('limit-reached')).toEqual([]);
  });

  it('are limited by address and minute, in words that a student understands', async () => {
    const { call, reserve, getLink, clock, logged } = await controlBed(limits({ reservationsPerMinute: 3 }));
    await reserve();
    await reserve();
    await getLink();
    await clock.leap(20_000);
    const answer = await call(SESSIONS, RESERVE);
    expect(answer).toMatchObject({
      status: 429,
      headers: { 'retry-after': '40', 'start-jupyter-api': '1' },
      json: {
        code: 'limit-reached',
        message:
          'Too many sessions are being started from 127.0.0.1 at this moment. Please try again in 40 s.',
      },
    });
    expect((await call('/getlink.cgi')).text).toBe(
      'Oops! Too many sessions are being started from 127.0.0.1 at this moment. Please try again in 40 s.\n',
    );
    expect(logged('limit-reached')).toEqual(
      Array(2).fill({ limit: 'reservations-per-minute', source: '127.0.0.1' }),
    );
    // One event each: a refused reserve is none besides.
    expect(logged('reserve').filter(({ refused }) => refused !== undefined)).toEqual([]);
    expect((await call(SESSIONS, { ...RESERVE, from: NEIGHBOUR })).status).toBe(201);
    await clock.leap(40_000);
    expect((await call(SESSIONS, RESERVE)).status).toBe(201);
  });

  it('that wait are limited by address, until they are redeemed, given back or over', async () => {
    const settings = { allowPlainBackends: false, pendingReservations: 3 };
    const { call, reserve, getLink, clock, logged, backends } = await controlBed(
      { trustedNetworks },
      { settings },
    );
    backends.certificates.set(4444, CERTIFICATE);
    const [one, two] = [await reserve(), await reserve()];
    const classic = await getLink();
    const full = async () => (await call(SESSIONS, RESERVE)).status === 429;
    expect(await call(SESSIONS, RESERVE)).toMatchObject({
      status: 429,
      headers: { 'retry-after': '60' },
      json: {
        code: 'limit-reached',
        message: expect.stringContaining(
          'Of the sessions that were reserved from 127.0.0.1, 3 have not started yet, and no more',
        ) as unknown,
      },
    });
    expect((await call('/getlink.cgi')).text).toMatch(/^Oops! Of the sessions that were reserved from/);
    expect(logged('limit-reached')).toEqual(
      Array(2).fill({ limit: 'pending-reservations', source: '127.0.0.1' }),
    );
    expect((await call(SESSIONS, { ...RESERVE, from: NEIGHBOUR })).status).toBe(201);

    const redeem = { method: 'POST', secret: one.redeemSecret, body: { port: 4444 } };
    await call(`${SESSIONS}/${one.name}/redeem`, redeem);
    expect(await full()).toBe(false);
    expect(await full()).toBe(true);
    await call(`${SESSIONS}/${two.name}`, { method: 'DELETE', secret: two.redeemSecret });
    expect(await full()).toBe(false);
    await call(`/destroytoken.cgi?token=${classic}`);
    expect(await full()).toBe(false);
    expect(await full()).toBe(true);
    await clock.advance(25 * 3_600_000);
    expect(await full()).toBe(false);
  });

  it('that wait cannot slip through together', async () => {
    const settings = { allowPlainBackends: false, pendingReservations: 5 };
    const { call, deps } = await controlBed({}, { settings });
    const create = deps.store.create.bind(deps.store);
    deps.store.create = async (session) => {
      await settled();
      await settled();
      return create(session);
    };
    const statuses = await many(40, async () => (await call(SESSIONS, RESERVE)).status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(5);
  });
});

describe('calls with an unknown name or a wrong secret', () => {
  it('are answered 429 beyond the limit, while the right secret always works', async () => {
    const { call, reserve, clock, logged } = await controlBed(limits({ failedCallsPerMinute: 4 }));
    const { name, redeemSecret } = await reserve();
    const path = `${SESSIONS}/${name}`;
    const wrong = [
      () => call(`${SESSIONS}/no-such-name`, { secret: redeemSecret }),
      () => call(path, { method: 'DELETE' }),
      () => call(`${path}/redeem`, { method: 'POST', secret: 'wrong', body: { port: 4444 } }),
      () => call('/api/v1/jobs', { method: 'PUT', secret: 'wrong', body: {} }),
    ];
    for (const fail of wrong) expect([403, 404]).toContain((await fail()).status);
    for (const fail of [...wrong, () => call(SESSIONS, { secret: 'wrong' })]) {
      expect(await fail()).toMatchObject({
        status: 429,
        headers: { 'retry-after': '60' },
        json: { code: 'limit-reached' },
      });
    }
    expect(logged('limit-reached')).toEqual(
      Array(5).fill({ limit: 'failed-calls-per-minute', source: '127.0.0.1' }),
    );
    expect((await call(path, { secret: redeemSecret })).status).toBe(200);
    expect((await call('/api/v1/jobs', { secret: FEEDER_SECRET })).status).toBe(200);
    expect((await call(SESSIONS, { secret: ADMIN_TOKEN })).status).toBe(200);
    expect((await call(path, { secret: 'wrong', from: NEIGHBOUR })).status).toBe(404);
    await clock.leap(60_000);
    expect((await call(path, { secret: 'wrong' })).status).toBe(404);
  });

  it('keep a classic name from being guessed at speed: the right one is refused then, too', async () => {
    const { call, getLink, registry, clock } = await controlBed(limits({ failedCallsPerMinute: 3 }));
    const token = await getLink();
    const guess = (name: string, from?: string) => call(`/redeemtoken.cgi?token=${name}&port=5000`, { from });
    expect((await guess('a-b-c')).text).toBe('Oops! Unknown nonce or nonce already used\n');
    await call('/linktoken.cgi?token=a-b-d&jobid=1');
    await call('/destroytoken.cgi?token=a-b-e');
    const over = /^Oops! Too many calls from 127\.0\.0\.1 named an unknown session/;
    for (const name of ['a-b-f', token]) expect((await guess(name)).text).toMatch(over);
    expect((await call(`/linktoken.cgi?token=${token}&jobid=1`)).text).toMatch(over);
    expect((await call(`/destroytoken.cgi?token=${token}`)).text).toMatch(over);
    expect((await call(`/tokenjobstate.cgi?token=${token}`)).text).toMatch(over);
    expect(registry.lookup(token)).toMatchObject({ phase: 'reserved' });
    expect((await guess(token, NEIGHBOUR)).text).toBe('Success!\n');
    await clock.leap(60_000);
    expect((await call(`/destroytoken.cgi?token=${token}`)).text).toMatch(/^Oops! Nonce must be destroyed/);
  });

  it('do not count what jobs do: giving back what has ended, or asking again', async () => {
    const { call, getLink, logged } = await controlBed(limits({ failedCallsPerMinute: 1 }));
    const [ended, alive] = [await getLink(), await getLink()];
    for (let again = 0; again < 5; again++) await call(`/destroytoken.cgi?token=${ended}`);
    for (let again = 0; again < 5; again++) {
      expect((await call(`/tokenjobstate.cgi?token=${alive}`)).text).toBe('PE');
    }
    expect(logged('limit-reached')).toEqual([]);
  });

  it('keep strangers from asking which names exist, and what they use up is theirs alone', async () => {
    const { call, getLink, logged } = await controlBed(limits({ failedCallsPerMinute: 3 }));
    const token = await getLink();
    const ask = (name: string, from: string) => call(`/tokenjobstate.cgi?token=${name}`, { from });
    for (const name of ['a-b-c', 'a-b-d', 'a-b-e']) expect((await ask(name, STRANGER)).text).toBe('');
    for (const name of [token, 'a-b-f']) {
      expect((await ask(name, STRANGER)).text).toMatch(/^Oops! Too many calls from 127\.200\.0\.1/);
    }
    expect(logged('limit-reached')).toEqual(
      Array(2).fill({ limit: 'failed-calls-per-minute', source: STRANGER }),
    );
    expect((await ask(token, '127.200.0.2')).text).toBe('PE');
    expect((await call(`/redeemtoken.cgi?token=${token}&port=5000`)).text).toBe('Success!\n');
  });
});

describe('what is too large', () => {
  it('is answered 413 or 431, and counted', async () => {
    const { call, raw, logged } = await controlBed(limits({ maxBodySize: 1000 }));
    expect(await call(SESSIONS, { ...RESERVE, body: 'x'.repeat(1001) })).toMatchObject({
      status: 413,
      json: { code: 'too-large' },
    });
    const head = await raw(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(head).toMatch(/^HTTP\/1\.1 431 /);
    expect(head).toContain('start-jupyter-api: 1\r\n');
    expect(head).toContain('"code":"too-large"');
    expect(logged('limit-reached')).toEqual([
      { limit: 'body-size', source: '127.0.0.1' },
      { limit: 'header-size', source: '127.0.0.1' },
    ]);
  });

  it('is no reason to lose the answer, however much is sent', async () => {
    const { call } = await controlBed();
    const answer = await call(SESSIONS, { ...RESERVE, body: 'x'.repeat(30_000_000) });
    expect(answer.status).toBe(413);
  });
});

describe('a body that breaks off', () => {
  it('is the caller’s fault and not the proxy’s', async () => {
    const { call, lines } = await controlBed();
    const headers = { 'content-length': '100' };
    const cut = { method: 'POST', body: '{"half":', headers, breakOff: true };
    await expect(call(SESSIONS, cut)).rejects.toThrow();
    await until(() => lines.length > 0);
    expect(lines).toEqual([
      { event: 'reserve', fields: { kind: 'v1', source: '127.0.0.1', refused: 'bad-request' } },
    ]);
  });
});

describe('calls from outside of the trusted networks', () => {
  it('are one kind of event, whatever they ask for', async () => {
    const { call, lines } = await controlBed(limits({}));
    await call(SESSIONS, { ...RESERVE, from: STRANGER });
    await call('/getlink.cgi', { from: STRANGER });
    await call('/redeemtoken.cgi', { from: STRANGER });
    await call('/update-jobs.cgi', { from: STRANGER, method: 'POST', body: 'jobstates=1 R' });
    const event = (kind: string) => ({
      event: 'untrusted-call',
      fields: { kind, source: STRANGER, refused: 'outside-trusted-networks' },
    });
    expect(lines).toEqual(['v1', 'classic', 'classic', 'classic'].map(event));
  });
});
