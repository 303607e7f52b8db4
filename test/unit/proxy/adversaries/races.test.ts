/** Many at once: a redeem that others race for, and names that are guessed at speed. */
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer as createTlsServer } from 'node:tls';
import { selfSignedCertificate } from '../../../../src/certificate.js';
import { get, closeServer } from '../data/stage.js';
import { adversaryBed, DOMAIN, TOKEN, type AdversaryBed, type Served } from './bed.js';
import type { AddressInfo, Socket } from 'node:net';

const RACERS = Array.from({ length: 40 }, (_, index) => `127.0.1.${index + 1}`);

describe('a redeem that 40 others race for, each from an address of its own', () => {
  let bed: AdversaryBed;
  let session: Served;
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    bed = await adversaryBed();
    session = await bed.serve();
  });
  afterAll(async () => {
    await bed.expectServing(session);
    await bed.close();
    await Promise.all(closers.map((close) => close()));
  });

  /** At every address of this machine; answers with the address that was asked. */
  async function everywhere(make: (onConnection: (socket: Socket) => void) => Server): Promise<number> {
    const open = new Set<Socket>();
    const server = make((socket) => {
      open.add(socket.on('error', () => undefined).on('close', () => open.delete(socket)));
      socket.on('data', () =>
        socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nat ${socket.localAddress}`),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
    closers.push(() => closeServer(server, open));
    return (server.address() as AddressInfo).port;
  }

  it('is won by exactly one, whose the session then is', async () => {
    const {
      certificatePem: cert,
      keyPem: key,
      sha256,
    } = await selfSignedCertificate({
      commonName: 'session',
      names: ['localhost'],
      days: 2,
    });
    const port = await everywhere((onConnection) => createTlsServer({ cert, key }, onConnection));
    const { name, redeemSecret: secret } = await bed.reserve(sha256);
    const answers = await Promise.all(
      RACERS.map(async (from) => ({
        from,
        ...(await bed.call('POST', `/api/v1/sessions/${name}/redeem`, { from, secret, body: { port } })),
      })),
    );
    const winners = answers.filter(({ status }) => status === 200);
    expect(winners).toHaveLength(1);
    for (const { status, body } of answers.filter((answer) => answer !== winners[0])) {
      expect([status, body]).toEqual([409, expect.stringContaining('"conflict"')]);
    }
    const host = `${name}.${DOMAIN}`;
    for (let visit = 0; visit < 5; visit++) {
      expect(await bed.say(host, get(host))).toContain(`at ${winners[0]!.from}`);
    }
  });

  it('is won by exactly one where the name is the credential, too', async () => {
    const held = new Set<string>();
    const open = new Set<Socket>();
    const server = createServer((socket) => {
      open.add(socket.on('error', () => undefined));
      // The first request on a connection may be the tether's, which stays.
      socket.on('data', (bytes) => {
        if (bytes.toString().startsWith('GET /api HTTP')) held.add(socket.localAddress ?? '');
        else socket.end(`at ${socket.localAddress}`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
    closers.push(() => closeServer(server, open));
    const { port } = server.address() as AddressInfo;
    const token = (await bed.call('GET', '/getlink.cgi')).body.split('\n')[1] ?? '';
    const answers = await Promise.all(
      RACERS.map(async (from) => ({
        from,
        ...(await bed.call('GET', `/redeemtoken.cgi?token=${token}&port=${port}`, { from })),
      })),
    );
    const winners = answers.filter(({ body }) => body === 'Success!\n');
    expect(winners).toHaveLength(1);
    const others = answers.filter((answer) => answer !== winners[0]).map(({ body }) => body);
    expect(new Set(others)).toEqual(new Set(['Oops! Unknown nonce or nonce already used\n']));
    const host = `${token}.${DOMAIN}`;
    await expect.poll(() => bed.say(host, get(host, `/?token=${TOKEN}`))).toBe(`at ${winners[0]!.from}`);
    expect([...held]).toEqual([winners[0]!.from]);
  });
});
