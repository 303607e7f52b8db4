/** Every limit of the proxy, with its default. Each is a key of proxy.yaml (`handshakeTimeout` is `handshake_timeout`). */

/** Times in milliseconds, sizes in bytes. */
export interface Limits {
  /** From the connection to the end of its TLS handshake. */
  handshakeTimeout: number;
  /** From the handshake to the first byte of a request. */
  firstByteTimeout: number;
  /** A session's connection without a byte either way; far above the 30 s of Jupyter's pings. */
  idleTimeout: number;
  /** A connection to control or to a page of ours, from the handshake to the end of its one answer. */
  answerTimeout: number;
  /** How long SIGTERM leaves busy connections alone. */
  drainTimeout: number;
  /** Open connections of browsers in all; absent, or too many: what the process's descriptors are enough for. */
  maxConnections?: number;
  maxConnectionsPerSession: number;
  /** A session's connections whose backend has not answered yet: a dead node must not hold everything. */
  maxOpeningPerSession: number;
  /** From one address: a class behind one router shares it. */
  maxConnectionsPerAddress: number;
  /** A request's head, to control and to our own pages. What goes to Jupyter is not looked at. */
  maxHeaderSize: number;
  /** A call of control. */
  maxBodySize: number;
  /** A feeder's call: a cluster's whole queue. */
  maxJobsBodySize: number;
  /** From one address: a class shares one login node. */
  reservationsPerMinute: number;
  /** Reserved from one address and not redeemed yet. */
  pendingReservations: number;
  /** Calls from one address that named an unknown session or a wrong secret. */
  failedCallsPerMinute: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const KIB = 1024;

export const DEFAULT_LIMITS: Limits = {
  handshakeTimeout: 10 * SECOND,
  firstByteTimeout: 30 * SECOND,
  idleTimeout: 60 * MINUTE,
  answerTimeout: 60 * SECOND,
  drainTimeout: 10 * SECOND,
  maxConnectionsPerSession: 500,
  maxOpeningPerSession: 64,
  maxConnectionsPerAddress: 4096,
  maxHeaderSize: 16 * KIB,
  maxBodySize: 64 * KIB,
  maxJobsBodySize: 4 * KIB * KIB,
  reservationsPerMinute: 1200,
  pendingReservations: 2000,
  failedCallsPerMinute: 120,
};

/**
 * Ports that nobody's Jupyter has and other services do: file systems, databases, schedulers, screens. A redeem for one
 * of them is refused, which matters where no certificate proves what listens. None lies between 20000 and 32767, where
 * our own jobs take theirs.
 */
export const DENIED_PORTS: readonly string[] = [
  '2049',
  '3260',
  '3306',
  '5432',
  '5900-5999',
  '6000-6063',
  '6379',
  '6817-6820',
  '9100',
  '11211',
  '15001-15004',
];
