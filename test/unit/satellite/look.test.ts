import { describe, expect, it } from 'vitest';
import { lookAtProxy } from '../../../src/satellite/look.js';
import { startProxy } from '../../../src/proxy/module.js';
import { certificateAuthority, issueCertificate } from '../../../src/certificate.js';
import { tlsServer } from '../platform/tls-server.js';

const { signal } = new AbortController();

async function ownProxy(trustedNetworks: string[]) {
  const authority = await certificateAuthority({ commonName: 'Test CA', days: 2 });
  const certificate = await issueCertificate({ authority, names: ['*.jupyter.localhost'], days: 2 });
  const events: string[] = [];
  const proxy = await startProxy({
    domain: 'jupyter.localhost',
    listen: { host: '127.0.0.1', port: 0 },
    certificates: [certificate],
    trustedNetworks,
    log: (event) => events.push(event),
  });
  const port = Number(new URL(proxy.controlUrl).port);
  const endpoint = {
    domain: 'jupyter.localhost',
    port,
    protocol: 'auto',
    ca: authority.certificatePem,
  } as const;
  return { proxy, endpoint, events };
}

describe('a look at the proxy', () => {
  it('of our own knows it, with its certificate and its clock, and takes nothing', async () => {
    const { proxy, endpoint, events } = await ownProxy(['127.0.0.0/8']);
    const seen = await lookAtProxy(endpoint, 5000, signal);
    await proxy.close();
    expect(seen.kind).toBe('own');
    expect(seen.certificate?.subjectAltName).toBe('DNS:*.jupyter.localhost');
    expect(Math.abs(Number(seen.date) - Date.now())).toBeLessThan(60_000);
    expect(events).not.toContain('reserve');
  });

  it('from outside its networks says what it says', async () => {
    const { proxy, endpoint } = await ownProxy(['10.0.0.0/8']);
    await expect(lookAtProxy(endpoint, 5000, signal)).rejects.toMatchObject({
      code: 'proxy-refused',
      message: expect.stringContaining('not in the trusted networks') as string,
    });
    await proxy.close();
  });

  it('of another service knows that it answers', async () => {
    const asked: string[] = [];
    const server = await tlsServer((request, response) => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''}`);
      response.writeHead(404).end('<title>404</title>');
    });
    const endpoint = {
      domain: 'test.localhost',
      port: server.port,
      protocol: 'auto',
      ca: server.ca,
    } as const;
    expect(await lookAtProxy(endpoint, 5000, signal)).toMatchObject({ kind: 'other' });
    expect(asked).toEqual(['GET /api/v1/doctor']);
  });

  it('of one that is out of order says so', async () => {
    const server = await tlsServer((_request, response) => response.writeHead(502).end());
    const endpoint = {
      domain: 'test.localhost',
      port: server.port,
      protocol: 'auto',
      ca: server.ca,
    } as const;
    await expect(lookAtProxy(endpoint, 5000, signal)).rejects.toMatchObject({ code: 'proxy-refused' });
  });

  it('of one whose certificate is not trusted says so, and sees none', async () => {
    const server = await tlsServer((_request, response) => response.end());
    const endpoint = { domain: 'test.localhost', port: server.port, protocol: 'auto' } as const;
    await expect(lookAtProxy(endpoint, 5000, signal)).rejects.toMatchObject({ code: 'proxy-untrusted' });
  });
});
