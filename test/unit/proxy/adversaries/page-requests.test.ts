/** Requests on a session's connection that no browser sends: to the proxy's own pages, and to a notebook. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { get } from '../data/stage.js';
import {
  adversaryBed,
  answerOf,
  DOMAIN,
  everything,
  MANAGE,
  statuses,
  TOKEN,
  type AdversaryBed,
  type Served,
} from './bed.js';

const KIB = 1024;

let bed: AdversaryBed;
let session: Served;
/** Reserved, and so served by the waiting page. */
let pending: { name: string; host: string; secret: string };

beforeAll(async () => {
  bed = await adversaryBed();
  session = await bed.serve();
  const { name, redeemSecret } = await bed.reserve('a'.repeat(64));
  pending = { name, host: `${name}.${DOMAIN}`, secret: redeemSecret };
});
afterEach(() => bed.expectServing(session));
afterAll(() => bed.close());

const head = (host: string, line: string, ...lines: string[]) =>
  [line, `Host: ${host}`, ...lines, '', ''].join('\r\n');
const page = (line: string, ...lines: string[]) => head(pending.host, line, ...lines);
const say = (text: string) => bed.say(pending.host, text);

describe('a page of the proxy', () => {
  it('comes for a request that comes a byte at a time', async () => {
    const socket = await bed.dial(pending.host);
    const all = everything(socket);
    for (const byte of Buffer.from(page(`GET /?token=${TOKEN} HTTP/1.1`))) {
      socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    expect(statuses(await all)).toEqual([503]);
  });

  it.for<[string, number, () => string]>([
    ['a head of 64 KB in one line', 431, () => page('GET / HTTP/1.1', `X-Long: ${'x'.repeat(64 * KIB)}`)],
    [
      'a head of 64 KB in many lines',
      431,
      () => page('GET / HTTP/1.1', ...Array<string>(1024).fill(`X-Many: ${'x'.repeat(54)}`)),
    ],
    ['a path of 64 KB', 431, () => page(`GET /${'x'.repeat(64 * KIB)} HTTP/1.1`)],
    ['cookies of 64 KB', 431, () => page('GET / HTTP/1.1', `Cookie: ${'a=b; '.repeat(13_000)}`)],
    ['no Host', 400, () => 'GET / HTTP/1.1\r\n\r\n'],
    ['two Hosts', 400, () => page('GET / HTTP/1.1', `Host: ${pending.host}`)],
    ['two Hosts, the second with another', 400, () => page('GET / HTTP/1.1', `hOST: ${session.host}`)],
    ['the absolute form', 400, () => page(`GET https://${pending.host}/ HTTP/1.1`)],
    ['the absolute form of another host', 400, () => page(`GET https://${session.host}/ HTTP/1.1`)],
    ['no path', 400, () => page('OPTIONS * HTTP/1.1')],
    ['what is not HTTP', 400, () => 'HELO\r\n\r\n'],
    [
      'a length and chunks',
      400,
      () => page('GET / HTTP/1.1', 'Content-Length: 4', 'Transfer-Encoding: chunked'),
    ],
    ['two lengths', 400, () => page('GET / HTTP/1.1', 'Content-Length: 4', 'Content-Length: 5')],
    ['another session as Host', 421, () => head(session.host, 'GET / HTTP/1.1')],
    ['control as Host', 421, () => head(MANAGE, 'GET /api/v1/sessions HTTP/1.1')],
    ['control as Host, with a port', 421, () => head(`${MANAGE}:443`, 'GET /getlink.cgi HTTP/1.1')],
    ['a Host with a user in front', 421, () => head(`a@${pending.host}`, 'GET / HTTP/1.1')],
    ['an empty Host', 421, () => head('', 'GET / HTTP/1.1')],
    ['a POST', 405, () => page('POST / HTTP/1.1', 'Content-Length: 4') + 'a=bc'],
    ['a DELETE', 405, () => page('DELETE / HTTP/1.1')],
    ['TRACE', 405, () => page('TRACE / HTTP/1.1')],
    [
      'OPTIONS',
      405,
      () => page('OPTIONS / HTTP/1.1', 'Origin: https://evil.example', 'Access-Control-Request-Method: PUT'),
    ],
    ['a method that nobody knows', 400, () => page('BREW / HTTP/1.1')],
    ['what expects a miracle', 417, () => page('GET / HTTP/1.1', 'Expect: a-miracle')],
    [
      'a websocket',
      503,
      () => page('GET /api/kernels/1/channels HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket'),
    ],
    [
      'an upgrade to HTTP/2',
      503,
      () =>
        page(
          'GET / HTTP/1.1',
          'Connection: Upgrade, HTTP2-Settings',
          'Upgrade: h2c',
          'HTTP2-Settings: AAMAAABkAAQAAP__',
        ),
    ],
  ])('answers %s with %d', async ([, status, text]) => {
    const answer = await say(text());
    expect(statuses(answer), answer).toEqual([status]);
    expect(answer.toLowerCase()).not.toContain('set-cookie');
    expect(answer).not.toContain(TOKEN);
  });

  it.for([
    ['in capitals', (host: string) => host.toUpperCase()],
    ['with a trailing dot', (host: string) => `${host}.`],
    ['with a port', (host: string) => `${host}:8443`],
    ['with a trailing dot and a port', (host: string) => `${host}.:8443`],
  ] as const)('is there for its Host %s', async ([, write]) => {
    expect(statuses(await say(head(write(pending.host), `GET /?token=${TOKEN} HTTP/1.1`)))).toEqual([503]);
  });

  it('closes on CONNECT without an answer', async () => {
    expect(await say(page(`CONNECT ${session.host}:443 HTTP/1.1`))).toBe('');
  });

  it('has no body for HEAD', async () => {
    const { status, body } = answerOf(await say(page(`HEAD /?token=${TOKEN} HTTP/1.1`)));
    expect([status, body]).toEqual([503, '']);
  });

  it('answers the first request of a connection, and no other', async () => {
    const first = page('GET / HTTP/1.1');
    const stranger = answerOf(await say(first));
    const both = answerOf(await say(first + page(`GET /?token=${TOKEN} HTTP/1.1`)));
    const day = /\r\nDate: .*/i;
    expect(both.text.replace(day, '')).toBe(stranger.text.replace(day, ''));
    const smuggled =
      page('GET / HTTP/1.1', 'Transfer-Encoding: chunked') +
      '0\r\n\r\n' +
      page(`GET /?token=${TOKEN} HTTP/1.1`);
    expect(statuses(await say(smuggled))).toEqual([404]);
  });

  it.for([
    ['a key that is none', 'Cookie: __Host-sj-viewer=x'],
    ['10,000 of them', `Cookie: ${'__Host-sj-viewer=x;'.repeat(700)}`],
    ['a line end', `Cookie: __Host-sj-viewer=\rx`],
    ['a broken percent sign', ''],
  ] as const)('is a stranger’s for %s', async ([, cookie]) => {
    const line = `GET /?token=%E0%A4%A&token=%00&%=&&;; HTTP/1.1`;
    const answer = answerOf(await say(cookie === '' ? page(line) : page('GET / HTTP/1.1', cookie)));
    expect([400, 404]).toContain(answer.status);
    expect(answer.text.toLowerCase()).not.toContain('set-cookie');
  });
});

describe('a notebook gets the bytes of its own connections as they are', () => {
  it.for<[string, (host: string) => string]>([
    ['a head of 64 KB', (host: string) => head(host, 'GET / HTTP/1.1', `X-Long: ${'x'.repeat(64 * KIB)}`)],
    ['another session as Host', () => head(pending.host, 'GET / HTTP/1.1')],
    ['control as Host', () => head(MANAGE, 'POST /api/v1/sessions HTTP/1.1')],
    ['two Hosts', (host: string) => head(host, 'GET / HTTP/1.1', `Host: ${MANAGE}`)],
    ['the absolute form', (host: string) => head(host, `GET https://${MANAGE}/ HTTP/1.1`)],
    [
      'a length and chunks',
      (host: string) =>
        head(host, 'POST / HTTP/1.1', 'Content-Length: 4', 'Transfer-Encoding: chunked') + '0\r\n\r\n',
    ],
    ['two requests', (host: string) => get(host) + get(pending.host)],
    ['a method that nobody knows', (host: string) => head(host, 'BREW / HTTP/1.1')],
    ['CONNECT', () => `CONNECT ${MANAGE}:443 HTTP/1.1\r\n\r\n`],
    [
      'lies about who asks',
      (host: string) => head(host, 'GET / HTTP/1.1', 'X-Forwarded-For: 10.0.0.1', 'X-Forwarded-Proto: http'),
    ],
    ['what is not HTTP', () => '\0\x16\x03\x01 no request at all'],
  ])('%s', async ([, write]) => {
    // Every connection hears another backend's answer at its first byte, so what was sent is looked for at the end.
    const own = await bed.backend(true, (socket) => {
      let heard = 0;
      socket.on('data', (bytes: Buffer) => {
        heard += bytes.length;
        if (heard >= text.length) socket.end('taken');
      });
    });
    const { name, redeemSecret } = await bed.reserve(own.certificate!.sha256);
    const host = `${name}.${DOMAIN}`;
    const text = write(host);
    const redeemed = await bed.call('POST', `/api/v1/sessions/${name}/redeem`, {
      secret: redeemSecret,
      body: { port: own.port },
    });
    expect(redeemed.status).toBe(200);
    const before = session.backend.heard();
    expect(await bed.say(host, Buffer.from(text, 'latin1'))).toBe('taken');
    expect(own.heard()).toBe(text);
    expect(session.backend.heard()).toBe(before);
  });
});
