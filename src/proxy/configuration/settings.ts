/** The proxy's settings: every key of proxy.yaml, the option beside it, and what they amount to. */
import { StartJupyterError, type ErrorCode } from '../../errors.js';
import { DEFAULT_LIMITS, DENIED_PORTS, type Limits } from '../limiting/limits.js';
import { DEFAULT_LIFETIMES, type Lifetimes } from '../registry/lifetimes.js';
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
  trueOrFalse,
  type Reader,
} from './values.js';
import type { PortRange } from '../proxy-options.js';

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

export interface KeyFacts {
  help: string;
  /** In commander's notation; a key without it stands in the file alone. */
  option?: string;
  /** The option may be repeated. */
  list?: true;
}

export const KEYS = {
  domain: { option: '--domain <name>', help: 'base name: sessions are at https://NAME.DOMAIN' },
  listen: { option: '--listen <host:port>', help: 'where to listen (default: 0.0.0.0:443)' },
  public_port: { option: '--public-port <port>', help: 'the port in URLs, where it is another one' },
  certificate: {
    option: '--certificate <file>',
    help: 'wildcard certificate for *.DOMAIN, with its chain; may be repeated: ECDSA and RSA',
    list: true,
  },
  key: { option: '--key <file>', help: 'its private key; as many as certificates', list: true },
  redirect_listen: {
    option: '--redirect-listen <host:port>',
    help: 'where plain HTTP is answered with a redirect to HTTPS, such as 0.0.0.0:80',
  },
  trusted_networks: {
    option: '--trusted-network <cidr>',
    help: 'from where sessions may be reserved and redeemed; may be repeated',
    list: true,
  },
  allow_local_backends: {
    option: '--allow-local-backends <boolean>',
    help: "allow sessions on the proxy's own machine (default: false)",
  },
  denied_ports: { help: 'ports that no session may have' },
  job_state_sources: {
    option: '--job-state-source <cidr>',
    help: 'from where the classic update-jobs.cgi is taken; may be repeated',
    list: true,
  },
  classic: { option: '--classic <boolean>', help: 'serve the classic .cgi endpoints (default: true)' },
  allow_plain_backends: {
    option: '--allow-plain-backends <boolean>',
    help: 'allow sessions without a certificate of their own (default: false)',
  },
  feeder_secret_file: {
    option: '--feeder-secret-file <file>',
    help: 'the secret of the program that reports job states',
  },
  admin_token_file: {
    option: '--admin-token-file <file>',
    help: 'the token of the administrator, for sessions and evict',
  },
  metrics_listen: {
    option: '--metrics-listen <place>',
    help: 'where Prometheus metrics are served: PORT (at 127.0.0.1) or HOST:PORT',
  },
  audit_log: {
    option: '--audit-log <file>',
    help: 'where who did what to which session is kept, besides the log',
  },
  store: {
    option: '--store <folder>',
    help: 'where sessions are kept: a folder, or memory (default: $STATE_DIRECTORY, else /var/lib/start-jupyter-proxy)',
  },
  reservation_lifetime: { help: 'how long a reservation with a job that waits is kept' },
  session_lifetime: { help: 'how long a session lasts when nobody said when its job ends' },
  handshake_timeout: { help: 'for a TLS handshake' },
  first_byte_timeout: { help: 'from the handshake to the first byte' },
  idle_timeout: { help: 'of a connection without a byte either way' },
  answer_timeout: { help: 'for a call of control and for a page of the proxy' },
  drain_timeout: { help: 'how long SIGTERM leaves busy connections alone' },
  max_connections: { help: 'open connections of browsers in all' },
  max_connections_per_session: { help: 'open connections to one session' },
  max_opening_per_session: { help: 'connections to one session whose Jupyter has not answered yet' },
  max_connections_per_address: { help: 'open connections from one address' },
  max_header_size: { help: "the head of a request to control or to the proxy's own pages" },
  max_body_size: { help: 'the body of a call of control' },
  max_jobs_body_size: { help: "the body of a feeder's call" },
  reservations_per_minute: { help: 'from one address' },
  pending_reservations: { help: 'from one address, not redeemed yet' },
  failed_calls_per_minute: { help: 'from one address, with an unknown name or a wrong secret' },
} as const satisfies Record<string, KeyFacts>;

export type Key = keyof typeof KEYS;

export function isKey(text: string): text is Key {
  return Object.hasOwn(KEYS, text);
}

/** A value as it was written, and where, for messages. */
export interface Found {
  value: unknown;
  /** `FILE:LINE: KEY` or `--option`. */
  where: string;
  /** What a relative path starts from. */
  folder: string;
  code: Extract<ErrorCode, 'bad-configuration' | 'bad-option'>;
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
    handshakeTimeout: read(found.handshake_timeout, duration),
    firstByteTimeout: read(found.first_byte_timeout, duration),
    idleTimeout: read(found.idle_timeout, duration),
    answerTimeout: read(found.answer_timeout, duration),
    drainTimeout: read(found.drain_timeout, duration),
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
  if (!found) return undefined;
  const result = reader.read(found.value, found.folder);
  if (result !== undefined) return result;
  const { where, value, code } = found;
  throw new StartJupyterError(code, `${where}: ${JSON.stringify(value)} will not do.`, {
    hint: `Expected: ${reader.expected}.`,
  });
}

function required<T>(found: FoundKeys, key: Key, reader: Reader<T>): T {
  const value = read(found[key], reader);
  if (value !== undefined) return value;
  throw new StartJupyterError('bad-configuration', `The setting ${key} is missing.`, {
    hint: `Give it in the configuration file, or as ${optionName(key)}. Expected: ${reader.expected}.`,
  });
}

function optionName(key: Key): string {
  const { option = key }: KeyFacts = KEYS[key];
  return option.replace(/ .*/, '');
}
