/** The registry's values: what is known of one session. Transitions are in transitions.ts and are pure. */
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
  /** Milliseconds since the epoch, like every time here. */
  createdAt: number;
  jobId?: string;
  job?: JobReport;
  jobReportedAt?: number;
}

/** Set at the reservation of a v1 session and never changed. */
interface V1Facts {
  secretSha256?: string;
  viewerKeySha256?: string;
  /** Absent: a plain backend, only where the site allows it. */
  certificateSha256?: string;
}

export type Session = SessionBase &
  V1Facts &
  (
    | { phase: 'reserved'; expiresAt: number; redeemTries: number }
    | { phase: 'ready'; backend: Backend; redeemedAt: number; endsAt: number }
    | { phase: 'ended'; endedAt: number; cause: EndCause }
  );

export type ReadySession = Extract<Session, { phase: 'ready' }>;

/** Why a session ended; the waiting page has words for each. */
export type EndCause =
  'destroyed' | 'expired' | 'time-is-up' | 'job-ended' | 'backend-gone' | 'replaced' | 'evicted';
