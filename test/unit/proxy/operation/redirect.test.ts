import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedirect, type Redirect } from '../../../../src/proxy/operation/redirect.js';

const DOMAIN = 'jupyter.localhost';
const PLACE = { host: '127.0.0.1', port: 0 };

describe('the redirect from plain HTTP', () => {
  let redirect: Redirect;
  let plainPort: Redirect;
  beforeAll(async () => {
    redirect = await startRedirect(PLACE, {
      domain: DOMAIN,
      publicPort: 443,
      limits: { maxHeaderSize: 4096 },
    });
    plainPort = await startRedirect(PLACE, {
      domain: DOMAIN,
      publicPort: 8443,
      limits: { maxHeaderSize: 4096 },
    });
  });
  afterAll(() => {
    redirect.close();
    plainPort.close();
  });

  function open(to = redirect): { socket: Socket; all: Promise<string> } {
    const socket = connect(to.address.port, '127.0.0.1');
    const pieces: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => pieces.push(bytes)).on('error', () => undefined);
    const all = new Promise<string>((resolve) => {
      socket.once('close', () => resolve(Buffer.concat(pieces).toString('latin1')));
    });
    return { socket, all };
  }
  function say(text: string | Buffer, to = redirect): Promise<string> {
    const { socket, all } = open(to);
    socket.write(text);
    return all;
  }
  const ask = (host: string, path = '/', method = 'GET') =>
    say(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const locationOf = (answer: string) => /^Location: (.*)\r$/im.exec(answer)?.[1];

  it.for([
    [`sunny-leaf-ramp.${DOMAIN}`, '/', `https://sunny-leaf-ramp.${DOMAIN}/`],
    [
      `Sunny-LEAF-ramp.${DOMAIN}.`,
      '/lab?token=a%20b&c',
      `https://sunny-leaf-ramp.${DOMAIN}/lab?token=a%20b&c`,
    ],
    [`sunny-leaf-ramp.${DOMAIN}:80`, '//example.org/x', `https://sunny-leaf-ramp.${DOMAIN}//example.org/x`],
    [`sunny-leaf-ramp.${DOMAIN}:8080`, '/\\example.org', `https://sunny-leaf-ramp.${DOMAIN}/\\example.org`],
  ] as const)('sends %s%s on by HTTPS', async ([host, path, expected]) => {
    for (const method of ['GET', 'HEAD', 'POST']) {
      const answer = await ask(host, path, method);
      expect(answer).toMatch(/^HTTP\/1\.1 308 /);
      expect(locationOf(answer)).toBe(expected);
      expect(answer).toMatch(/^Connection: close\r$/m);
      expect(answer).toMatch(/^Cache-Control: no-store\r$/m);
      expect(answer).not.toMatch(/strict-transport-security/i);
    }
  });

  it('names the public port where it is not 443', async () => {
    const answer = await say(`GET /tree HTTP/1.1\r\nHost: sunny-leaf-ramp.${DOMAIN}\r\n\r\n`, plainPort);
    expect(locationOf(answer)).toBe(`https://sunny-leaf-ramp.${DOMAIN}:8443/tree`);
  });

  it.for([
    `manage.${DOMAIN}`,
    DOMAIN,
    'example.org',
    `sunny-leaf-ramp.${DOMAIN}.example.org`,
    `sunny-leaf-ramp.example.org`,
    `x.sunny-leaf-ramp.${DOMAIN}`,
    `example.org/sunny-leaf-ramp.${DOMAIN}`,
    `user@sunny-leaf-ramp.${DOMAIN}`,
    `sunny-leaf-ramp.${DOMAIN}:443:443`,
    '127.0.0.1',
    '',
  ])('sends nobody anywhere for the host %j', async (host) => {
    const answer = await ask(host, '/?token=secret');
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(locationOf(answer)).toBeUndefined();
    expect(answer).not.toContain('secret');
  });

  it.for([
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two hosts', `GET / HTTP/1.1\r\nHost: sunny-leaf-ramp.${DOMAIN}\r\nHost: example.org\r\n\r\n`, 404],
    ['a whole URL', `GET http://example.org/ HTTP/1.1\r\nHost: sunny-leaf-ramp.${DOMAIN}\r\n\r\n`, 404],
    ['a star', `OPTIONS * HTTP/1.1\r\nHost: sunny-leaf-ramp.${DOMAIN}\r\n\r\n`, 404],
    [
      'a head over the limit',
      `GET /${'x'.repeat(5000)} HTTP/1.1\r\nHost: sunny-leaf-ramp.${DOMAIN}\r\n\r\n`,
      431,
    ],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['TLS', Buffer.from([22, 3, 1, 0, 200, 1, 0, 0, 196]), 400],
  ] as const)('answers %s with %s', async ([, text, status]) => {
    const answer = await say(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(locationOf(answer)).toBeUndefined();
  });

  it('answers one request a connection', async () => {
    const request = `GET / HTTP/1.1\r\nHost: sunny-leaf-ramp.${DOMAIN}\r\n\r\n`;
    expect((await say(request.repeat(3))).match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
  });

  it('leads nowhere but to a session’s own host, whatever it is asked', { timeout: 60_000 }, async () => {
    const word = fc.stringMatching(/^[!-~]{0,40}$/);
    await fc.assert(
      fc.asyncProperty(word, word, async (host, path) => {
        const to = locationOf(await ask(host, `/${path}`));
        const ours = locationOf(await ask(`sunny-leaf-ramp.${DOMAIN}`, `/${path}`));
        expect(to).toBeUndefined();
        if (ours !== undefined) expect(new URL(ours).host).toBe(`sunny-leaf-ramp.${DOMAIN}`);
      }),
      { numRuns: 50 },
    );
  });

  it(
    'ends connections that say nothing, or never come to an end of what they say',
    { timeout: 40_000 },
    async () => {
      const quiet = open();
      const slow = open();
      const trickle = setInterval(() => slow.socket.write('x'), 500);
      slow.socket.write(`GET / HTTP/1.1\r\nHost: sunny-leaf-ramp.${DOMAIN}\r\nX-Slow: `);
      expect(await quiet.all).toMatch(/^$|^HTTP\/1\.1 408 /);
      expect(await slow.all).toMatch(/^$|^HTTP\/1\.1 408 /);
      clearInterval(trickle);
    },
  );

  it('stops at once', async () => {
    const other = await startRedirect(PLACE, {
      domain: DOMAIN,
      publicPort: 443,
      limits: { maxHeaderSize: 4096 },
    });
    const { all } = open(other);
    await sleep(50);
    other.close();
    expect(await all).toBe('');
  });
});
