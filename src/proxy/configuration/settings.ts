/** The proxy's settings: what the keys of proxy.yaml and the options beside them amount to. */
import { StartJupyterError } from '../../errors.js';
import { DEFAULT_LIMITS, DENIED_PORTS, type Limits } from '../limiting/limits.js';
import type { PortRange } from '../proxy-options.js';
import { DEFAULT_LIFETIMES, type Lifetimes } from '../registry/lifetimes.js';
import { isKey, optionName, type Key } from './keys.js';
import { valueOf, type Found, type Reader } from './reader.js';
import {
  count,
  domainName,
  duration,
  hostAndPort,
  loopbackOr,
  networks,
  path,
  paths,
  portNumber,
  portRanges,
  size,
  storePlace,
  timerDuration,
  trueOrFalse,
} from './values.js';

export interface Settings {
  domain: string;
  listen: { host: string; port: number };
  publicPort?: number;
  /** Absolute, like every file here. The first certificate belongs to the first key, and so on. */
  certificateFiles: string[];
  keyFiles: string[];
  /** Where plain HTTP is redirected to HTTPS from. */
  redirectListen?: { host: string; port: number };
  trustedNetworks: string[];
  allowLocalBackends: boolean;
  deniedPorts: PortRange[];
  jobStateSources: string[];
  classic: boolean;
  allowPlainBackends: boolean;
  feederSecretFile?: string;
  adminTokenFile?: string;
  metricsListen?: { host: string; port: number };
  auditLogFile?: string;
  /** `memory`, or a folder; absent: the default one. */
  store?: string;
  lifetimes: Lifetimes;
  limits: Limits;
}

export type FoundKeys = Partial<Record<Key, Found>>;

/** What was given on the command line, by key; it stands in for the configuration's. */
export function givenOptions(given: Partial<Record<Key, unknown>>, folder: string): FoundKeys {
  const found: FoundKeys = {};
  for (const key of Object.keys(given).filter(isKey)) {
    found[key] = { value: given[key], where: optionName(key), folder, code: 'bad-option' };
  }
  return found;
}

/** Throws StartJupyterError for a value that will not do and for one that must be there. */
export function readSettings(found: FoundKeys): Settings {
  const domain = required(found, 'domain', domainName);
  const certificateFiles = required(found, 'certificate', paths);
  const keyFiles = required(found, 'key', paths);
  if (certificateFiles.length !== keyFiles.length) {
    throw new StartJupyterError(
      found.key?.code ?? 'bad-configuration',
      `${found.key?.where ?? 'key'}: there are ${certificateFiles.length} certificates and ${keyFiles.length} keys.`,
      { hint: 'Each certificate has its key at the same place in the other list.' },
    );
  }
  return {
    domain,
    listen: read(found.listen, hostAndPort) ?? { host: '0.0.0.0', port: 443 },
    publicPort: read(found.public_port, portNumber),
    certificateFiles,
    keyFiles,
    redirectListen: read(found.redirect_listen, hostAndPort),
    trustedNetworks: read(found.trusted_networks, networks) ?? [],
    allowLocalBackends: read(found.allow_local_backends, trueOrFalse) ?? false,
    deniedPorts: read(found.denied_ports ?? shippedDeniedPorts, portRanges) ?? [],
    jobStateSources: read(found.job_state_sources, networks) ?? [],
    classic: read(found.classic, trueOrFalse) ?? true,
    allowPlainBackends: read(found.allow_plain_backends, trueOrFalse) ?? false,
    feederSecretFile: read(found.feeder_secret_file, path),
    adminTokenFile: read(found.admin_token_file, path),
    metricsListen: read(found.metrics_listen, loopbackOr),
    auditLogFile: read(found.audit_log, path),
    store: read(found.store, storePlace),
    lifetimes: {
      ...DEFAULT_LIFETIMES,
      ...withoutGaps({
        linked: read(found.reservation_lifetime, duration),
        ready: read(found.session_lifetime, duration),
      }),
    },
    limits: { ...DEFAULT_LIMITS, ...withoutGaps(readLimits(found)) },
  };
}

const shippedDeniedPorts: Found = {
  value: DENIED_PORTS,
  where: 'denied_ports',
  folder: '/',
  code: 'bad-configuration',
};

function readLimits(found: FoundKeys): { [Name in keyof Limits]: Limits[Name] | undefined } {
  return {
    handshakeTimeout: read(found.handshake_timeout, timerDuration),
    firstByteTimeout: read(found.first_byte_timeout, timerDuration),
    idleTimeout: read(found.idle_timeout, timerDuration),
    answerTimeout: read(found.answer_timeout, timerDuration),
    drainTimeout: read(found.drain_timeout, timerDuration),
    maxConnections: read(found.max_connections, count),
    maxConnectionsPerSession: read(found.max_connections_per_session, count),
    maxOpeningPerSession: read(found.max_opening_per_session, count),
    maxConnectionsPerAddress: read(found.max_connections_per_address, count),
    maxHeaderSize: read(found.max_header_size, size),
    maxBodySize: read(found.max_body_size, size),
    maxJobsBodySize: read(found.max_jobs_body_size, size),
    reservationsPerMinute: read(found.reservations_per_minute, count),
    pendingReservations: read(found.pending_reservations, count),
    failedCallsPerMinute: read(found.failed_calls_per_minute, count),
  };
}

/** What was given, without the keys that were not: these would hide the defaults. */
function withoutGaps<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}

function read<T>(found: Found | undefined, reader: Reader<T>): T | undefined {
  return found && valueOf(found, reader);
}

function required<T>(found: FoundKeys, key: Key, reader: Reader<T>): T {
  const value = read(found[key], reader);
  if (value !== undefined) return value;
  throw new StartJupyterError('bad-configuration', `The setting ${key} is missing.`, {
    hint: `Give it in the configuration file, or as ${optionName(key)}. Expected: ${reader.expected}.`,
  });
}
