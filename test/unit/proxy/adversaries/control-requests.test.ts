/** Requests to control that no client of ours sends. Each has one answer, and changes nothing that it should not. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SessionAnswer } from '../../../../src/satellite/protocol.js';
import {
  adversaryBed,
  answerOf,
  everything,
  MANAGE,
  OUTSIDE,
  statuses,
  VIEWER_KEY_SHA256,
  type AdversaryBed,
  type Served,
} from './bed.js';

const RESERVE = JSON.stringify({ certificateSha256: 'a'.repeat(64), viewerKeySha256: VIEWER_KEY_SHA256 });
const SESSIONS = '/api/v1/sessions';
const KIB = 1024;

describe('control', () => {
  let bed: AdversaryBed;
  let session: Served;

  beforeAll(async () => {
    bed = await adversaryBed({ jobStateSources: ['127.0.0.7'] });
    session = await bed.serve();
  });
  afterEach(async () => {
    await bed.expectServing(session);
    expect(await phase(session)).toBe('ready');
  });
  afterAll(() => bed.close());

  async function phase({ name, secret }: Pick<Served, 'name' | 'secret'>): Promise<string> {
    const { body } = await bed.call('GET', `${SESSIONS}/${name}`, { secret });
    return (JSON.parse(body) as SessionAnswer).phase;
  }

  async function reserved() {
    const { name, redeemSecret } = await bed.reserve('b'.repeat(64));
    return { name, secret: redeemSecret };
  }

  const head = (line: string, ...lines: string[]) => [line, `Host: ${MANAGE}`, ...lines, '', ''].join('\r\n');
  const reserveWith = (...lines: string[]) =>
    head(`POST ${SESSIONS} HTTP/1.1`, ...lines, `Content-Length: ${RESERVE.length}`) + RESERVE;
  const say = (text: string | Buffer, from?: string) => bed.say(MANAGE, text, from);

  it('takes a request that comes a byte at a time', async () => {
    const socket = await bed.dial(MANAGE);
    const all = everything(socket);
    for (const byte of Buffer.from(reserveWith())) {
      socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    expect(statuses(await all)).toEqual([201]);
  });

  describe('refuses a head', () => {
    it.for<[string, number, () => string]>([
      ['of 64 KB in one line', 431, () => reserveWith(`X-Long: ${'x'.repeat(64 * KIB)}`)],
      [
        'of 64 KB in many lines',
        431,
        () => reserveWith(...Array<string>(1024).fill(`X-Many: ${'x'.repeat(54)}`)),
      ],
      ['with a path of 64 KB', 431, () => head(`GET /${'x'.repeat(64 * KIB)} HTTP/1.1`)],
      ['of a method of 64 KB', 400, () => head(`${'X'.repeat(64 * KIB)} / HTTP/1.1`)],
      ['without Host', 400, () => `GET ${SESSIONS} HTTP/1.1\r\n\r\n`],
      ['that is not HTTP', 400, () => 'HELO manage\r\n\r\n'],
      ['of HTTP/2', 400, () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
      ['of an unknown method', 400, () => head(`BREW ${SESSIONS} HTTP/1.1`)],
      ['of a method in small letters', 400, () => head(`post ${SESSIONS} HTTP/1.1`)],
      ['with a NUL byte', 400, () => reserveWith('X-Nul: a\0b')],
      ['with two lengths', 400, () => reserveWith('Content-Length: 0')],
      ['with a length and chunks', 400, () => reserveWith('Transfer-Encoding: chunked')],
      [
        'with chunks that are not the last coding',
        400,
        () => head(`POST ${SESSIONS} HTTP/1.1`, 'Transfer-Encoding: chunked, identity'),
      ],
      ['with a length that is none', 400, () => head(`POST ${SESSIONS} HTTP/1.1`, 'Content-Length: -1')],
      [
        'with a length beyond all numbers',
        400,
        () => head(`POST ${SESSIONS} HTTP/1.1`, `Content-Length: ${'9'.repeat(30)}`),
      ],
      ['that expects what there is not', 417, () => reserveWith('Expect: a-miracle')],
    ])('%s', async ([, status, text]) => {
      const answer = await say(text());
      expect(statuses(answer), answer).toEqual([status]);
    });
  });

  it.for(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'OPTIONS', 'PROPFIND'])(
    'takes no %s for a redeem, and says what it takes',
    async (method) => {
      const answer = await bed.call(method, `${SESSIONS}/${session.name}/redeem`, { secret: session.secret });
      expect(answer.status).toBe(405);
      expect(answer.text.toLowerCase()).toContain('\r\nallow: post\r\n');
      if (method === 'HEAD') expect(answer.body).toBe('');
    },
  );

  it('is no way to somewhere else: CONNECT is closed without an answer', async () => {
    expect(await say(`CONNECT 127.0.0.1:${session.backend.port} HTTP/1.1\r\nHost: ${MANAGE}\r\n\r\n`)).toBe(
      '',
    );
    expect(session.backend.connections.size).toBe(0);
  });

  it.for([
    ['GET https://manage.jupyter.localhost/api/v1/sessions HTTP/1.1'],
    ['GET //api/v1/sessions HTTP/1.1'],
    ['GET /api/v1/../v1/sessions HTTP/1.1'],
    ['GET /api/v1/sessions/ HTTP/1.1'],
    ['GET /API/V1/SESSIONS HTTP/1.1'],
    ['GET /%61pi/v1/sessions HTTP/1.1'],
    ['OPTIONS * HTTP/1.1'],
  ] as const)('has no such call as %s', async ([line]) => {
    expect(statuses(await say(head(line)))).toEqual([404]);
  });

  it('does not ask Host who it is: the connection has said it', async () => {
    for (const host of [session.host, 'evil.example', '']) {
      const text = reserveWith().replace(`Host: ${MANAGE}`, `Host: ${host}`);
      expect(statuses(await say(text))).toEqual([201]);
    }
    expect(statuses(await say(reserveWith(`Host: ${session.host}`)))).toEqual([201]);
  });

  it.for([
    [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      'Sec-WebSocket-Version: 13',
    ],
    ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
  ])('changes its protocol for nobody: %s', async (lines) => {
    expect(statuses(await say(reserveWith(...lines)))).toEqual([201]);
  });

  it('tells one who waits for it to go on', async () => {
    const answer = await say(reserveWith('Expect: 100-continue'));
    expect(statuses(answer)).toEqual([100, 201]);
  });

  it.for([
    ['thousands of lines', () => reserveWith(...Array<string>(3000).fill('a:'))],
    ['a space before a colon', () => reserveWith('X-Space : a')],
    ['a line that goes on in the next', () => reserveWith('X-Folded: a\r\n b')],
    ['lines that end without CR', () => reserveWith('X-Bare: a').replace('X-Bare: a\r\n', 'X-Bare: a\n')],
  ] as const)(
    'takes or refuses a head with %s as the Node does that it runs on, and nothing else',
    async ([, text]) => {
      const answer = await say(text());
      // Nobody stands in front of control who could have read it in another way.
      expect([[201], [400], [431]]).toContainEqual(statuses(answer));
    },
  );

  describe('answers one request a connection, and carries out no other', () => {
    it.for<[string, () => string]>([
      ['behind one without a body', () => head(`GET ${SESSIONS}/${session.name} HTTP/1.1`)],
      ['behind a reservation', () => reserveWith()],
      ['behind a refused one', () => head('GET /nothing HTTP/1.1')],
      [
        'behind one with both kinds of length',
        () =>
          head(`POST ${SESSIONS} HTTP/1.1`, 'Content-Length: 5', 'Transfer-Encoding: chunked') + '0\r\n\r\n',
      ],
      [
        'behind one whose length is said twice',
        () => head(`POST ${SESSIONS} HTTP/1.1`, 'Content-Length: 0', 'Content-Length: 500'),
      ],
      [
        'in the chunks of one',
        () => head(`POST ${SESSIONS} HTTP/1.1`, 'Transfer-Encoding: chunked') + '0\r\n\r\n',
      ],
      [
        'behind a long chunk extension',
        () =>
          head(`POST ${SESSIONS} HTTP/1.1`, 'Transfer-Encoding: chunked') + `0;${'x'.repeat(4000)}\r\n\r\n`,
      ],
    ])('%s', async ([, first]) => {
      const victim = await reserved();
      const second = head(
        `DELETE ${SESSIONS}/${victim.name} HTTP/1.1`,
        `Authorization: Bearer ${victim.secret}`,
      );
      const answer = await say(first() + second + reserveWith());
      expect(statuses(answer)).toHaveLength(1);
      expect(await phase(victim)).toBe('reserved');
    });

    it('nor the second when the first takes its time', async () => {
      // Nobody listens there: the redeem's answer comes after the proxy has looked.
      const first = await reserved();
      const victim = await reserved();
      const body = '{"port":1025}';
      const redeem = head(
        `POST ${SESSIONS}/${first.name}/redeem HTTP/1.1`,
        `Authorization: Bearer ${first.secret}`,
        `Content-Length: ${body.length}`,
      );
      const destroy = head(
        `DELETE ${SESSIONS}/${victim.name} HTTP/1.1`,
        `Authorization: Bearer ${victim.secret}`,
      );
      expect(statuses(await say(redeem + body + destroy))).toEqual([424]);
      expect(await phase(victim)).toBe('reserved');
    });
  });

  describe('a body', () => {
    const big = `{"viewerKeySha256":"${'e'.repeat(64)}","x":"${'x'.repeat(64 * KIB)}"}`;
    const chunked = (text: string, size: number) => {
      const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      return `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`;
    };
    const inChunks = (text: string, size: number) =>
      head(`POST ${SESSIONS} HTTP/1.1`, 'Transfer-Encoding: chunked') + chunked(text, size);

    it.for<[string, () => string]>([
      ['with its length', () => head(`POST ${SESSIONS} HTTP/1.1`, `Content-Length: ${big.length}`) + big],
      ['in chunks', () => inChunks(big, 1000)],
      ['in one chunk', () => inChunks(big, big.length)],
      ['in chunks of a byte', () => inChunks(big, 1)],
      ['that is only announced', () => head(`POST ${SESSIONS} HTTP/1.1`, 'Content-Length: 99999999999')],
      [
        'of which ten times as much is on its way',
        () => head(`POST ${SESSIONS} HTTP/1.1`, `Content-Length: ${big.length * 10}`) + big.repeat(10),
      ],
    ])('over the limit is refused %s', async ([, text]) => {
      const answer = answerOf(await say(text()));
      expect([answer.status, answer.body]).toEqual([413, expect.stringContaining('"too-large"')]);
    });

    it('of the largest size is taken', async () => {
      const room = 64 * KIB - RESERVE.length;
      const text = RESERVE.replace('{', `{${' '.repeat(room)}`);
      expect((await bed.call('POST', SESSIONS, { body: text })).status).toBe(201);
      expect(statuses(await say(inChunks(RESERVE, 1)))).toEqual([201]);
    });

    it.for<[string, string]>([
      ['nothing', ''],
      ['no JSON', 'viewerKeySha256=x'],
      ['half of one', RESERVE.slice(0, -1)],
      ['two', RESERVE + RESERVE],
      ['a list', `[${RESERVE}]`],
      ['a text', '"x"'],
      ['null', 'null'],
      ['a number beyond all', '1e999'],
      ['10,000 brackets', '['.repeat(10_000)],
      ['10,000 objects in each other', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
      ['a NUL byte', `${RESERVE}\0`],
      ['a mark of byte order', `\uFEFF${RESERVE}`],
      ['a comment', `/* */ ${RESERVE}`],
      ['a digest in __proto__', `{"__proto__":${RESERVE}}`],
      ['a digest in capitals', RESERVE.toUpperCase()],
      ['a digest in a list', '{"viewerKeySha256":["' + 'a'.repeat(64) + '"]}'],
      ['a digest with a line end', RESERVE.replaceAll('"}', '\\n"}')],
    ])('that holds %s is refused', async ([, body]) => {
      const answer = await bed.call('POST', SESSIONS, { body });
      expect([answer.status, answer.body]).toEqual([400, expect.stringContaining('"bad-request"')]);
      expect(answer.text.length).toBeLessThan(1000);
    });

    it('with a key twice counts as the last one, and __proto__ as nothing', async () => {
      const twice = RESERVE.replace('{', '{"viewerKeySha256":"no","__proto__":{"polluted":true},');
      expect((await bed.call('POST', SESSIONS, { body: twice })).status).toBe(201);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    });

    it('of a redeem holds a port that is one', async () => {
      const { name, secret } = await reserved();
      for (const port of ['0', '1023', '65536', '-1', '1e9', '5000.5', '"5000"', '[5000]', 'null', '{}']) {
        const answer = await bed.call('POST', `${SESSIONS}/${name}/redeem`, {
          secret,
          body: `{"port":${port}}`,
        });
        expect([400, 422], `${port}: ${answer.text}`).toContain(answer.status);
      }
      expect(await phase({ name, secret })).toBe('reserved');
    });
  });

  describe('asks who calls by the connection alone', () => {
    const lies = [
      'X-Forwarded-For: 127.0.0.1',
      'X-Real-IP: 127.0.0.1',
      'Forwarded: for=127.0.0.1',
      'True-Client-IP: 127.0.0.1',
      'CF-Connecting-IP: 127.0.0.1',
      'Via: 1.1 127.0.0.1',
      'Client-IP: 127.0.0.1',
    ];

    it('whatever is said of a caller from outside', async () => {
      for (const lie of lies) {
        const answer = answerOf(await say(reserveWith(lie), OUTSIDE));
        expect([answer.status, answer.body]).toEqual([
          403,
          expect.stringContaining(`"outside-trusted-networks"`),
        ]);
        expect(answer.body).toContain(OUTSIDE);
        expect(await say(head('GET /getlink.cgi HTTP/1.1', lie), OUTSIDE)).toContain(
          `Oops! Client (your) IP not in range`,
        );
      }
    });

    it('and what is said of a caller from inside gives nobody else’s backend', async () => {
      const made = await bed.backend(true);
      const { name, redeemSecret: secret } = await bed.reserve(made.certificate!.sha256);
      const from = '127.0.0.9';
      const answer = await bed.call('POST', `${SESSIONS}/${name}/redeem`, {
        secret,
        from,
        headers: 'X-Forwarded-For: 127.0.0.1\r\n',
        body: { port: made.port },
      });
      // The backend listens at 127.0.0.1, and the caller is 127.0.0.9.
      expect(answer.body).toContain(`${from}:${made.port}`);
      expect(answer.status).toBe(424);
    });

    it('so that the right secret from outside redeems, links and ends nothing', async () => {
      const { name, secret } = await reserved();
      const path = `${SESSIONS}/${name}`;
      const calls = [
        ['PUT', `${path}/ending`, { endsAt: new Date(Date.now() + 60_000).toISOString() }],
        ['POST', `${path}/redeem`, { port: session.backend.port }],
        ['PUT', `${path}/job`, { jobId: '17' }],
        ['DELETE', path, undefined],
        ['GET', path, undefined],
      ] as const;
      for (const [method, where, body] of calls) {
        expect((await bed.call(method, where, { secret, body, from: OUTSIDE })).status).toBe(403);
      }
      expect(await phase({ name, secret })).toBe('reserved');
      const classic = (await bed.call('GET', '/getlink.cgi')).body.split('\n')[1] ?? '';
      for (const call of ['redeemtoken.cgi?port=5000&', 'linktoken.cgi?jobid=17&', 'destroytoken.cgi?']) {
        const { body } = await bed.call('GET', `/${call}token=${classic}`, { from: OUTSIDE });
        expect(body).toMatch(/^Oops! Client \(your\) IP not in range/);
      }
      expect((await bed.call('GET', `/tokenjobstate.cgi?token=${classic}`)).body).toBe('PE');
    });
  });

  describe('is not for browsers', () => {
    const marks = [
      'Origin: https://evil.example',
      'Origin: null',
      'Origin:',
      `Origin: https://${MANAGE}`,
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Site: same-site',
      'Sec-Fetch-Site: none',
    ];

    it.for(marks)('whatever is called with %s', async (mark) => {
      const { name, secret } = await reserved();
      const classic = (await bed.call('GET', '/getlink.cgi')).body.split('\n')[1] ?? '';
      const path = `${SESSIONS}/${name}`;
      const headers = `${mark}\r\n`;
      const calls = [
        ['POST', SESSIONS, RESERVE],
        ['POST', `${path}/redeem`, '{"port":5000}'],
        ['PUT', `${path}/job`, '{"jobId":"17"}'],
        ['DELETE', path, undefined],
        ['GET', path, undefined],
        ['OPTIONS', path, undefined],
        ['GET', '/getlink.cgi', undefined],
        ['GET', `/redeemtoken.cgi?token=${classic}&port=5000`, undefined],
        ['GET', `/linktoken.cgi?token=${classic}&jobid=17`, undefined],
        ['GET', `/destroytoken.cgi?token=${classic}`, undefined],
        ['GET', `/tokenjobstate.cgi?token=${classic}`, undefined],
        ['POST', '/update-jobs.cgi', 'jobstates=17%20R'],
      ] as const;
      for (const [method, where, body] of calls) {
        const answer = await bed.call(method, where, { secret, headers, body, from: '127.0.0.7' });
        expect(answer.status, `${method} ${where}: ${answer.text}`).toBe(403);
        expect(answer.text.toLowerCase()).not.toMatch(/^access-control-/m);
      }
      expect(await phase({ name, secret })).toBe('reserved');
      expect((await bed.call('GET', `/tokenjobstate.cgi?token=${classic}`)).body).toBe('PE');
    });
  });

  describe('believes no forged word of jobs', () => {
    const update = (from: string, lines: string, more = '') =>
      bed.call('POST', '/update-jobs.cgi', {
        from,
        headers: `Content-Type: application/x-www-form-urlencoded\r\n${more}`,
        body: `jobstates=${encodeURIComponent(lines)}`,
      });

    it('from another address than the one that tells them', async () => {
      const token = (await bed.call('GET', '/getlink.cgi')).body.split('\n')[1] ?? '';
      await bed.call('GET', `/linktoken.cgi?token=${token}&jobid=4711`);
      const state = async () => (await bed.call('GET', `/tokenjobstate.cgi?token=${token}`)).body;
      for (const from of ['127.0.0.1', '127.0.0.8', OUTSIDE]) {
        const answer = await update(from, '4711 CA', 'X-Forwarded-For: 127.0.0.7\r\n');
        expect(answer.body).toBe('Oops! Client (your) IP not in range 127.0.0.7\n');
      }
      expect(await state()).toBe('PE');
      expect((await update('127.0.0.7', '4711 R')).body).toBe('Successfully updated jobs! \n');
      expect(await state()).toBe('R');
    });

    it('and from that one they end nothing', async () => {
      const { name, secret } = await reserved();
      await bed.call('PUT', `${SESSIONS}/${name}/job`, { secret, body: { jobId: '4712' } });
      const token = (await bed.call('GET', '/getlink.cgi')).body.split('\n')[1] ?? '';
      await bed.call('GET', `/linktoken.cgi?token=${token}&jobid=4712`);
      expect((await update('127.0.0.7', '4712 CA')).body).toBe('Successfully updated jobs! \n');
      expect(await phase({ name, secret })).toBe('reserved');
      expect((await bed.call('GET', `/tokenjobstate.cgi?token=${token}`)).body).toBe('D');
      expect((await bed.call('GET', `/linktoken.cgi?token=${token}&jobid=1`)).body).toMatch(/already linked/);
    });

    it('nor by the feeder’s call without its secret', async () => {
      const { name, secret } = await reserved();
      await bed.call('PUT', `${SESSIONS}/${name}/job`, { secret, body: { jobId: '4713' } });
      const body = { jobs: { '4713': { state: 'ended' } } };
      for (const wrong of [undefined, '', 'x', secret]) {
        expect((await bed.call('PUT', '/api/v1/jobs', { secret: wrong, body })).status).toBe(403);
      }
      expect(await phase({ name, secret })).toBe('reserved');
    });
  });

  it('logs one line an event, whatever stands in names, job ids and states', async () => {
    const { name, secret } = await reserved();
    const forged = '%0A{"event":"forged"}%0d%0a';
    const path = `${SESSIONS}/${name}`;
    await bed.call('GET', `${SESSIONS}/${forged}`, { secret });
    await bed.call('GET', `${SESSIONS}/${name}${forged}`, { secret });
    await bed.call('PUT', `${path}/job`, { secret, body: { jobId: '17\n{"event":"forged"}' } });
    await bed.call('PUT', `${path}/job`, { secret, body: { jobId: 'x'.repeat(100_000 / 2) } });
    for (const call of [
      'redeemtoken.cgi?port=5000&',
      'linktoken.cgi?jobid=17&',
      'destroytoken.cgi?',
      'tokenjobstate.cgi?',
    ]) {
      await bed.call('GET', `/${call}token=${forged}`);
    }
    const token = (await bed.call('GET', '/getlink.cgi')).body.split('\n')[1] ?? '';
    await bed.call('GET', `/linktoken.cgi?token=${token}&jobid=18${forged}`);
    await bed.call('POST', '/update-jobs.cgi', { from: '127.0.0.7', body: `jobstates=18+R${forged}` });
    const log = bed.lines.join('\n').split('\n');
    for (const line of log) {
      expect((JSON.parse(line) as { event: string }).event).not.toBe('forged');
      expect(line.length).toBeLessThan(500);
    }
    expect(log.join('')).not.toContain(secret);
  });
});
