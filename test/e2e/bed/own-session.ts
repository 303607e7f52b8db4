/** A session whose Jupyter is a server in this process: what an adversary who is a user of the cluster can have. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request, type RequestOptions } from 'node:https';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { selfSignedCertificate } from '../../../src/certificate.js';
import type { Proxy } from './proxy.js';

export interface OwnSession {
  name: string;
  /** `https://NAME.DOMAIN:PORT` */
  origin: string;
  /** Ends the session and stops the server. */
  close(): Promise<void>;
}

export interface ControlAnswer {
  status: number;
  body: string;
}

/** One call of our own API or of a classic endpoint, from loopback. */
export function callControl(
  proxy: Proxy,
  method: string,
  path: string,
  { body, secret, from }: { body?: unknown; secret?: string; from?: string } = {},
): Promise<ControlAnswer> {
  const options: RequestOptions = {
    ...{ method, path, host: '127.0.0.1', port: proxy.port, agent: false, localAddress: from },
    servername: `manage.${proxy.domain}`,
    ca: readFileSync(proxy.caFile),
    headers: {
      host: `manage.${proxy.endpoint}`,
      ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
    },
    timeout: 20_000,
  };
  return new Promise((resolve, reject) => {
    const asked = request(options, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      answer.on('error', reject).on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
    });
    asked.on('timeout', () => asked.destroy()).on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export async function startOwnSession(proxy: Proxy, listener: RequestListener): Promise<OwnSession> {
  const { certificatePem, keyPem, sha256 } = await selfSignedCertificate({
    commonName: 'session',
    names: ['localhost'],
    days: 2,
  });
  const server = createServer({ cert: certificatePem, key: keyPem }, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const reserved = await callControl(proxy, 'POST', '/api/v1/sessions', {
    body: { certificateSha256: sha256, viewerKeySha256: 'a'.repeat(64) },
  });
  const { name, redeemSecret: secret } = JSON.parse(reserved.body) as { name: string; redeemSecret: string };
  const path = `/api/v1/sessions/${name}`;
  const redeemed = await callControl(proxy, 'POST', `${path}/redeem`, { body: { port }, secret });
  if (redeemed.status !== 200) throw new Error(`redeem of ${name}: ${redeemed.body}`);
  return {
    name,
    origin: `https://${name}.${proxy.endpoint}`,
    async close() {
      await callControl(proxy, 'DELETE', path, { secret });
      server.closeAllConnections();
      server.close();
    },
  };
}
