/** Who calls and where to connect is an address, in whatever notation it comes. */
import { networkInterfaces } from 'node:os';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from 'node:net';
import { adversaryBed, answerOf, everything, MANAGE, type AdversaryBed, type Answer } from './bed.js';

const dualStack = { listen: { host: '::', port: 0 } };
const loopback6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

describe('a caller', () => {
  let bed: AdversaryBed;
  afterEach(() => bed.close());

  const body = JSON.stringify({ certificateSha256: 'a'.repeat(64), viewerKeySha256: 'b'.repeat(64) });
  const post = (path: string, text: string, secret = '') =>
    `POST ${path} HTTP/1.1\r\nHost: ${MANAGE}\r\nAuthorization: Bearer ${secret}\r\nContent-Length: ${text.length}\r\n\r\n${text}`;

  async function at(address: string, text: string): Promise<Answer> {
    const wire = connect(bed.proxy.port, address);
    const socket = await bed.dial(MANAGE, { socket: wire });
    const all = everything(socket);
    socket.write(text);
    return answerOf(await all);
  }

  it('by IPv4 at a socket of both families is the IPv4 address that it is, and so is its backend', async () => {
    bed = await adversaryBed(dualStack);
    const made = await bed.backend(true);
    const reserved = await at(
      '127.0.0.1',
      post('/api/v1/sessions', body.replace('a'.repeat(64), made.certificate!.sha256)),
    );
    expect(reserved.status).toBe(201);
    const { name, redeemSecret } = JSON.parse(reserved.body) as { name: string; redeemSecret: string };
    const path = `/api/v1/sessions/${name}/redeem`;
    // What Node calls ::ffff:127.0.0.1 is one of 127.0.0.0/9, and it is there that the backend listens.
    expect((await at('127.0.0.1', post(path, `{"port":${made.port}}`, redeemSecret))).status).toBe(200);
    expect(bed.lines.join('\n')).toContain('"source":"127.0.0.1"');
    expect(bed.lines.join('\n')).not.toContain('::ffff:');
  });

  it.skipIf(!loopback6)('by IPv6 is in no IPv4 network, and the other way round', async () => {
    bed = await adversaryBed({ ...dualStack, trustedNetworks: ['0.0.0.0/0'] });
    expect((await at('::1', post('/api/v1/sessions', body))).body).toContain('Your address ::1 is not in');
    expect((await at('127.0.0.1', post('/api/v1/sessions', body))).status).toBe(201);
    await bed.close();
    bed = await adversaryBed({ ...dualStack, trustedNetworks: ['::/0'] });
    expect((await at('::1', post('/api/v1/sessions', body))).status).toBe(201);
    expect((await at('127.0.0.1', post('/api/v1/sessions', body))).body).toContain(
      'Your address 127.0.0.1 is not',
    );
  });

  it('on the proxy’s own machine gets nothing mapped there, by either protocol, unless it is configured', async () => {
    bed = await adversaryBed({ allowLocalBackends: false });
    const listening = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => listening.once('listening', resolve));
    const { port } = listening.address() as AddressInfo;
    let connections = 0;
    listening.on('connection', () => connections++);
    const { name, redeemSecret: secret } = await bed.reserve('a'.repeat(64));
    const redeemed = await bed.call('POST', `/api/v1/sessions/${name}/redeem`, { secret, body: { port } });
    expect([redeemed.status, redeemed.body]).toEqual([422, expect.stringContaining('"address-refused"')]);
    const token = (await bed.call('GET', '/getlink.cgi')).body.split('\n')[1] ?? '';
    const classic = await bed.call('GET', `/redeemtoken.cgi?token=${token}&port=${port}`);
    expect(classic.body).toMatch(/^Oops! Your address is the proxy's own machine/);
    expect(connections).toBe(0);
    listening.close();
  });

  it('does not make the proxy connect to itself, nor to what it was told to leave alone', async () => {
    bed = await adversaryBed({ deniedPorts: [{ first: 6000, last: 6063 }] });
    const { name, redeemSecret: secret } = await bed.reserve('a'.repeat(64));
    const redeem = (port: number) =>
      bed.call('POST', `/api/v1/sessions/${name}/redeem`, { secret, body: { port } });
    for (const port of [6000, 6063]) {
      expect((await redeem(port)).body).toContain('"port-refused"');
    }
    // Its own port is no more than another one that has not the certificate.
    expect((await redeem(bed.proxy.port)).body).toMatch(
      /"(certificate-mismatch|address-refused|port-refused)"/,
    );
    const token = (await bed.call('GET', '/getlink.cgi')).body.split('\n')[1] ?? '';
    const classic = await bed.call('GET', `/redeemtoken.cgi?token=${token}&port=6017`);
    expect(classic.body).toMatch(/^Oops! That port belongs to another kind of service/);
  });
});
