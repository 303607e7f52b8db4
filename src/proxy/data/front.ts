/** The public port: TLS ends here, and the server name sends each connection its one way for life. */
import { constants } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { Counts } from '../limiting/counts.js';
import type { Limits } from '../limiting/limits.js';
import { logLimit } from '../limiting/limit-reached.js';
import { sourceOf } from '../limiting/source.js';
import type { Log } from '../operation/log.js';
import type { PageServer } from '../pages/page-server.js';
import type { CertificatePair } from '../proxy-options.js';
import type { Registry } from '../registry/registry.js';
import { accept } from './accept.js';
import { tlsOptions } from './certificates.js';
import { connectionsAtWork, drain } from './drain.js';
import { SessionLinks } from './session-links.js';

export interface FrontDeps {
  domain: string;
  certificates: readonly CertificatePair[];
  sessions: Pick<Registry, 'lookup' | 'onEnded'>;
  /** Control's server; it does not listen, connections are handed to it. */
  control: HttpServer;
  pages: PageServer;
  log: Log;
  limits: Limits & { maxConnections: number };
}

export interface Front {
  /** Listens when the caller says so. */
  server: Server;
  /** For connections from now on; what cannot do throws and changes nothing. */
  useCertificates: (pairs: readonly CertificatePair[]) => void;
  /** Open connections in all. */
  connections: () => number;
  /** Open connections to a session's Jupyter. */
  connectionsOf: (name: string) => number;
  /** Stops listening, leaves busy connections alone for so many milliseconds, cuts the rest. */
  close: (drainMs?: number) => Promise<void>;
}

const KEEP_ALIVE_DELAY_MS = 60_000;

export function createFront(deps: FrontDeps): Front {
  const links = new SessionLinks(deps.limits);
  const open = new Set<Socket>();
  const addresses = new Counts();
  const protocol = {
    minVersion: 'TLSv1.2',
    // In a resumed TLS 1.2 connection Node reports no server name; nor may a name change under way.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  } as const;
  const server = createServer(
    {
      ...tlsOptions(deps.certificates),
      ...protocol,
      // With h2 a browser puts several hosts on one connection, which then belongs to no one session.
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: deps.limits.handshakeTimeout,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
      noDelay: true,
    },
    (browser) => accept(browser, deps, links),
  );
  server.maxConnections = deps.limits.maxConnections;
  server.on('connection', (socket: Socket) => {
    const source = sourceOf(socket.remoteAddress);
    if (addresses.of(source) >= deps.limits.maxConnectionsPerAddress) {
      logLimit(deps.log, 'connections-per-address', socket);
      socket.destroy();
      return;
    }
    const leave = addresses.add(source);
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      leave();
    });
  });
  server.on('drop', (dropped?: { remoteAddress?: string }) =>
    logLimit(deps.log, 'connections', dropped ?? {}),
  );
  // A client that speaks no TLS, hangs up or takes too long; after a time-out Node leaves the socket open.
  server.on('tlsClientError', (error: Error & { code?: string }, browser) => {
    if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') logLimit(deps.log, 'handshake-time', browser);
    browser.destroy();
  });
  const working = connectionsAtWork(deps.control);
  const offEnded = deps.sessions.onEnded(({ name }) => links.cut(name));
  return {
    server,
    useCertificates: (pairs) => server.setSecureContext({ ...tlsOptions(pairs), ...protocol }),
    connections: () => open.size,
    connectionsOf: (name) => links.count(name),
    async close(drainMs = 0) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await drain(open, { working, limitMs: drainMs });
      offEnded();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
