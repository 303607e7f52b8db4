/** The whole proxy, put together: registry, control, pages and the data path behind one port. */
import { randomBytes, randomInt, X509Certificate } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:tls';
import { StartJupyterError } from '../errors.js';
import { manageHost, sha256Hex } from '../satellite/protocol.js';
import { createControl } from './control/control.js';
import { parseNetworks } from './control/networks.js';
import { verifyBackend } from './data/backend.js';
import { connectionLimit } from './data/descriptors.js';
import { createFront, type Front, type FrontDeps } from './data/front.js';
import { openTether } from './data/tether.js';
import type { Log } from './log.js';
import { createPageServer } from './pages/page-server.js';
import { systemClock } from './registry/clock.js';
import { createMemoryStore } from './registry/memory-store.js';
import { createRegistry } from './registry/registry.js';

export interface ProxyOptions {
  /** The service's base name: sessions are at `https://NAME.DOMAIN`, control at `https://manage.DOMAIN`. Lower-case. */
  domain: string;
  /** Port 0: a free one. */
  listen: { host: string; port: number };
  /** The port in URLs, where browsers reach another one than is listened on. */
  publicPort?: number;
  /** For `*.DOMAIN`, with what clients need between it and their authority; PEM. */
  certificatePem: string;
  keyPem: string;
  /** Whose calls control takes, in CIDR notation. Backends are always the callers' own addresses. */
  trustedNetworks: readonly string[];
  /** Who may post to the classic update-jobs.cgi; without any it does not exist. CIDR notation. */
  jobStateSources?: readonly string[];
  /** Whether the classic `.cgi` endpoints exist; default true. */
  classic?: boolean;
  /** Whether v1 sessions may be without a certificate of their own; default false. */
  allowPlainBackends?: boolean;
  /** Without it nobody feeds job states to v1 sessions. */
  feederSecret?: string;
  log?: Log;
}

export interface RunningProxy {
  address: string;
  port: number;
  /** Where control is, as clients reach it: `https://manage.DOMAIN[:PORT]`. */
  controlUrl: string;
  /** Stops listening, cuts every connection, and forgets the sessions. */
  close: () => Promise<void>;
}

const HTTPS_PORT = 443;
const LIMITS = {
  handshakeMs: 10_000,
  firstByteMs: 30_000,
  idleMs: 60 * 60 * 1000,
  controlMs: 60_000,
};

/**
 * Resolves once it listens. Throws StartJupyterError: 'bad-configuration', 'bad-certificate', 'address-in-use'.
 */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const log: Log = options.log ?? (() => undefined);
  const trustedNetworks = parseNetworks(options.trustedNetworks);
  const sources = options.jobStateSources ?? [];
  const jobStateSources = sources.length > 0 ? parseNetworks(sources) : undefined;
  checkCertificate(options);
  const registry = await createRegistry({
    store: createMemoryStore(),
    clock: systemClock,
    random: { int: randomInt, bytes: randomBytes },
    log,
    verifyBackend,
    openTether,
    settings: { allowPlainBackends: options.allowPlainBackends ?? false },
  });
  // One request a connection: then its time limit can cut no second one.
  const control = Object.assign(createHttpServer(), { maxRequestsPerSocket: 1 });
  const pages = createPageServer((name) => registry.lookup(name));
  const front = openFront({
    ...options,
    sessions: registry,
    control,
    pages,
    log,
    limits: { ...LIMITS, connections: connectionLimit() },
  });
  const close = async () => {
    await front.close();
    await registry.close();
  };
  const { address, port } = await listen(front.server, options.listen).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  // What goes wrong with one connection's acceptance must not end the others.
  front.server.on('error', (error: Error) => log('accept-failed', { message: error.message }));
  const publicPort = options.publicPort ?? port;
  // URLs hold the port, which is known only now; no connection has been taken yet.
  control.on(
    'request',
    createControl({
      registry,
      clock: systemClock,
      log,
      settings: {
        domain: options.domain,
        publicPort,
        trustedNetworks,
        jobStateSources,
        classicEndpoints: options.classic ?? true,
        feederSecretSha256: options.feederSecret === undefined ? undefined : sha256Hex(options.feederSecret),
      },
    }),
  );
  const controlUrl = `https://${manageHost(options.domain)}${publicPort === HTTPS_PORT ? '' : `:${publicPort}`}`;
  return { address, port, controlUrl, close };
}

/** A certificate that cannot do is refused here and not by every browser. */
function checkCertificate({ certificatePem, domain }: ProxyOptions): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(certificatePem);
  } catch (cause) {
    throw unusable(cause);
  }
  if (certificate.checkHost(manageHost(domain)) !== undefined) return;
  throw new StartJupyterError(
    'bad-certificate',
    `The certificate is not for *.${domain}, it is for: ${certificate.subjectAltName ?? 'no name'}.`,
    {
      hint: `It must be a wildcard certificate for *.${domain}. For trying out, start-jupyter-proxy init makes one.`,
    },
  );
}

function openFront(deps: FrontDeps): Front {
  try {
    return createFront(deps);
  } catch (cause) {
    throw unusable(cause);
  }
}

function unusable(cause: unknown): StartJupyterError {
  return new StartJupyterError('bad-certificate', 'The certificate and its key cannot be used together.', {
    hint: 'Both are PEM files: the certificate first in its file, and an unencrypted private key that belongs to it.',
    detail: cause instanceof Error ? cause.message : undefined,
    cause,
  });
}

function listen(server: Server, { host, port }: ProxyOptions['listen']): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(cannotListen(error, `${host}:${port}`));
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve(server.address() as AddressInfo);
    });
  });
}

function cannotListen(cause: NodeJS.ErrnoException, place: string): StartJupyterError {
  switch (cause.code) {
    case 'EADDRINUSE':
      return new StartJupyterError('address-in-use', `Another program listens on ${place} already.`, {
        hint: 'Stop it, or choose another port with --listen HOST:PORT.',
        cause,
      });
    case 'EACCES':
      return new StartJupyterError('bad-configuration', `This user may not listen on ${place}.`, {
        hint: 'Ports below 1024 need root or CAP_NET_BIND_SERVICE. Or choose another one with --listen HOST:PORT.',
        cause,
      });
    default:
      return new StartJupyterError('bad-configuration', `Cannot listen on ${place}: ${cause.message}`, {
        hint: 'HOST is an address of this machine, or 0.0.0.0 or [::] for all of them.',
        cause,
      });
  }
}
