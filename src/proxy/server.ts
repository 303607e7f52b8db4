/** The whole proxy, put together: registry, control, pages and the data path behind one port. */
import { randomBytes, randomInt } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { manageHost, sha256Hex } from '../satellite/protocol.js';
import { answerClientErrors } from './control/client-errors.js';
import { createControl } from './control/control.js';
import { verifyBackend } from './data/backend.js';
import { checkCertificates, earliestEnd } from './data/certificates.js';
import { shareDescriptors } from './data/descriptors.js';
import { createFront } from './data/front.js';
import { limitProofs } from './data/proofs.js';
import { openTether } from './data/tether.js';
import { DEFAULT_LIMITS } from './limiting/limits.js';
import { parseNetworks } from './network/addresses.js';
import { listen } from './network/listen.js';
import { originOf } from './network/origins.js';
import { createPageServer } from './pages/page-server.js';
import type { ProxyOptions, RunningProxy } from './proxy-options.js';
import { systemClock } from './registry/clock.js';
import { createMemoryStore } from './registry/memory-store.js';
import { createRegistry } from './registry/registry.js';

/**
 * Resolves once it listens. Throws StartJupyterError: 'bad-configuration', 'bad-certificate', 'address-in-use', and what
 * opening the store throws. Nothing is left open then.
 */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { domain, log = () => undefined, limits = DEFAULT_LIMITS } = options;
  const trustedNetworks = parseNetworks(options.trustedNetworks);
  const sources = options.jobStateSources ?? [];
  const jobStateSources = sources.length > 0 ? parseNetworks(sources) : undefined;
  checkCertificates(options.certificates, domain, systemClock.now());
  let certificateEndsAt = earliestEnd(options.certificates);
  const shares = shareDescriptors();
  const store = (await options.openStore?.()) ?? createMemoryStore();
  const registry = await createRegistry({
    store,
    clock: systemClock,
    random: { int: randomInt, bytes: randomBytes },
    log,
    ...limitProofs({ verifyBackend, openTether }, shares.proofs, log),
    settings: {
      allowPlainBackends: options.allowPlainBackends ?? false,
      pendingReservations: limits.pendingReservations,
      lifetimes: options.lifetimes,
    },
  }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  // One request a connection: then its time limit can cut no second one.
  const control = Object.assign(createHttpServer({ maxHeaderSize: limits.maxHeaderSize }), {
    maxRequestsPerSocket: 1,
  });
  answerClientErrors(control, log);
  const pages = createPageServer((name) => registry.lookup(name), {
    classicStates: options.classic ?? true,
    limits,
    log,
  });
  const front = createFront({
    domain,
    certificates: options.certificates,
    sessions: registry,
    control,
    pages,
    log,
    limits: { ...limits, maxConnections: Math.min(limits.maxConnections ?? Infinity, shares.connections) },
  });
  const close = async (drainMs = 0) => {
    await front.close(drainMs);
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
      connectionsOf: (name) => front.connectionsOf(name),
      settings: {
        domain,
        publicPort,
        trustedNetworks,
        jobStateSources,
        allowLocalBackends: options.allowLocalBackends ?? false,
        deniedPorts: options.deniedPorts ?? [],
        classicEndpoints: options.classic ?? true,
        feederSecretSha256: digestOf(options.feederSecret),
        adminTokenSha256: digestOf(options.adminToken),
        limits,
      },
    }),
  );
  return {
    address,
    port,
    controlUrl: originOf(manageHost(domain), publicPort),
    useCertificates(pairs) {
      checkCertificates(pairs, domain, systemClock.now());
      front.useCertificates(pairs);
      certificateEndsAt = earliestEnd(pairs);
    },
    status() {
      const sessions = { reserved: 0, mapped: 0, ready: 0 };
      for (const session of registry.live()) if (session.phase !== 'ended') sessions[session.phase]++;
      return { sessions, connections: front.connections(), certificateEndsAt };
    },
    close,
  };
}

const digestOf = (secret: string | undefined) => (secret === undefined ? undefined : sha256Hex(secret));
