import { createServer, request, type RequestOptions, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  certificateAuthority,
  issueCertificate,
  selfSignedCertificate,
  type Certificate,
} from '../../../src/certificate.js';
import { startProxy, type ProxyOptions, type RunningProxy } from '../../../src/proxy/module.js';
import {
  sha256Hex,
  viewerKey,
  type ReserveAnswer,
  type SessionAnswer,
} from '../../../src/satellite/protocol.js';
import { exchange, get } from './data/stage.js';

const DOMAIN = 'jupyter.localhost';
const TOKEN = 'secret-token';

describe('a running proxy', () => {
  let authority: Certificate;
  let options: ProxyOptions;
  let proxy: RunningProxy;
  let backend: { server: Server; port: number; certificate: Certificate };
  const events: string[] = [];

  beforeAll(async () => {
    authority = await certificateAuthority({ commonName: 'Test CA', days: 2 });
    const certificate = await issueCertificate({ authority, names: [`*.${DOMAIN}`], days: 2 });
    options = {
      domain: DOMAIN,
      listen: { host: '127.0.0.1', port: 0 },
      certificates: [certificate],
      allowLocalBackends: true,
      trustedNetworks: ['127.0.0.0/8', '::1'],
      log: (event, fields) => events.push(JSON.stringify({ event, ...fields })),
    };
    proxy = await startProxy(options);
    backend = await startBackend();
  });
  afterAll(async () => {
    backend.server.close();
    await proxy.close();
  });

  async function startBackend() {
    const certificate = await selfSignedCertificate({ commonName: 'session', names: ['localhost'], days: 2 });
    const server = createServer(
      { cert: certificate.certificatePem, key: certificate.keyPem },
      (asked, response) => response.end(`Jupyter at ${asked.headers.host ?? ''}`),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { server, port: (server.address() as AddressInfo).port, certificate };
  }

  it('closes a connection to control after its one answer, even if the client does not', async () => {
    const socket = connect({
      host: '127.0.0.1',
      port: proxy.port,
      servername: `manage.${DOMAIN}`,
      ca: authority.certificatePem,
    });
    const started = performance.now();
    const twice = get(`manage.${DOMAIN}`, '/getlink.cgi').repeat(2);
    const answers = await exchange(socket, twice);
    expect(answers.match(/Your token is/g)).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  interface Answer {
    status: number;
    text: string;
    headers: Record<string, unknown>;
  }

  function call(
    host: string,
    method: string,
    path: string,
    body?: unknown,
    secret?: string,
  ): Promise<Answer> {
    const asked: RequestOptions = {
      host: '127.0.0.1',
      port: proxy.port,
      servername: host,
      ca: authority.certificatePem,
      agent: false,
      method,
      path,
      headers: {
        Host: `${host}:${proxy.port}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(secret === undefined ? {} : { Authorization: `Bearer ${secret}` }),
      },
    };
    return new Promise((resolve, reject) => {
      const sent = request(asked, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text, headers: { ...response.headers } }),
        );
      });
      sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  it('takes a session from its reservation over its waiting page to its notebook and its end', async () => {
    const manage = `manage.${DOMAIN}`;
    expect(proxy.controlUrl).toBe(`https://${manage}:${proxy.port}`);
    const reserved = await call(manage, 'POST', '/api/v1/sessions', {
      certificateSha256: backend.certificate.sha256,
      viewerKeySha256: sha256Hex(viewerKey(TOKEN)),
    });
    expect(reserved.status).toBe(201);
    const { name, url, redeemSecret } = JSON.parse(reserved.text) as ReserveAnswer;
    expect(url).toBe(`https://${name}.${DOMAIN}:${proxy.port}/`);

    const host = `${name}.${DOMAIN}`;
    expect((await call(host, 'GET', `/?token=${TOKEN}`)).status).toBe(503);
    expect((await call(host, 'GET', '/')).status).toBe(404);

    const path = `/api/v1/sessions/${name}`;
    const redeemed = await call(manage, 'POST', `${path}/redeem`, { port: backend.port }, redeemSecret);
    expect([redeemed.status, (JSON.parse(redeemed.text) as SessionAnswer).phase]).toEqual([200, 'ready']);
    expect((await call(host, 'GET', `/?token=${TOKEN}`)).text).toBe(`Jupyter at ${host}:${proxy.port}`);

    expect((await call(manage, 'DELETE', path, undefined, redeemSecret)).status).toBe(204);
    expect((await call(host, 'GET', `/?token=${TOKEN}`)).status).toBe(410);
    const log = events.join('\n');
    expect(log).toContain(name);
    for (const secret of [TOKEN, redeemSecret, viewerKey(TOKEN)]) expect(log).not.toContain(secret);
  });

  it('refuses a redeem by one who does not hold the announced certificate', async () => {
    const manage = `manage.${DOMAIN}`;
    const reserved = await call(manage, 'POST', '/api/v1/sessions', {
      certificateSha256: sha256Hex('another'),
      viewerKeySha256: sha256Hex(viewerKey(TOKEN)),
    });
    const { name, redeemSecret } = JSON.parse(reserved.text) as ReserveAnswer;
    const path = `/api/v1/sessions/${name}/redeem`;
    const redeemed = await call(manage, 'POST', path, { port: backend.port }, redeemSecret);
    expect(redeemed.status).toBe(424);
    expect(redeemed.text).toContain('certificate-mismatch');
  });

  it.for<[string, string, Partial<ProxyOptions>]>([
    ['another domain’s certificate', 'bad-certificate', { domain: 'jupyter.example.org' }],
    [
      'no certificate at all',
      'bad-certificate',
      { certificates: [{ certificatePem: 'nothing', keyPem: '' }] },
    ],
    ['a network that is none', 'bad-configuration', { trustedNetworks: ['10.0.0.0/40'] }],
    ['an address that is not here', 'bad-configuration', { listen: { host: '192.0.2.1', port: 0 } }],
  ])('does not start with %s', async ([, code, wrong]) => {
    await expect(startProxy({ ...options, ...wrong })).rejects.toMatchObject({ code });
  });

  it('does not start with another key than the certificate’s', async () => {
    const mixed = options.certificates.map((pair) => ({ ...pair, keyPem: authority.keyPem }));
    await expect(startProxy({ ...options, certificates: mixed })).rejects.toMatchObject({
      code: 'bad-certificate',
    });
  });

  it('says so when its port is taken', async () => {
    const listen = { host: '127.0.0.1', port: proxy.port };
    await expect(startProxy({ ...options, listen })).rejects.toMatchObject({ code: 'address-in-use' });
  });
});
