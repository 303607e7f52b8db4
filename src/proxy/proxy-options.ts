/** What a proxy is started with, and what it is then. Types alone: who uses the proxy inside a program needs no others. */
import type { Limits } from './limiting/limits.js';
import type { Log } from './operation/log.js';
import type { Lifetimes } from './registry/lifetimes.js';
import type { Session } from './registry/session.js';
import type { Store } from './registry/store.js';

/** PEM texts: the certificate with what clients need between it and their authority, and its unencrypted key. */
export interface CertificatePair {
  certificatePem: string;
  keyPem: string;
}

/** An address and a port (0: any free one), or a socket that listens already and was handed over, as systemd does. */
export type Place = { host: string; port: number } | { descriptor: number };

/** Both ends belong to it. */
export interface PortRange {
  first: number;
  last: number;
}

export interface ProxyOptions {
  /** The service's base name: sessions are at `https://NAME.DOMAIN`, control at `https://manage.DOMAIN`. Lower-case. */
  domain: string;
  listen: Place;
  /** The port in URLs, where browsers reach another one than is listened on. */
  publicPort?: number;
  /** For `*.DOMAIN`; one of each kind of key. */
  certificates: readonly CertificatePair[];
  /** Whose calls control takes, in CIDR notation. Backends are always the callers' own addresses. */
  trustedNetworks: readonly string[];
  /** Whether sessions may run on the proxy's own machine; default false. */
  allowLocalBackends?: boolean;
  /** Ports that no session may have; default none. */
  deniedPorts?: readonly PortRange[];
  /** Who may post to the classic update-jobs.cgi; without any it does not exist. CIDR notation. */
  jobStateSources?: readonly string[];
  /** Whether the classic `.cgi` endpoints exist; default true. */
  classic?: boolean;
  /** Whether v1 sessions may be without a certificate of their own; default false. */
  allowPlainBackends?: boolean;
  /** Without it nobody feeds job states to v1 sessions. */
  feederSecret?: string;
  /** Without it there are no calls for administrators. */
  adminToken?: string;
  /** Opens where sessions are kept; closed with the proxy. Default: memory, which forgets everything with the process. */
  openStore?: () => Promise<Store>;
  lifetimes?: Lifetimes;
  limits?: Limits;
  log?: Log;
}

export interface RunningProxy {
  address: string;
  port: number;
  /** Where control is, as clients reach it: `https://manage.DOMAIN[:PORT]`. */
  controlUrl: string;
  /**
   * Shows these to every connection from now on; those that are open stay. Throws StartJupyterError('bad-certificate')
   * for what cannot do, and shows the former ones then.
   */
  useCertificates: (pairs: readonly CertificatePair[]) => void;
  status: () => ProxyStatus;
  /** Stops listening, leaves busy connections alone for so many milliseconds (default 0), cuts the rest, closes the store. */
  close: (drainMs?: number) => Promise<void>;
}

export interface ProxyStatus {
  sessions: Record<Exclude<Session['phase'], 'ended'>, number>;
  /** Open connections of browsers and callers. */
  connections: number;
  /** When the first of the certificates in use ends, in milliseconds since the epoch. */
  certificateEndsAt: number;
}
