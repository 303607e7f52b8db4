/** What stands where a session's Jupyter should be: others, with certificates of their own, at any moment. */
import { createServer as createPlainServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { selfSignedCertificate } from '../../../../src/certificate.js';
import { PAGE_HEADER } from '../../../../src/satellite/protocol.js';
import { closeServer, get, listen, type TestBackend } from '../data/stage.js';
import { adversaryBed, DOMAIN, everything, statuses, TOKEN, type AdversaryBed, type Served } from './bed.js';

describe('a backend that is another one', () => {
  let bed: AdversaryBed;
  let session: Served;
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    bed = await adversaryBed();
    session = await bed.serve();
  });
  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
    await bed.expectServing(session);
  });
  afterAll(() => bed.close());

  /** A session that was redeemed, and whose backend is gone since. */
  async function orphaned() {
    const genuine = await bed.backend(true, (socket) => socket.on('data', () => socket.end('genuine')));
    const { name, redeemSecret } = await bed.reserve(genuine.certificate!.sha256);
    const redeemed = await bed.call('POST', `/api/v1/sessions/${name}/redeem`, {
      secret: redeemSecret,
      body: { port: genuine.port },
    });
    expect(redeemed.status).toBe(200);
    const host = `${name}.${DOMAIN}`;
    expect(await bed.say(host, get(host))).toBe('genuine');
    await genuine.close();
    return { name, host, port: genuine.port, certificate: genuine.certificate! };
  }

  /** All that the owner's browser has. */
  const secrets = (host: string) => get(host, `/?token=${TOKEN}`, 'Cookie: secret=cookie\r\n') + 'and a body';

  async function expectRefused(host: string, code: string): Promise<void> {
    const [name = ''] = host.split('.');
    // The browser speaks first, with everything that it has.
    const text = await bed.say(host, secrets(host));
    expect(statuses(text)).toEqual([502]);
    expect(text.toLowerCase()).toContain(`${PAGE_HEADER}: 1`);
    const said = bed.lines.filter((line) => line.includes('backend-refused') && line.includes(name));
    expect(said.at(-1)).toContain(code);
    expect(bed.lines.join('\n')).not.toContain(TOKEN);
  }

  async function takeOver(port: number, talk?: (socket: Socket) => void): Promise<TestBackend> {
    const squatter = await bed.backend(true, talk, { port });
    closers.push(squatter.close);
    return squatter;
  }

  it('with another certificate hears not a byte, even when the browser spoke first', async () => {
    const { host, port } = await orphaned();
    const squatter = await takeOver(port);
    for (let visit = 0; visit < 10; visit++) await expectRefused(host, 'certificate-mismatch');
    await sleep(50);
    expect(squatter.heard()).toBe('');
  });

  it('nor when it speaks first itself', async () => {
    const { host, port } = await orphaned();
    const squatter = await takeOver(port, (socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'),
    );
    await expectRefused(host, 'certificate-mismatch');
    expect(squatter.heard()).toBe('');
  });

  it('nor when it is swapped between two connections of one browser', async () => {
    const { host, port, certificate } = await orphaned();
    const heard: string[] = [];
    const serve = async (shown: { certificatePem: string; keyPem: string }, who: string) => {
      const open = new Set<Socket>();
      const server = createTlsServer({ cert: shown.certificatePem, key: shown.keyPem }, (socket) => {
        open.add(socket.on('error', () => undefined));
        socket.on('data', (bytes: Buffer) => {
          heard.push(`${who}: ${bytes.toString()}`);
          socket.write(who);
        });
      });
      await listen(server, port);
      return () => closeServer(server, open);
    };
    let close = await serve(certificate, 'genuine');
    const kept = await bed.dial(host);
    kept.write(secrets(host));
    await new Promise((resolve) => kept.once('data', resolve));
    const rest = everything(kept);
    await close();
    close = await serve(
      await selfSignedCertificate({ commonName: 'session', names: ['localhost'], days: 2 }),
      'evil',
    );
    closers.push(close);
    kept.write(secrets(host));
    expect(await rest).toBe('');
    await expectRefused(host, 'certificate-mismatch');
    expect(heard.filter((line) => !line.startsWith('genuine: '))).toEqual([]);
  });

  it('nor one that swaps its certificate during one and the same listening', async () => {
    const { host, port, certificate } = await orphaned();
    const heard: string[] = [];
    const server: Server = createTlsServer(
      { cert: certificate.certificatePem, key: certificate.keyPem },
      (socket) => {
        socket
          .on('error', () => undefined)
          .on('data', (bytes: Buffer) => {
            heard.push(bytes.toString());
            socket.end('genuine');
          });
      },
    );
    await listen(server, port);
    closers.push(() => closeServer(server, []));
    expect(await bed.say(host, get(host))).toBe('genuine');
    const evil = await selfSignedCertificate({ commonName: 'session', names: ['localhost'], days: 2 });
    server.setSecureContext({ cert: evil.certificatePem, key: evil.keyPem });
    await expectRefused(host, 'certificate-mismatch');
    server.setSecureContext({ cert: certificate.certificatePem, key: certificate.keyPem });
    expect(await bed.say(host, get(host))).toBe('genuine');
    expect(heard).toEqual([get(host), get(host)]);
  });

  it('nor one that has the certificate and not its key', async () => {
    const { host, port, certificate } = await orphaned();
    // It plays the genuine handshake of a server whose key it does not have: OpenSSL lets no such server start, so the
    // public certificate goes with a chain whose first one is its own.
    const own = await selfSignedCertificate({ commonName: 'session', names: ['localhost'], days: 2 });
    const server = createTlsServer(
      { cert: own.certificatePem + certificate.certificatePem, key: own.keyPem },
      (socket) => {
        socket.on('error', () => undefined).on('data', () => socket.end('evil'));
      },
    );
    await listen(server, port);
    closers.push(() => closeServer(server, []));
    await expectRefused(host, 'certificate-mismatch');
  });

  it.for([
    ['says nothing', undefined, 'backend-unreachable'],
    ['closes at once', (socket: Socket) => socket.destroy(), 'backend-unreachable'],
    [
      'is a web server without TLS',
      (socket: Socket) => socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nevil')),
      'backend-unreachable',
    ],
    [
      'sends bytes without end',
      (socket: Socket) => socket.write(Buffer.alloc(4_000_000)),
      'backend-unreachable',
    ],
    ['gives back what it hears', (socket: Socket) => socket.pipe(socket), 'backend-unreachable'],
  ] as const)(
    'that speaks no TLS and %s hears nothing of the request',
    { timeout: 30_000 },
    async ([, talk, code]) => {
      const { host, port } = await orphaned();
      const open = new Set<Socket>();
      let heard = '';
      const server = createPlainServer((socket) => {
        open.add(socket.on('error', () => undefined));
        socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')));
        talk?.(socket);
      });
      await listen(server, port);
      closers.push(() => closeServer(server, open));
      await expectRefused(host, code);
      for (const secret of [TOKEN, 'GET', 'cookie', 'body']) expect(heard).not.toContain(secret);
    },
  );

  it('redeems nothing, ten times, and then the session takes no more tries', async () => {
    const squatter = await bed.backend(true);
    const { name, redeemSecret: secret } = await bed.reserve('c'.repeat(64));
    const redeem = () =>
      bed.call('POST', `/api/v1/sessions/${name}/redeem`, { secret, body: { port: squatter.port } });
    for (let times = 0; times < 10; times++)
      expect((await redeem()).body).toContain('"certificate-mismatch"');
    const last = await redeem();
    expect([last.status, last.body]).toEqual([429, expect.stringContaining('"too-many-tries"')]);
    expect(squatter.heard()).toBe('');
    const host = `${name}.${DOMAIN}`;
    expect(statuses(await bed.say(host, get(host)))).toEqual([404]);
  });
});
