/**
 * The registry's values: what is known of one session. A value is never changed in place: transitions.ts makes a new one.
 */
import type { JobReport } from '../../satellite/protocol.js';

/** Where a session's Jupyter listens: the address that redeemed it, IPv4-mapped IPv6 already written as IPv4. */
export interface Backend {
  address: string;
  port: number;
}

interface SessionBase {
  name: string;
  /** Born v1 or classic, and stays so: neither protocol sees the other's sessions. */
  kind: 'v1' | 'classic';
  /** Grows by one with each change that is stored; a store refuses a change of anything but the newest. */
  revision: number;
  /** Milliseconds since the epoch, like every time here. */
  createdAt: number;
  /** The address that reserved it. */
  source?: string;
  jobId?: string;
  /** Stored only with another change: after a restart the feeder says it again. */
  job?: JobReport;
  jobReportedAt?: number;
  /** When its job's time is up, as the job was warned of it. Stored only with another change. */
  ending?: number;
}

/** Set at the reservation of a v1 session and never changed. */
interface V1Facts {
  secretSha256?: string;
  viewerKeySha256?: string;
  /** Absent: a plain backend (every classic one; v1 only where the site allows it), which a tether guards. */
  certificateSha256?: string;
}

/**
 * `reserved`: nobody listens yet. `mapped`: a classic session was redeemed, and its tether is not open yet, so nothing
 * is served. `ready`: served. `ended`: the tombstone; the name is not given again.
 */
export type Session = SessionBase &
  V1Facts &
  (
    | { phase: 'reserved'; expiresAt: number; redeemTries: number }
    | { phase: 'mapped' | 'ready'; backend: Backend; redeemedAt: number; endsAt: number }
    | { phase: 'ended'; endedAt: number; cause: EndCause }
  );

export type RedeemedSession = Extract<Session, { backend: Backend }>;

export type EndedSession = Extract<Session, { phase: 'ended' }>;

/** Why a session ended; the waiting page has words for each. */
export type EndCause =
  | 'destroyed'
  | 'expired'
  | 'time-is-up'
  | 'job-ended'
  | 'backend-gone'
  | 'replaced'
  | 'evicted'
  | 'proxy-restarted';
