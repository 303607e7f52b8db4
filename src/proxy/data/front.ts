/** The public port: TLS ends here, and the server name sends each connection its one way for life. */
import { constants } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Log } from '../operation/log.js';
import type { PageServer } from '../pages/page-server.js';
import type { Registry } from '../registry/registry.js';
import type { Limits } from '../limits.js';
import { tlsOptions, type CertificatePair } from './certificates.js';
import { connectionsAtWork, drain } from './drain.js';
import { openLink } from './link.js';
import { destinationOf, type Destination } from './server-name.js';

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
const DROPS_LOGGED_EVERY_MS = 60_000;

export function createFront(deps: FrontDeps): Front {
  const links = new Map<string, Set<TLSSocket>>();
  const open = new Set<Socket>();
  const secrets = {
    minVersion: 'TLSv1.2',
    // In a resumed TLS 1.2 connection Node reports no server name; nor may a name change under way.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  } as const;
  const server = createServer(
    {
      ...tlsOptions(deps.certificates),
      ...secrets,
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
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  // A client that speaks no TLS, hangs up or takes too long; after a time-out Node leaves the socket open.
  server.on('tlsClientError', (_error, browser) => browser.destroy());
  logDrops(server, deps);
  const working = connectionsAtWork(deps.control);
  const offEnded = deps.sessions.onEnded(({ name }) => links.get(name)?.forEach((link) => link.destroy()));
  return {
    server,
    useCertificates: (pairs) => server.setSecureContext({ ...tlsOptions(pairs), ...secrets }),
    connections: () => open.size,
    connectionsOf: (name) => links.get(name)?.size ?? 0,
    async close(drainMs = 0) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await drain(open, { working, limitMs: drainMs });
      offEnded();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function accept(browser: TLSSocket, deps: FrontDeps, links: Map<string, Set<TLSSocket>>): void {
  // 'close' follows every error, and is what is acted upon.
  browser.on('error', () => undefined);
  const destination = destinationOf(browserName(browser), deps.domain);
  if (destination.kind === 'control') {
    closeAfter(browser, deps.limits.answerTimeout);
    deps.control.emit('connection', browser);
    return;
  }
  const silent = setTimeout(() => browser.destroy(), deps.limits.firstByteTimeout);
  browser.once('close', () => clearTimeout(silent));
  // 'readable' tells of the first byte and leaves it where it is, for whoever is to have it.
  browser.once('readable', () => {
    clearTimeout(silent);
    route(browser, destination, deps, links);
  });
}

function route(
  browser: TLSSocket,
  destination: Exclude<Destination, { kind: 'control' }>,
  deps: FrontDeps,
  links: Map<string, Set<TLSSocket>>,
): void {
  // An end without a byte is 'readable' as well.
  if (browser.readableLength === 0) {
    browser.destroy();
    return;
  }
  const session = destination.kind === 'session' ? deps.sessions.lookup(destination.name) : undefined;
  if (session?.phase !== 'ready') {
    deps.pages.accept(browser, destination);
    return;
  }
  browser.setTimeout(deps.limits.idleTimeout, () => browser.destroy());
  const forget = keep(links, session.name, browser);
  openLink(browser, session, ({ code, message }) => {
    forget();
    deps.log('backend-refused', { session: session.name, code, message });
    deps.pages.accept(browser, destination, code);
  });
}

/** Remembers the connection among its session's, until it closes or the returned function is called. */
function keep(links: Map<string, Set<TLSSocket>>, name: string, browser: TLSSocket): () => void {
  const group = links.get(name) ?? new Set();
  links.set(name, group.add(browser));
  const forget = () => {
    group.delete(browser);
    if (group.size === 0 && links.get(name) === group) links.delete(name);
  };
  browser.once('close', forget);
  return forget;
}

function closeAfter(socket: Socket, ms: number): void {
  const timer = setTimeout(() => socket.destroy(), ms);
  socket.once('close', () => clearTimeout(timer));
}

/** Node's types do not know the server's side of this property: the name, or false when none was sent. */
function browserName(browser: TLSSocket): unknown {
  return (browser as TLSSocket & { servername?: unknown }).servername;
}

/** The limit is a matter for the administrator, but not once a connection. */
function logDrops(server: Server, deps: FrontDeps): void {
  let quiet = false;
  server.on('drop', () => {
    if (quiet) return;
    quiet = true;
    setTimeout(() => (quiet = false), DROPS_LOGGED_EVERY_MS).unref();
    deps.log('connection-limit', { connections: deps.limits.maxConnections });
  });
}
