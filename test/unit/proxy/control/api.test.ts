import { describe, expect, it } from 'vitest';
import { parseNetworks } from '../../../../src/proxy/network/addresses.js';
import { sha256Hex } from '../../../../src/satellite/protocol.js';
import { CERTIFICATE, VIEWER_KEY } from '../registry/bed.js';
import { controlBed, FEEDER_SECRET } from './bed.js';

const RESERVE = { certificateSha256: CERTIFICATE, viewerKeySha256: VIEWER_KEY };

describe('reserving', () => {
  it('gives a name, its URL from the configuration, a secret and a time', async () => {
    const { call } = await controlBed({ publicPort: 8443 });
    const answer = await call('/api/v1/sessions', {
      method: 'POST',
      body: RESERVE,
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
    });
    expect(answer).toMatchObject({ status: 201, headers: { 'start-jupyter-api': '1' } });
    const { name, url, redeemSecret, expiresAt } = answer.json;
    expect(url).toBe(`https://${String(name)}.jupyter.example.edu:8443/`);
    expect(redeemSecret).toMatch(/^[\w-]{43}$/);
    expect(expiresAt).toBe('2026-03-02T12:00:00.000Z');
  });

  it('leaves port 443 out of the URL', async () => {
    const { reserve } = await controlBed();
    const { name, url } = await reserve();
    expect(url).toBe(`https://${name}.jupyter.example.edu/`);
  });

  it.each([
    ['no JSON', '{', 400, 'bad-request'],
    ['an array', [], 400, 'bad-request'],
    ['nothing', undefined, 400, 'bad-request'],
    ['no viewer key', { certificateSha256: CERTIFICATE }, 400, 'bad-request'],
    ['a digest in upper case', { ...RESERVE, certificateSha256: 'C'.repeat(64) }, 400, 'bad-request'],
    ['no certificate', { viewerKeySha256: VIEWER_KEY }, 400, 'plain-backends-refused'],
    ['too much', { ...RESERVE, more: 'x'.repeat(70_000) }, 413, 'too-large'],
  ])('refuses %s', async (_what, body, status, code) => {
    const { call } = await controlBed();
    const answer = await call('/api/v1/sessions', { method: 'POST', body });
    expect(answer).toMatchObject({ status, json: { code }, headers: { 'start-jupyter-api': '1' } });
  });
});

