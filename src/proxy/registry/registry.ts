import type { JobReport } from '../../satellite/protocol.js';
import type { Clock } from './clock.js';
import type { Log, OpenTether, RandomSource, VerifyBackend } from './outside.js';
import type { Backend, EndCause, EndedSession, Session } from './session.js';
import type { Store } from './store.js';

export interface RegistrySettings {
  /** Whether a v1 session may be reserved without a certificate. */
  allowPlainBackends: boolean;
}

export interface RegistryDeps {
  store: Store;
  clock: Clock;
  random: RandomSource;
  log: Log;
  verifyBackend: VerifyBackend;
  openTether: OpenTether;
  settings: RegistrySettings;
}

export interface Reserved {
  session: Session;
  /** 256 random bits, base64url. Kept nowhere: the registry knows its SHA-256. */
  secret: string;
}

/**
 * Every session this proxy knows. Calls that change one throw a {@link Refusal} when it is not carried out; they do not ask who
 * calls: that is control's part.
 */
export interface Registry {
  /** For the data path: synchronous, one look into a Map. Ended sessions are found for as long as their tombstone is there. */
  lookup(name: string): Session | undefined;
  reserve(request: { certificateSha256?: string; viewerKeySha256: string }): Promise<Reserved>;
  reserveClassic(): Promise<Session>;
  link(name: string, jobId: string): Promise<Session>;
  /** v1: resolves with the ready session once the backend is proven to be the session's own. */
  redeem(name: string, backend: Backend, endsAt?: number): Promise<Session>;
  /** Classic: resolves at once; the session is served when its tether is open. */
  redeemClassic(name: string, backend: Backend): Promise<Session>;
  /** Ends a session; one that has ended already stays as it is. Resolves when it is stored, ends it at once. */
  end(name: string, cause: EndCause): Promise<Session>;
  /** What a trusted feeder says, by job id: an ended job ends its v1 sessions. */
  reportJobs(jobs: ReadonlyMap<string, JobReport>): Promise<void>;
  /** What update-jobs.cgi says: seen of classic sessions only, and ends nothing. */
  reportClassicJobs(jobs: ReadonlyMap<string, JobReport>): Promise<void>;
  /** Called at once when a session ends, before anybody is answered: cut its connections. Returns what takes it off again. */
  onEnded(listener: (session: EndedSession) => void): () => void;
  /** Stops timers and tethers, then closes the store. Ends no session. */
  close(): Promise<void>;
}
