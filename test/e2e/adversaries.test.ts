/** Adversaries against the program as it is delivered: in real browsers, as other users of the machine, at its open port. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { startBrowser } from './bed/browser.js';
import { curlAs } from './bed/curl.js';
import { callControl, startOwnSession, type OwnSession } from './bed/own-session.js';
import { until, type Running } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { startSquatter } from './bed/squatter.js';
import { startAs, user } from './bed/users.js';
import { visit } from './bed/visit.js';
import { readFileSync } from 'node:fs';

describeOnBed('the delivered proxy', () => {
  let proxy: Proxy;
  let sessions: OwnSession[];

  beforeAll(async () => {
    proxy = await startProxy();
    sessions = await Promise.all(['one', 'other'].map(() => startNamed()));
  });

  afterAll(async () => {
    for (const session of sessions) await session.close();
    await proxy.stop();
  });

  const helen = () => user(theBed().users.helen);
  const bob = () => user(theBed().users.bob);

  /** Says whose it is, on a connection of its own each time. */
  async function startNamed(): Promise<OwnSession> {
    const session: OwnSession = await startOwnSession(proxy, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html', connection: 'close' });
      response.end(`<!doctype html><title>${session.name}</title>`);
    });
    return session;
  }

  async function expectServing(): Promise<void> {
    for (const { name, origin } of sessions) {
      const { status, body } = await curlAs(helen(), proxy.caFile, origin);
      expect([status, body]).toEqual([200, `<!doctype html><title>${name}</title>`]);
    }
    expect((await curlAs(helen(), proxy.caFile, `https://never-given-out.${proxy.endpoint}/`)).status).toBe(
      404,
    );
    expect((await callControl(proxy, 'GET', '/getlink.cgi')).body).toMatch(/^Your token is /);
    for (const line of proxy.log().trimEnd().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({
        event: expect.stringMatching(/^(?!control-failed)/) as string,
      });
    }
  }

  test.each(['tls1.2', 'tls1.3'])(
    'gives a browser that comes again and again by %s each session’s own answers',
    async (version) => {
      const versions = [`--ssl-version-min=${version}`, `--ssl-version-max=${version}`];
      const browser = await startBrowser([proxy.caFile], versions);
      try {
        const page = await browser.open('about:blank');
        for (let times = 0; times < 8; times++) {
          for (const { name, origin } of sessions) {
            await page.goto(`${origin}/${times}`);
            expect(await page.title()).toBe(name);
          }
          const nobody = await page.goto(`https://never-given-out.${proxy.endpoint}/${times}`);
          expect(nobody?.status()).toBe(404);
        }
        const [one, other] = sessions;
        await page.goto(one!.origin);
        // And a page of one that asks the other, on connections of the same moment.
        const asked = await page.evaluate(
          (url) =>
            Promise.all(
              [1, 2, 3, 4].map((n) => fetch(`${url}/${n}`, { mode: 'no-cors' }).then(({ type }) => type)),
            ),
          other!.origin,
        );
        expect(asked).toEqual(['opaque', 'opaque', 'opaque', 'opaque']);
      } finally {
        await browser.close();
      }
      await expectServing();
    },
  );

  describe('a classic session whose server is killed while a neighbour loops on bind', () => {
    const ROUNDS = 8;
    const SERVER = `
import http.server, os, sys
class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "5"); self.end_headers(); self.wfile.write(b"helen")
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Page)
print("port", server.server_address[1], flush=True)
server.serve_forever()
`;

    async function startServer(): Promise<{ running: Running; port: number }> {
      const running = startAs(helen(), ['/usr/bin/python3', '-c', SERVER, '0']);
      const [, port] = await running.printed('stdout', /^port (\d+)$/m, 20_000);
      return { running, port: Number(port) };
    }

    async function redeemed(port: number): Promise<string> {
      const token = (await callControl(proxy, 'GET', '/getlink.cgi')).body.split('\n')[1] ?? '';
      const answer = await callControl(proxy, 'GET', `/redeemtoken.cgi?token=${token}&port=${port}`);
      expect(answer.body).toBe('Success!\n');
      return token;
    }

    test('leads no byte to the neighbour', { timeout: 120_000 }, async () => {
      const ca = readFileSync(proxy.caFile, 'utf8');
      const headers = { cookie: 'login=of-the-owner', authorization: 'token of-the-owner' };
      let visits = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const { running, port } = await startServer();
        const name = await redeemed(port);
        const look = () => visit(proxy, ca, name, '/?token=of-the-owner', headers);
        const open = await until(
          async () => ((await look()).body === 'helen' ? true : undefined),
          10_000,
          20,
        );
        expect(open).toBe(true);
        const squatter = await startSquatter(bob(), [port], false);
        let going = true;
        const visitors = Array.from({ length: 4 }, async () => {
          for (; going; visits++) await look();
        });
        await until(() => undefined, 100);
        running.signal('SIGKILL');
        await squatter.has(port, 20_000);
        const before = visits;
        await until(() => visits > before + 20 || undefined, 10_000);
        going = false;
        await Promise.all(visitors);
        // A connection that was being opened at that moment may reach the neighbour; it is cut before it carries a byte.
        expect(squatter.received()).toBe('');
        expect(await look()).toMatchObject({ status: 404, byProxy: true });
        await squatter.stop();
      }
      expect(visits).toBeGreaterThan(ROUNDS * 20);
      await expectServing();
    });
  });

  test('goes on after everything that is no TLS, and after connections that break off', async () => {
    const pieces = ['', '\0', 'GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\x02\x00\x01', 'x'.repeat(100_000)];
    const sockets = Array.from({ length: 200 }, (_, index) => {
      const socket = connect(proxy.port, '127.0.0.1').on('error', () => undefined);
      socket.write(pieces[index % pieces.length]!, 'latin1');
      if (index % 3 === 0) socket.once('connect', () => socket.resetAndDestroy());
      else if (index % 3 === 1) socket.end();
      return socket.resume();
    });
    await until(() => undefined, 500);
    for (const socket of sockets) socket.destroy();
    await Promise.all(sockets.map(async (socket) => socket.closed || (await once(socket, 'close'))));
    await expectServing();
  });

  test('says what is wrong with a body that is too large, before it has come', async () => {
    const big = ['-X', 'POST', '-H', 'Content-Type: application/json', '--data-binary', '@-'];
    const url = `${proxy.controlUrl}/api/v1/sessions`;
    for (const chunked of [[], ['-H', 'Transfer-Encoding: chunked']]) {
      const command = [
        '/usr/bin/curl',
        '-q',
        '-sS',
        '--noproxy',
        '*',
        '--cacert',
        proxy.caFile,
        '--max-time',
        '20',
      ];
      const running = startAs(helen(), [...command, ...big, ...chunked, '-w', ' %{http_code}', url], {
        input: 'x'.repeat(3_000_000),
      });
      const { stdout } = await running.ended(30_000);
      expect(stdout).toMatch(/"too-large"[^]* 413$/);
    }
    await expectServing();
  });
});
