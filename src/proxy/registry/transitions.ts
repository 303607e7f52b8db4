/**
 * What can happen to a session, as pure functions: the session as it is goes in, the session as it will be or a
 * {@link Refusal} comes out. The same object comes out when nothing changes.
 */
import type { JobReport } from '../../satellite/protocol.js';
import { DEFAULT_LIFETIMES, GRACE, LONGEST, MINUTE, type Lifetimes } from './lifetimes.js';
import { Refusal } from './refusal.js';
import type { Backend, EndCause, EndedSession, RedeemedSession, Session } from './session.js';

/** Redeems that may fail for one session. */
export const MAX_REDEEM_TRIES = 10;

export interface Reservation {
  name: string;
  kind: Session['kind'];
  secretSha256?: string;
  viewerKeySha256?: string;
  certificateSha256?: string;
  source?: string;
}

export function reserve(reservation: Reservation, now: number, lifetimes = DEFAULT_LIFETIMES): Session {
  const lifetime = reservation.kind === 'classic' ? lifetimes.reservedClassic : lifetimes.reserved;
  return {
    ...reservation,
    revision: 1,
    createdAt: now,
    phase: 'reserved',
    expiresAt: now + lifetime,
    redeemTries: 0,
  };
}

function refuseEnded(session: EndedSession): Refusal {
  return new Refusal('conflict', `The session ${session.name} has ended (${session.cause}).`);
}

/** Says which job the session belongs to; once only. */
export function link(session: Session, jobId: string, lifetimes = DEFAULT_LIFETIMES): Session | Refusal {
  if (session.jobId === jobId) return session;
  if (session.jobId !== undefined) {
    return new Refusal(
      'already-linked',
      `The session ${session.name} is linked to job ${session.jobId} already.`,
    );
  }
  if (session.phase === 'ended') return refuseEnded(session);
  if (session.phase === 'reserved')
    return { ...session, jobId, expiresAt: session.createdAt + lifetimes.linked };
  return { ...session, jobId };
}

/** Counts a redeem whose backend could not be proven. */
export function countFailedRedeem(session: Session): Session {
  if (session.phase !== 'reserved') return session;
  return { ...session, redeemTries: session.redeemTries + 1 };
}

/** Why this redeem cannot succeed whatever listens there; undefined when it is worth a look. */
export function refuseRedeem(session: Session, backend: Backend): Refusal | undefined {
  if (session.phase === 'ended') return refuseEnded(session);
  if (session.phase !== 'reserved') {
    if (sameBackend(session.backend, backend)) return undefined;
    return new Refusal('conflict', `The session ${session.name} was redeemed for another address or port.`);
  }
  if (session.redeemTries < MAX_REDEEM_TRIES) return undefined;
  return new Refusal(
    'too-many-tries',
    `The session ${session.name} could not be redeemed ${MAX_REDEEM_TRIES} times; no more tries are taken.`,
  );
}

/** The classic redeem works once, whatever comes the second time. */
export function redeemOnce(
  session: Session,
  backend: Backend,
  now: number,
  lifetimes = DEFAULT_LIFETIMES,
): Session | Refusal {
  if (session.phase === 'reserved') return redeem(session, { phase: 'mapped', backend }, now, lifetimes);
  return new Refusal('conflict', `The session ${session.name} was redeemed before.`);
}

/**
 * Gives the session its backend. `to` is `ready` when the backend is proven or its tether is open, else `mapped`.
 * The same redeem again changes nothing.
 */
export function redeem(
  session: Session,
  to: { phase: 'mapped' | 'ready'; backend: Backend; endsAt?: number },
  now: number,
  lifetimes = DEFAULT_LIFETIMES,
): Session | Refusal {
  const refusal = refuseRedeem(session, to.backend);
  if (refusal) return refusal;
  if (session.phase !== 'reserved') return session;
  return {
    ...lastingFacts(session),
    certificateSha256: session.certificateSha256,
    phase: to.phase,
    backend: to.backend,
    redeemedAt: now,
    endsAt: believableEnd(to.endsAt, now, lifetimes),
  };
}

/** What of a session stays from phase to phase, its tombstone too. */
function lastingFacts(session: Session) {
  const { name, kind, source, revision, createdAt, jobId, job, jobReportedAt } = session;
  const { secretSha256, viewerKeySha256 } = session;
  return {
    ...{ name, kind, source, revision, createdAt, jobId, job, jobReportedAt },
    ...{ secretSha256, viewerKeySha256 },
  };
}

function believableEnd(endsAt: number | undefined, now: number, lifetimes: Lifetimes): number {
  return endsAt === undefined ? now + lifetimes.ready : Math.min(endsAt, now + LONGEST);
}

/** The tether of a mapped session is open: from now on it is served. */
export function tethered(session: Session): Session {
  return session.phase === 'mapped' ? { ...session, phase: 'ready' } : session;
}

