/** Real HTTPS servers with certificates made here, and counterparts that speak something else. */
import type { RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { certificateAuthority, issueCertificate } from '../../../src/certificate.js';

export interface TestServer {
  port: number;
  /** PEM of the authority that signed its certificate. */
  ca: string;
}

interface CertificateFacts {
  names?: string[];
  days?: number;
  /** When the certificate was made. */
  now?: Date;
}

/** Answers on loopback until the test is finished. */
export async function tlsServer(
  listener: RequestListener,
  facts: CertificateFacts = {},
): Promise<TestServer> {
  const { names = ['*.test.localhost'], days = 7, now } = facts;
  const authority = await certificateAuthority({ commonName: 'test', days: 30 });
  const made = await issueCertificate({ authority, names, days, ...(now ? { now } : {}) });
  const server = createHttpsServer({ cert: made.certificatePem, key: made.keyPem }, listener);
  return { port: await listen(server), ca: authority.certificatePem };
}

/** Speaks whatever the test wants, without TLS. */
export function plainServer(onConnection: (socket: Socket) => void): Promise<number> {
  return listen(createServer(onConnection));
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    // A client that goes away is what some tests are about.
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}
