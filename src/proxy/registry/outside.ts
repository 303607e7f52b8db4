/** What the registry is handed in: the doors to backends, randomness, and the log. */
import type { Backend, MappedSession, ReadySession } from './session.js';

/**
 * Connects to a backend and compares its certificate with the pin. Resolves when they are equal; rejects with
 * `{code: 'backend-unreachable' | 'certificate-mismatch', message}`, also when the signal is aborted.
 */
export type VerifyBackend = (
  backend: Backend,
  certificateSha256: string,
  signal: AbortSignal,
) => Promise<void>;

/**
 * Opens the idle connection to a backend that has no pin. Resolves once it is open; `closed` resolves (and never
 * rejects) when it closes. Rejects when it cannot be opened now, after some seconds at the latest.
 * An aborted signal gives up or closes the connection.
 */
export type OpenTether = (
  session: MappedSession | ReadySession,
  signal: AbortSignal,
) => Promise<{ closed: Promise<void> }>;

export interface RandomSource {
  /** Evenly from 0 to below `limit`, unpredictable: `crypto.randomInt`. */
  int(limit: number): number;
  /** Unpredictable: `crypto.randomBytes`. */
  bytes(count: number): Buffer;
}

/** One structured line. Fields never hold a secret, a query string or the name of a classic session not yet redeemed. */
export type Log = (event: string, fields: Record<string, unknown>) => void;