/**
 * After a restart of the proxy: the tether that proved a plain backend ended with the process that held it, and what
 * listens there now may be somebody else's. Such a session ends; one with a certificate is proven again at each connection.
 */
export function restarted(session: Session, now: number): Session {
  if (!isRedeemed(session) || session.certificateSha256 !== undefined) return session;
  return end(session, 'proxy-restarted', now);
}

/** Ends a session, whatever for. One that has ended stays as it is: its first cause is the true one. */
export function end(session: Session, cause: EndCause, now: number): EndedSession {
  if (session.phase === 'ended') return session;
  return { ...lastingFacts(session), phase: 'ended', endedAt: now, cause };
}

/** The cause for which a session's time is up, or undefined while it is not. */
export function expiry(session: Session, now: number): EndCause | undefined {
  if (session.phase === 'ended') return undefined;
  if (session.phase === 'reserved') return now >= session.expiresAt ? 'expired' : undefined;
  return now >= session.endsAt + GRACE ? 'time-is-up' : undefined;
}

/** What a session's own job or launcher says of its end. */
export interface EndAnnounced {
  at: number;
  /** It is a warning; else the end was put off. */
  near: boolean;
}

/** Notes when the session will end. A later end moves the session's own, as a feeder's word does; an earlier one does not. */
export function announceEnd(
  session: Session,
  { at, near }: EndAnnounced,
  now: number,
  lifetimes = DEFAULT_LIFETIMES,
): Session | Refusal {
  if (session.phase === 'ended') return refuseEnded(session);
  if (session.phase === 'reserved') {
    return new Refusal('conflict', `The session ${session.name} was not redeemed yet.`);
  }
  const believed = believableEnd(at, now, lifetimes);
  // A minute more or less is within the grace, and not worth being stored.
  const endsAt = believed - session.endsAt >= MINUTE ? believed : session.endsAt;
  const ending = near ? believed : undefined;
  return endsAt === session.endsAt && ending === session.ending ? session : { ...session, endsAt, ending };
}

/** An end that was near, and was put off since: the warning no longer holds. */
function stillNear(ending: number | undefined, endsAt: number): number | undefined {
  return ending === undefined || endsAt > ending + GRACE ? undefined : ending;
}

/**
 * Notes what was said of the session's job. A running job's new end moves the session's own, because operators may
 * lengthen a job; a job that still waits keeps its reservation. Of an ended session only its job's outcome is taken up,
 * once. Ends nothing: see {@link endedByReport}.
 */
export function report(
  session: Session,
  job: JobReport,
  now: number,
  lifetimes = DEFAULT_LIFETIMES,
): Session {
  if (session.phase === 'ended') {
    const isNews = job.state === 'ended' && job.outcome !== undefined && session.job?.outcome === undefined;
    return isNews ? { ...session, job, jobReportedAt: now } : session;
  }
  const reported = { ...session, job, jobReportedAt: now };
  if (reported.phase === 'reserved') {
    const keep = job.state === 'waiting' && reported.expiresAt < now + lifetimes.linked / 2;
    return keep ? { ...reported, expiresAt: now + lifetimes.linked } : reported;
  }
  if (job.state !== 'running' || job.endsAt === undefined) return reported;
  const endsAt = believableEnd(Date.parse(job.endsAt), now, lifetimes);
  return { ...reported, endsAt, ending: stillNear(reported.ending, endsAt) };
}

/** Whether a report changed what must survive a restart; what else it says the feeder says again. */
export function isLastingReport(before: Session, after: Session): boolean {
  if (after.phase === 'ended') return after !== before;
  if (after.phase === 'reserved') return before.phase !== 'reserved' || after.expiresAt !== before.expiresAt;
  return !isRedeemed(before) || after.endsAt !== before.endsAt;
}

/** Whether a trusted report ends this session. Classic sessions end by their tether alone. */
export function endedByReport(session: Session, job: JobReport): boolean {
  return session.kind === 'v1' && session.phase !== 'ended' && job.state === 'ended';
}

/**
 * Whether a redeem that was verified by certificate proves that the other session's Jupyter is gone: the same address
 * and port show another certificate now. A redeem without a certificate proves nothing about anybody.
 */
export function isReplacedBy(other: Session, verified: Session): boolean {
  if (verified.certificateSha256 === undefined || !isRedeemed(verified) || !isRedeemed(other)) return false;
  return (
    other.certificateSha256 !== verified.certificateSha256 && sameBackend(other.backend, verified.backend)
  );
}

export function isRedeemed(session: Session): session is RedeemedSession {
  return session.phase === 'mapped' || session.phase === 'ready';
}

function sameBackend(one: Backend, other: Backend): boolean {
  return one.address === other.address && one.port === other.port;
}
