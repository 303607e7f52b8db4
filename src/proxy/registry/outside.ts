/** What the registry is handed in: the doors to backends, and randomness. */
import type { Backend } from './session.js';

/**
 * Connects to a backend and compares its certificate with the pin. Resolves when they are equal; rejects with a
 * Refusal `backend-unreachable` or `certificate-mismatch`. An aborted signal counts as unreachable.
 */
export type VerifyBackend = (
  backend: Backend,
  certificateSha256: string,
  signal: AbortSignal,
) => Promise<void>;

/**
 * Opens the idle connection to a backend that has no pin. Resolves once it is open; `closed` resolves (and never
 * rejects) when it closes. Rejects with a Refusal `backend-unreachable` when it cannot be opened now, after some
 * seconds at the latest. An aborted signal gives up or closes the connection.
 */
export type OpenTether = (backend: Backend, signal: AbortSignal) => Promise<Tether>;

export interface Tether {
  closed: Promise<void>;
}

export interface RandomSource {
  /** Evenly from 0 to below `limit`, unpredictable: `crypto.randomInt`. */
  int(limit: number): number;
  /** Unpredictable: `crypto.randomBytes`. */
  bytes(count: number): Buffer;
}
