/** A front with hand-made sessions, and backends for it, on loopback. */
import { createServer as createHttpServer } from 'node:http';
import { createServer as createPlainServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createServer as createTlsServer,
  type ConnectionOptions,
  type TLSSocket,
} from 'node:tls';
import {
  certificateAuthority,
  issueCertificate,
  selfSignedCertificate,
  type Certificate,
} from '../../../../src/certificate.js';
import { createFront, type FrontDeps } from '../../../../src/proxy/data/front.js';
import { DEFAULT_LIMITS } from '../../../../src/proxy/limiting/limits.js';
import { createPageServer, type PageSettings } from '../../../../src/proxy/pages/page-server.js';
import type { EndedSession, Session } from '../../../../src/proxy/registry/session.js';
import { sha256Hex, viewerKey } from '../../../../src/satellite/protocol.js';

export const DOMAIN = 'jupyter.localhost';
export const TOKEN = 'a token with "quotes" & $()';

type FrontLimits = FrontDeps['limits'];

export const LIMITS: FrontLimits = {
  ...DEFAULT_LIMITS,
  maxConnections: 200,
  firstByteTimeout: 10_000,
  idleTimeout: 60_000,
  answerTimeout: 10_000,
};

export interface Stage {
  port: number;
  ca: string;
  sessions: Map<string, Session>;
  logged: { event: string; fields: Record<string, unknown> }[];
  end: (name: string) => void;
  /** Hosts that control was asked for. */
  controlSeen: string[];
  connect: (serverName: string, options?: ConnectionOptions) => Promise<TLSSocket>;
  close: () => Promise<void>;
}

export async function createStage(
  limits: Partial<FrontLimits> = {},
  pages: PageSettings = {},
): Promise<Stage> {
  const authority = await certificateAuthority({ commonName: 'Test CA', days: 2 });
  const certificate = await issueCertificate({ authority, names: [`*.${DOMAIN}`, DOMAIN], days: 2 });
  const sessions = new Map<string, Session>();
  const listeners = new Set<(session: EndedSession) => void>();
  const controlSeen: string[] = [];
  const logged: Stage['logged'] = [];
  const front = createFront({
    domain: DOMAIN,
    certificates: [certificate],
    sessions: {
      lookup: (name) => sessions.get(name),
      onEnded(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    control: createHttpServer((request, response) => {
      controlSeen.push(request.headers.host ?? '');
      response.end('control');
    }),
    pages: createPageServer((name) => sessions.get(name), pages),
    log: (event, fields) => logged.push({ event, fields }),
    limits: { ...LIMITS, ...limits },
  });
  const port = await listen(front.server);
  return {
    port,
    ca: authority.certificatePem,
    sessions,
    logged,
    controlSeen,
    end(name) {
      const ended = { ...base(name), phase: 'ended', endedAt: Date.now(), cause: 'destroyed' } as const;
      sessions.set(name, ended);
      for (const listener of listeners) listener(ended);
    },
    connect: (serverName, options) =>
      new Promise((resolve, reject) => {
        const socket = connect({
          host: '127.0.0.1',
          port,
          servername: serverName,
          ca: authority.certificatePem,
          // What is checked is the wildcard, whatever name the handshake asks for.
          checkServerIdentity: (_host, shown) => checkServerIdentity(`any-name-here.${DOMAIN}`, shown),
          ...options,
        });
        socket.once('secureConnect', () => resolve(socket));
        socket.once('error', reject);
      }),
    close: () => front.close(),
  };
}

export interface TestBackend {
  port: number;
  certificate?: Certificate;
  /** Every byte that any connection brought, after TLS. */
  heard: () => string;
  connections: Set<Socket>;
  close: () => Promise<void>;
}

/** A backend that hands every connection to `talk`; without `pinned` a plain one. It records what it hears unless told not to. */
export async function createBackend(
  pinned: boolean,
  talk: (socket: Socket) => void = () => undefined,
  { port = 0, record = true } = {},
): Promise<TestBackend> {
  const pieces: Buffer[] = [];
  const connections = new Set<Socket>();
  const certificate = pinned
    ? await selfSignedCertificate({ commonName: 'session', names: ['localhost'], days: 2 })
    : undefined;
  const onConnection = (socket: Socket) => {
    connections.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => connections.delete(socket));
    if (record) socket.on('data', (bytes: Buffer) => pieces.push(bytes));
    talk(socket);
  };
  const server = certificate
    ? createTlsServer({ cert: certificate.certificatePem, key: certificate.keyPem }, onConnection)
    : createPlainServer(onConnection);
  return {
    port: await listen(server, port),
    certificate,
    heard: () => Buffer.concat(pieces).toString('latin1'),
    connections,
    close: () => closeServer(server, connections),
  };
}

export function listen(server: Server, port = 0): Promise<number> {
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

export function closeServer(server: Server, connections: Iterable<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of connections) socket.destroy();
  });
}

function base(name: string) {
  return {
    name,
    kind: 'v1',
    revision: 0,
    createdAt: Date.now(),
    viewerKeySha256: sha256Hex(viewerKey(TOKEN)),
  } as const;
}

export function readySession(name: string, backend: Pick<TestBackend, 'port' | 'certificate'>): Session {
  return {
    ...base(name),
    phase: 'ready',
    backend: { address: '127.0.0.1', port: backend.port },
    certificateSha256: backend.certificate?.sha256,
    redeemedAt: Date.now(),
    endsAt: Date.now() + 3_600_000,
  };
}

export function reservedSession(name: string, more: Partial<Session> = {}): Session {
  return {
    ...base(name),
    phase: 'reserved',
    expiresAt: Date.now() + 3_600_000,
    redeemTries: 0,
    ...more,
  } as Session;
}

/** Unlike events.once it takes an error for what it is here: a way to be closed. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.on('error', () => undefined).once('close', () => resolve());
  });
}

/** Writes, and resolves with everything that comes until the connection ends. */
export function exchange(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => pieces.push(bytes));
    socket.once('close', () => resolve(Buffer.concat(pieces).toString('utf8')));
    socket.once('error', reject);
    if (text !== '') socket.write(text);
  });
}

export function get(host: string, path = '/', headers = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`;
}
