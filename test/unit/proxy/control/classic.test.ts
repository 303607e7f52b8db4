import { describe, expect, it } from 'vitest';
import { parseNetworks } from '../../../../src/proxy/network/addresses.js';
import { settled } from '../registry/bed.js';
import { controlBed } from './bed.js';

/** An answer as its deployed clients see it: status line, type and body to the last byte. */
async function exchange(raw: (text: string) => Promise<string>, target: string, method = 'GET', body = '') {
  const length = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  const answer = await raw(
    `${method} ${target} HTTP/1.1\r\nHost: any\r\nConnection: close\r\n${length}\r\n${body}`,
  );
  const [head = '', ...rest] = answer.split('\r\n\r\n');
  return {
    status: head.split('\r\n')[0],
    type: /^content-type: (.*)$/im.exec(head)?.[1],
    own: /^start-jupyter-api:/im.test(head),
    body: rest.join('\r\n\r\n'),
  };
}

const said = (body: string, type = 'text/plain') => ({ status: 'HTTP/1.1 200 OK', type, own: false, body });
const oops = (message: string) => said(`Oops! ${message}\n`);
const outside = { trustedNetworks: parseNetworks(['10.0.0.0/8', '172.16.0.0/12']) };

describe('getlink.cgi', () => {
  it.each(['GET', 'POST', 'PUT'])('gives a token to any method: %s', async (method) => {
    const { raw, registry } = await controlBed();
    const { body, ...rest } = await exchange(raw, '/getlink.cgi', method);
    expect(rest).toEqual({ status: 'HTTP/1.1 200 OK', type: 'text/plain', own: false });
    expect(body).toMatch(/^Your token is \n[a-z]+-[a-z]+-[a-z]+\n$/);
    expect(registry.lookup(body.split('\n')[1] ?? '')).toMatchObject({ kind: 'classic', phase: 'reserved' });
  });

  it('says Oops! outside and when there is no name', async () => {
    const far = await controlBed(outside);
    expect(await exchange(far.raw, '/getlink.cgi')).toEqual(
      oops('Client (your) IP not in range 10.0.0.0/8 172.16.0.0/12, please try from within the cluster.'),
    );
    const near = await controlBed();
    near.deps.store.create = () => Promise.resolve(false);
    expect(await exchange(near.raw, '/getlink.cgi')).toEqual(oops('Problem generating unique URL. Sorry!'));
  });
});

describe('redeemtoken.cgi', () => {
  it.each([
    ['POST', '', 'Only GET method is supported'],
    ['GET', '', "Missing 'token' parameter"],
    ['GET', '?token=&port=5000', "Missing 'token' parameter"],
    ['GET', '?token=0&port=5000', "Missing 'token' parameter"],
    ['GET', '?token=&token=a-b-c&port=5000', "Missing 'token' parameter"],
    ['GET', '?token=a-b-c', "Missing 'port' parameter"],
    ['GET', '?token=a-b-c&port=0', "Missing 'port' parameter"],
    ['GET', '?token=a-b-c&port=80', "'port' parameter isn't an integer between 1024 and 65535"],
    ['GET', '?token=a-b-c&port=1023', "'port' parameter isn't an integer between 1024 and 65535"],
    ['GET', '?token=a-b-c&port=65536', "'port' parameter isn't an integer between 1024 and 65535"],
    ['GET', '?token=a-b-c&port=5e3', "'port' parameter isn't an integer between 1024 and 65535"],
    ['GET', '?token=a-b-c&port=5000.0', "'port' parameter isn't an integer between 1024 and 65535"],
    ['GET', '?token=a-b-c&port=x&port=5000', "'port' parameter isn't an integer between 1024 and 65535"],
    [
      'GET',
      '?token=a-b-c&port=5000',
      'Client (your) IP not in range 10.0.0.0/8 172.16.0.0/12, please try from the compute node running your service.',
    ],
  ])('%s %s: %s', async (method, query, message) => {
    const { raw } = await controlBed(outside);
    expect(await exchange(raw, `/redeemtoken.cgi${query}`, method)).toEqual(oops(message));
  });

  it('succeeds once, before Jupyter listens, and maps to the caller', async () => {
    const { raw, getLink, registry, backends, clock } = await controlBed();
    const token = await getLink();
    const redeem = `/redeemtoken.cgi?token=${token}&port=5000`;
    expect(await exchange(raw, redeem)).toEqual(said('Success!\n', 'text/html'));
    expect(await exchange(raw, redeem)).toEqual(oops('Unknown nonce or nonce already used'));
    expect(registry.lookup(token)).toMatchObject({
      phase: 'mapped',
      backend: { address: '127.0.0.1', port: 5000 },
    });
    backends.certificates.set(5000, 'any');
    await clock.advance(1_000);
    expect(registry.lookup(token)?.phase).toBe('ready');
  });

  it('lets one of 40 at the same time succeed', async () => {
    const { raw, getLink } = await controlBed();
    const token = await getLink();
    const all = Array.from({ length: 40 }, (_, index) =>
      exchange(raw, `/redeemtoken.cgi?token=${token}&port=${5000 + index}`),
    );
    const bodies = (await Promise.all(all)).map(({ body }) => body);
    expect(bodies.filter((body) => body === 'Success!\n')).toHaveLength(1);
    expect(bodies.filter((body) => body === 'Oops! Unknown nonce or nonce already used\n')).toHaveLength(39);
  });
});