describe("a session's life", () => {
  it('goes from reserved over linked and ready to ended, each call again the same', async () => {
    const { call, reserve, backends } = await controlBed();
    const { name, redeemSecret: secret } = await reserve();
    const path = `/api/v1/sessions/${name}`;
    backends.certificates.set(4444, CERTIFICATE);
    const link = { method: 'PUT', secret, body: { jobId: '17' } };
    const redeem = { method: 'POST', secret, body: { port: 4444, endsAt: '2026-03-01T14:00:00Z' } };
    for (let again = 0; again < 2; again++) {
      expect(await call(`${path}/job`, link)).toMatchObject({ status: 200, json: { jobId: '17' } });
    }
    expect((await call(path, { secret })).json).toEqual({
      name,
      phase: 'reserved',
      jobId: '17',
      expiresAt: '2026-03-31T12:00:00.000Z',
    });
    for (let again = 0; again < 2; again++) {
      expect(await call(`${path}/redeem`, redeem)).toMatchObject({
        status: 200,
        json: { phase: 'ready', expiresAt: '2026-03-01T14:00:00.000Z' },
      });
    }
    for (let again = 0; again < 2; again++) {
      expect(await call(path, { method: 'DELETE', secret })).toMatchObject({ status: 204, text: '' });
    }
    expect((await call(path, { secret })).json).toEqual({
      name,
      phase: 'ended',
      jobId: '17',
      cause: 'it was given back',
    });
  });

  it('refuses another job and another redeem with 409', async () => {
    const { call, reserve, backends } = await controlBed();
    const { name, redeemSecret: secret } = await reserve();
    const path = `/api/v1/sessions/${name}`;
    backends.certificates.set(4444, CERTIFICATE);
    await call(`${path}/job`, { method: 'PUT', secret, body: { jobId: '17' } });
    await call(`${path}/redeem`, { method: 'POST', secret, body: { port: 4444 } });
    const job = await call(`${path}/job`, { method: 'PUT', secret, body: { jobId: '18' } });
    expect(job).toMatchObject({ status: 409, json: { code: 'already-linked' } });
    const other = await call(`${path}/redeem`, { method: 'POST', secret, body: { port: 4445 } });
    expect(other).toMatchObject({ status: 409, json: { code: 'conflict' } });
  });

  it('is named in the log of a refused redeem, once the secret was shown', async () => {
    const { call, reserve, lines } = await controlBed();
    const { name, redeemSecret: secret } = await reserve();
    const path = `/api/v1/sessions/${name}`;
    await call(`${path}/job`, { method: 'PUT', secret, body: { jobId: '17' } });
    await call(`${path}/redeem`, { method: 'POST', secret, body: { port: 4444 } });
    const fields = { session: name, job: '17', port: 4444, refused: 'backend-unreachable' };
    expect(lines.at(-1)).toMatchObject({ event: 'redeem', fields });
    await call(`${path}/redeem`, { method: 'POST', secret: 'wrong', body: { port: 4444 } });
    expect(JSON.stringify(lines.at(-1))).not.toContain(name);
  });

  it('maps to the address that redeems, whatever headers say', async () => {
    const { call, reserve, backends, registry } = await controlBed();
    const { name, redeemSecret: secret } = await reserve();
    backends.certificates.set(4444, CERTIFICATE);
    const headers = { 'x-forwarded-for': '10.6.6.6', forwarded: 'for=10.6.6.6' };
    await call(`/api/v1/sessions/${name}/redeem`, { method: 'POST', secret, body: { port: 4444 }, headers });
    expect(registry.lookup(name)).toMatchObject({ backend: { address: '127.0.0.1', port: 4444 } });
  });

  it.each([
    ['a port below 1024', { port: 1023 }, 422, 'port-refused'],
    ['a port above 65535', { port: 65536 }, 422, 'port-refused'],
    ['a port as a text', { port: '4444' }, 400, 'bad-request'],
    ['an end that is no date', { port: 4444, endsAt: 'tomorrow' }, 400, 'bad-request'],
    ['an end without a zone', { port: 4444, endsAt: '2026-03-01T14:00:00' }, 400, 'bad-request'],
    ['an end that is over', { port: 4444, endsAt: '2026-03-01T11:59:59Z' }, 400, 'bad-request'],
    ['a backend that is not there', { port: 4444 }, 424, 'backend-unreachable'],
    ['a backend with another certificate', { port: 4445 }, 424, 'certificate-mismatch'],
  ])('refuses a redeem with %s', async (_what, body, status, code) => {
    const { call, reserve, backends } = await controlBed();
    const { name, redeemSecret: secret } = await reserve();
    backends.certificates.set(4445, 'd'.repeat(64));
    const answer = await call(`/api/v1/sessions/${name}/redeem`, { method: 'POST', secret, body });
    expect(answer).toMatchObject({ status, json: { code } });
  });
});

describe('secrets', () => {
  it('that are wrong, empty or missing get the same answer as a name that does not exist', async () => {
    const { call, reserve } = await controlBed();
    const [{ name }, other] = [await reserve(), await reserve()];
    const unknown = await call('/api/v1/sessions/no-such-name', { secret: other.redeemSecret });
    expect(unknown).toMatchObject({ status: 404, json: { code: 'unknown-session' } });
    for (const secret of [undefined, '', 'wrong', other.redeemSecret, 'a'.repeat(43)]) {
      const answer = await call(`/api/v1/sessions/${name}`, { secret });
      expect({ status: answer.status, text: answer.text }).toEqual({ status: 404, text: unknown.text });
    }
    const basic = await call(`/api/v1/sessions/${name}`, { headers: { authorization: 'Basic Og==' } });
    expect(basic.text).toBe(unknown.text);
  });

  it('stay out of the log', async () => {
    const { call, reserve, backends, lines } = await controlBed();
    const { name, redeemSecret: secret } = await reserve();
    backends.certificates.set(4444, CERTIFICATE);
    const path = `/api/v1/sessions/${name}`;
    await call(`${path}/redeem?secret=${secret}`, { method: 'POST', secret, body: { port: 4444 } });
    await call(path, { method: 'DELETE', secret });
    await call(path, { secret: 'wrong-secret' });
    expect(lines.map(({ event }) => event)).toEqual(['reserve', 'redeem', 'ended', 'destroy', 'look']);
    expect(JSON.stringify(lines)).not.toMatch(new RegExp(`${secret}|wrong-secret`));
    expect(lines[1]?.fields).toMatchObject({ session: name, source: '127.0.0.1', port: 4444 });
  });
});

