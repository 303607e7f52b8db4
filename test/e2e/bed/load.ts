/** People at work while something happens to the proxy: open connections with messages, and new ones all the time. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { selfSignedCertificate } from '../../../src/certificate.js';

export interface Service {
  domain: string;
  port: number;
  caFile: string;
}

export interface EchoSession {
  name: string;
  host: string;
  close: () => void;
}

/** A session whose Jupyter says back whatever it hears. */
export async function echoSession(service: Service): Promise<EchoSession> {
  const { certificatePem, keyPem, sha256 } = await selfSignedCertificate({
    commonName: 'session',
    names: ['localhost'],
    days: 2,
  });
  const server = createServer({ cert: certificatePem, key: keyPem }, (socket) => {
    socket.on('error', () => undefined).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const reserved = JSON.parse(
    await call(service, 'POST', '/api/v1/sessions', undefined, {
      certificateSha256: sha256,
      viewerKeySha256: 'a'.repeat(64),
    }),
  ) as { name: string; redeemSecret: string };
  const { name, redeemSecret } = reserved;
  await call(service, 'POST', `/api/v1/sessions/${name}/redeem`, redeemSecret, { port });
  return { name, host: `${name}.${service.domain}`, close: () => void server.close() };
}

/** Rejects for anything but success. */
export function call(
  service: Service,
  method: string,
  path: string,
  secret?: string,
  body?: unknown,
): Promise<string> {
  const host = `manage.${service.domain}`;
  const ca = readFileSync(service.caFile);
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        ...{
          method,
          path,
          ca,
          agent: false,
          host: '127.0.0.1',
          port: service.port,
          servername: host,
          timeout: 20_000,
        },
        headers: { host, ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }) },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        answer.on('error', reject).on('end', () => {
          if ((answer.statusCode ?? 0) < 300) resolve(text);
          else reject(new Error(`${answer.statusCode}: ${text}`));
        });
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('no answer in time'))).on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** A connection by TLS, with its certificate checked; rejects when there is none. */
export function dial({ port, caFile }: Service, host: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: host, ca: readFileSync(caFile) });
    socket.once('secureConnect', () => resolve(socket));
    socket.on('error', reject).once('close', () => reject(new Error('closed before the handshake was done')));
  });
}

export interface Load {
  /** What went wrong so far, in words. */
  troubles: string[];
  /** How many handshakes were with the certificate of this fingerprint. */
  handshakes: Map<string, number>;
  /** Messages that came back so far. */
  echoes: () => number;
  stop: () => Promise<void>;
}

/** So many connections that send a message every 100 ms and wait for it, and two that are opened again and again. */
export function putLoadOn(service: Service, { host }: EchoSession, connections: number): Load {
  const troubles: string[] = [];
  const handshakes = new Map<string, number>();
  const stop = new AbortController();
  const isStopped = () => stop.signal.aborted;
  let echoes = 0;
  const keepTalking = async (id: number): Promise<void> => {
    const socket = await dial(service, host);
    const isOpen = () => !socket.destroyed;
    let heard = '';
    socket.setEncoding('utf8').on('data', (text: string) => (heard += text));
    socket.on('close', () => isStopped() || troubles.push(`connection ${id} was cut`));
    for (let message = 0; !isStopped() && isOpen(); message++) {
      const text = `message ${message} of ${id}\n`;
      heard = '';
      socket.write(text);
      const since = performance.now();
      while (heard !== text && isOpen() && performance.now() - since < 20_000) await sleep(5);
      if (heard !== text)
        troubles.push(`connection ${id} had ${JSON.stringify(heard)} for ${JSON.stringify(text)}`);
      echoes++;
      await sleep(100);
    }
    socket.destroy();
  };
  const keepComing = async (): Promise<void> => {
    while (!isStopped()) {
      try {
        const socket = await dial(service, host);
        const { fingerprint256 } = socket.getPeerX509Certificate()!;
        handshakes.set(fingerprint256, (handshakes.get(fingerprint256) ?? 0) + 1);
        socket.destroy();
      } catch (error) {
        troubles.push(`a handshake failed: ${String(error)}`);
      }
      await sleep(20);
    }
  };
  const work = [
    ...Array.from({ length: connections }, (_, id) => keepTalking(id)),
    keepComing(),
    keepComing(),
  ];
  return {
    troubles,
    handshakes,
    echoes: () => echoes,
    async stop() {
      stop.abort();
      await Promise.all(work);
    },
  };
}