describe('linktoken.cgi', () => {
  it.each([
    ['POST', '?token=a-b-c&jobid=1', 'Only GET method is supported'],
    ['GET', '?jobid=1', "Missing 'token' parameter"],
    ['GET', '?token=a-b-c', "Missing 'jobid' parameter"],
    ['GET', '?token=a-b-c&jobid=0', "Missing 'jobid' parameter"],
    ['GET', '?token=a-b-c&jobid=%20%24%28%29', "Missing 'jobid' parameter"],
    ['GET', `?token=a-b-c&jobid=${'1'.repeat(48)}`, "Missing 'jobid' parameter"],
    [
      'GET',
      '?token=a-b-c&jobid=1',
      'Client (your) IP not in range 10.0.0.0/8 172.16.0.0/12, please try from within the cluster.',
    ],
  ])('%s %s: %s', async (method, query, message) => {
    const { raw } = await controlBed(outside);
    expect(await exchange(raw, `/linktoken.cgi${query}`, method)).toEqual(oops(message));
  });

  it('links once, without what may not be in a job id, before or after the redeem', async () => {
    const { raw, getLink, registry } = await controlBed();
    const token = await getLink();
    const link = `/linktoken.cgi?token=${token}&jobid=123.server%0A%3C`;
    expect(await exchange(raw, link)).toEqual(said('Success! Token linked to jobid.\n', 'text/html'));
    expect(registry.lookup(token)?.jobId).toBe('123.server');
    expect(await exchange(raw, link)).toEqual(
      oops('Nonce already linked to a jobid, you can do this only once!'),
    );
    expect(await exchange(raw, '/linktoken.cgi?token=no-such-name&jobid=1')).toEqual(
      oops('Unknown nonce or nonce already destroyed'),
    );
    const redeemed = await getLink();
    await exchange(raw, `/redeemtoken.cgi?token=${redeemed}&port=5000`);
    const late = await exchange(raw, `/linktoken.cgi?token=${redeemed}&jobid=${'1'.repeat(47)}`);
    expect(late.body).toBe('Success! Token linked to jobid.\n');
  });
});

describe('destroytoken.cgi', () => {
  it.each([
    ['POST', '?token=a-b-c', 'Only GET method is supported'],
    ['GET', '', "Missing 'token' parameter"],
    [
      'GET',
      '?token=a-b-c',
      'Client (your) IP not in range 10.0.0.0/8 172.16.0.0/12, please try from within the cluster.',
    ],
  ])('%s %s: %s', async (method, query, message) => {
    const { raw } = await controlBed(outside);
    expect(await exchange(raw, `/destroytoken.cgi${query}`, method)).toEqual(oops(message));
  });

  it('destroys once, from the host of the redeem only', async () => {
    const { raw, getLink, registry } = await controlBed();
    const [own, foreign] = [await getLink(), await getLink()];
    const destroy = (token: string) => exchange(raw, `/destroytoken.cgi?token=${token}`);
    await exchange(raw, `/redeemtoken.cgi?token=${own}&port=5000`);
    await registry.redeemClassic(foreign, { address: '127.0.0.2', port: 5000 });
    expect(await destroy(foreign)).toEqual(oops('Nonce must be destroyed from host it was redeemed on'));
    expect(await destroy(own)).toEqual(said('Success! Token destroyed.\n', 'text/html'));
    expect(await destroy(own)).toEqual(oops('Unknown nonce or nonce already destroyed'));
    expect(registry.lookup(own)).toMatchObject({ phase: 'ended', cause: 'destroyed' });
  });
});