describe('the feeder', () => {
  const body = { jobs: { '17': { state: 'running', endsAt: '2026-03-01T15:00:00Z' } } };

  it('is heard with its secret', async () => {
    const { call, reserve, registry } = await controlBed();
    const { name, redeemSecret: secret } = await reserve();
    await call(`/api/v1/sessions/${name}/job`, { method: 'PUT', secret, body: { jobId: '17' } });
    expect((await call('/api/v1/jobs', { method: 'PUT', secret: FEEDER_SECRET, body })).status).toBe(204);
    expect(registry.lookup(name)).toMatchObject({ job: { state: 'running' } });
    const ended = { jobs: { '17': { state: 'ended' } } };
    await call('/api/v1/jobs', { method: 'PUT', secret: FEEDER_SECRET, body: ended });
    expect(registry.lookup(name)).toMatchObject({ phase: 'ended', cause: 'job-ended' });
  });

  it('is refused with another secret, and not there without a configured one', async () => {
    const on = await controlBed();
    const { redeemSecret } = await on.reserve();
    for (const secret of [undefined, '', 'wrong', redeemSecret]) {
      const answer = await on.call('/api/v1/jobs', { method: 'PUT', secret, body });
      expect(answer).toMatchObject({ status: 403, json: { code: 'bad-secret' } });
    }
    const off = await controlBed({ feederSecretSha256: undefined });
    for (const secret of [undefined, '', FEEDER_SECRET]) {
      const answer = await off.call('/api/v1/jobs', { method: 'PUT', secret, body });
      expect(answer).toMatchObject({ status: 404, json: { code: 'no-such-call' } });
    }
  });

  it('is not let in without a secret when the configured digest is that of nothing', async () => {
    const { call } = await controlBed({ feederSecretSha256: sha256Hex('') });
    for (const secret of [undefined, '']) {
      expect(await call('/api/v1/jobs', { method: 'PUT', secret, body })).toMatchObject({ status: 403 });
    }
  });

  it.each([
    ['no jobs', {}],
    ['a strange job id', { jobs: { '17; rm': { state: 'ended' } } }],
    ['a strange state', { jobs: { '17': { state: 'RUNNING' } } }],
    ['a report that is no object', { jobs: { '17': null } }],
  ])('is told of %s', async (_what, bad) => {
    const { call } = await controlBed();
    const answer = await call('/api/v1/jobs', { method: 'PUT', secret: FEEDER_SECRET, body: bad });
    expect(answer).toMatchObject({ status: 400, json: { code: 'bad-request' } });
  });
});

describe('what is not for the caller', () => {
  it.each([
    ['/', 'GET', 404, 'no-such-call'],
    ['/api/v1', 'GET', 404, 'no-such-call'],
    ['/api/v1/sessions/a-b-c/other', 'GET', 404, 'no-such-call'],
    ['/x/api/v1/sessions', 'POST', 404, 'no-such-call'],
    ['/api/v1/sessions', 'PATCH', 405, 'method-not-allowed'],
    ['/api/v1/sessions/a-b-c/job', 'POST', 405, 'method-not-allowed'],
  ])('%s %s', async (path, method, status, code) => {
    const { raw } = await controlBed();
    const answer = await raw(`${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('start-jupyter-api: 1');
    expect(answer).toContain(`"code":"${code}"`);
  });

  it('is refused from outside the trusted networks, in our own words', async () => {
    const { call } = await controlBed({ trustedNetworks: parseNetworks(['10.0.0.0/8']) });
    const answer = await call('/api/v1/sessions', { method: 'POST', body: RESERVE });
    expect(answer).toMatchObject({
      status: 403,
      json: { code: 'outside-trusted-networks' },
      headers: { 'start-jupyter-api': '1' },
    });
    expect(answer.text).toContain('127.0.0.1');
  });

  it.each<Record<string, string>>([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'none' },
  ])('is refused to browsers: %o', async (headers) => {
    const { call, registry } = await controlBed();
    for (const path of ['/api/v1/sessions', '/', '/getlink.cgi', '/redeemtoken.cgi', '/destroytoken.cgi']) {
      expect((await call(path, { method: 'POST', body: RESERVE, headers })).status).toBe(403);
    }
    const name = (await registry.reserveClassic()).name;
    expect((await call(`/destroytoken.cgi?token=${name}`, { headers })).status).toBe(403);
    expect(registry.lookup(name)?.phase).toBe('reserved');
  });

  it('is said to be a fault of ours when it is, with nothing about it', async () => {
    const { call, registry, lines } = await controlBed();
    registry.reserve = () => Promise.reject(new Error('secret detail'));
    const answer = await call('/api/v1/sessions', { method: 'POST', body: RESERVE });
    expect(answer).toMatchObject({
      status: 500,
      json: { code: 'internal' },
      headers: { 'start-jupyter-api': '1' },
    });
    expect(answer.text).not.toContain('secret detail');
    expect(lines.at(-1)).toMatchObject({ event: 'control-failed' });
  });
});