describe('tokenjobstate.cgi', () => {
  const ask = (token: string) => `/tokenjobstate.cgi?token=${token}`;

  it('answers anybody in letters without a newline', async () => {
    const { raw, getLink, registry, clock, backends } = await controlBed(outside);
    const token = (await registry.reserveClassic()).name;
    expect(await getLink()).toBe('');
    expect(await exchange(raw, ask(token))).toEqual(said('PE'));
    expect(await exchange(raw, ask(`${token}.jupyter.example.edu`))).toEqual(said('PE'));
    await registry.redeemClassic(token, { address: '10.0.0.1', port: 5000 });
    expect(await exchange(raw, ask(token))).toEqual(said('M'));
    backends.certificates.set(5000, 'any');
    await clock.advance(1_000);
    expect(await exchange(raw, ask(token))).toEqual(said('PR'));
    backends.tethers[0]!.close();
    await settled();
    expect(await exchange(raw, ask(token))).toEqual(said(''));
  });

  it.each([
    ['POST', ask('a-b-c'), 'Only GET method is supported'],
    ['GET', '/tokenjobstate.cgi', "Missing 'token' parameter"],
    ['GET', ask('.example.edu'), "Missing 'token' parameter"],
    ['GET', ask('0.example.edu'), "Missing 'token' parameter"],
  ])('%s %s: %s', async (method, target, message) => {
    const { raw } = await controlBed();
    expect(await exchange(raw, target, method)).toEqual(oops(message));
  });

  it('takes no harm from what is no name', async () => {
    const { raw } = await controlBed();
    for (const token of ['token=(', '__proto__', 'constructor', '%00', '%ff', '..%2f']) {
      const { status } = await exchange(raw, ask(token));
      expect(status).toBe('HTTP/1.1 200 OK');
    }
  });

  it("answers the session's own page and no other", async () => {
    const { call, getLink } = await controlBed({ publicPort: 8443 });
    const token = await getLink();
    const origin = `https://${token}.jupyter.example.edu:8443`;
    const own = await call(ask(token), { headers: { origin, 'sec-fetch-site': 'same-site' } });
    expect(own).toMatchObject({
      status: 200,
      text: 'PE',
      headers: { 'access-control-allow-origin': origin },
    });
    for (const other of [
      `${origin}.evil.example`,
      `https://${token}.jupyter.example.edu`,
      `http://${token}.jupyter.example.edu:8443`,
      'https://other-three-words.jupyter.example.edu:8443',
      'null',
    ]) {
      const answer = await call(ask(token), { headers: { origin: other } });
      expect(answer).toMatchObject({ status: 403 });
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
    expect((await call(ask(token), { headers: { 'sec-fetch-site': 'none' } })).status).toBe(403);
  });
});

describe('update-jobs.cgi', () => {
  const post = (raw: (text: string) => Promise<string>, body: string) =>
    exchange(raw, '/update-jobs.cgi', 'POST', body);

  it("changes what is shown of a job's classic session, for ten minutes, and ends nothing", async () => {
    const { raw, getLink, registry, clock } = await controlBed();
    const token = await getLink();
    await registry.link(token, '17');
    const state = async () => (await exchange(raw, `/tokenjobstate.cgi?token=${token}`)).body;
    for (const [code, letter] of [
      ['PENDING', 'Q'],
      ['R', 'R'],
      ['CANCELLED', 'D'],
      ['out_of_memory', 'D'],
      ['NEW_STATE', 'PE'],
      ['PD', 'Q'],
    ] as const) {
      const answer = await post(raw, `jobstates=16 F\n17 ${code}\r\n\n18\n`);
      expect(answer).toEqual(said('Successfully updated jobs! \n', 'text/html'));
      expect(await state()).toBe(letter);
    }
    expect(registry.lookup(token)?.phase).toBe('reserved');
    await clock.leap(600_001);
    expect(await state()).toBe('PE');
  });

  it('says a redeemed session is mapped or served as long as its job is not over', async () => {
    const { raw, getLink, registry, clock, backends } = await controlBed();
    const token = await getLink();
    await registry.link(token, '17');
    await registry.redeemClassic(token, { address: '10.0.0.1', port: 5000 });
    const state = async () => (await exchange(raw, `/tokenjobstate.cgi?token=${token}`)).body;
    for (const code of ['PD', 'R']) {
      await post(raw, `jobstates=17 ${code}`);
      expect(await state()).toBe('M');
    }
    backends.certificates.set(5000, 'any');
    await clock.advance(1_000);
    expect(await state()).toBe('PR');
    await post(raw, 'jobstates=17 CD');
    expect(await state()).toBe('D');
  });

  it('says Oops! in the order of the original', async () => {
    const near = await controlBed();
    expect(await exchange(near.raw, '/update-jobs.cgi')).toEqual(oops('Only POST method is supported'));
    expect(await post(near.raw, 'other=1')).toEqual(oops("Missing 'jobstates' parameter"));
    expect(await post(near.raw, 'jobstates=0')).toEqual(oops("Missing 'jobstates' parameter"));
    const far = await controlBed({ jobStateSources: parseNetworks(['192.0.2.7/32']) });
    expect(await post(far.raw, 'other=1')).toEqual(oops("Missing 'jobstates' parameter"));
    expect(await post(far.raw, 'jobstates=17 R')).toEqual(oops('Client (your) IP not in range 192.0.2.7/32'));
  });

  it('takes a whole queue from a source, and not from others', async () => {
    const queue = `jobstates=${'123456 PD\n'.repeat(20_000)}`;
    const near = await controlBed();
    expect(await near.call('/update-jobs.cgi', { method: 'POST', body: queue })).toMatchObject({
      text: 'Successfully updated jobs! \n',
    });
    const far = await controlBed({ jobStateSources: parseNetworks(['192.0.2.7/32']) });
    const refused = await far.call('/update-jobs.cgi', { method: 'POST', body: queue });
    expect(refused.text).toMatch(/^Oops! The body may have 65536 bytes at most/);
  });
});

describe('what is switched off', () => {
  it('is answered as our own API does, so that nobody takes it for a classic service', async () => {
    const { call } = await controlBed({ classicEndpoints: false });
    for (const name of [
      'getlink',
      'redeemtoken',
      'linktoken',
      'destroytoken',
      'tokenjobstate',
      'update-jobs',
    ]) {
      const answer = await call(`/${name}.cgi`);
      expect(answer).toMatchObject({ status: 404, headers: { 'start-jupyter-api': '1' } });
    }
    const noSources = await controlBed({ jobStateSources: undefined });
    expect(await noSources.call('/update-jobs.cgi', { method: 'POST', body: 'jobstates=1 R' })).toMatchObject(
      {
        status: 404,
        headers: { 'start-jupyter-api': '1' },
      },
    );
  });
});

describe('the log', () => {
  it('has no classic name before its redeem', async () => {
    const { raw, getLink, lines } = await controlBed();
    const token = await getLink();
    await exchange(raw, `/linktoken.cgi?token=${token}&jobid=17`);
    await exchange(raw, `/redeemtoken.cgi?token=${token}&port=80`);
    expect(lines.map(({ event }) => event)).toEqual(['reserve', 'link', 'redeem']);
    expect(JSON.stringify(lines)).not.toContain(token);
    await exchange(raw, `/redeemtoken.cgi?token=${token}&port=5000`);
    expect(lines.at(-1)).toEqual({
      event: 'redeem',
      fields: { kind: 'classic', source: '127.0.0.1', session: token, port: 5000 },
    });
  });
});
