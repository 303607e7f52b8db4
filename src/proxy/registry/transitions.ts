/**
 * What can happen to a session, as pure functions: the session as it is goes in, the session as it will be or a
 * {@link Refusal} comes out. The same object comes out when nothing changes.
 */
import type { JobReport } from '../../satellite/protocol.js';
import { Refusal } from './refusal.js';
import type { Backend, EndCause, EndedSession, MappedSession, ReadySession, Session } from './session.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** In milliseconds. */
export const LIFETIMES = {
  /** A reservation that no job was linked to. */
  reserved: 24 * HOUR,
  /** The same for classic sessions, whose clients often never link: the original's 49 hours. */
  reservedClassic: 49 * HOUR,
  /** A reservation with a job: the job may wait in the queue. */
  linked: 30 * DAY,
  /** A redeemed session when nobody said when its job ends: the original's 49 hours. */
  ready: 49 * HOUR,
  /** The longest that is believed of an `endsAt`. */
  longest: 366 * DAY,
  /** How long a session outlives its `endsAt`: clocks differ, and schedulers give a job some minutes to end. */
  grace: 5 * MINUTE,
  /** How long an ended name is remembered and not given again: browsers keep a host's cookies that long. */
  tombstone: 400 * DAY,
} as const;

/** Redeems that may fail for one session. */
export const MAX_REDEEM_TRIES = 10;

export interface Reservation {
  name: string;
  kind: Session['kind'];
  secretSha256?: string;
  viewerKeySha256?: string;
  certificateSha256?: string;
}

export function reserve(reservation: Reservation, now: number): Session {
  const lifetime = reservation.kind === 'classic' ? LIFETIMES.reservedClassic : LIFETIMES.reserved;
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
export function link(session: Session, jobId: string): Session | Refusal {
  if (session.jobId === jobId) return session;
  if (session.jobId !== undefined) {
    return new Refusal(
      'already-linked',
      `The session ${session.name} is linked to job ${session.jobId} already.`,
    );
  }
  if (session.phase === 'ended') return refuseEnded(session);
  if (session.phase === 'reserved')
    return { ...session, jobId, expiresAt: session.createdAt + LIFETIMES.linked };
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
export function redeemOnce(session: Session, backend: Backend, now: number): Session | Refusal {
  if (session.phase === 'reserved') return redeem(session, { phase: 'mapped', backend }, now);
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
    endsAt: believableEnd(to.endsAt, now),
  };
}

/** What of a session stays from phase to phase, its tombstone too. */
function lastingFacts(session: Session) {
  const { name, kind, revision, createdAt, jobId, job, jobReportedAt, secretSha256, viewerKeySha256 } =
    session;
  return { name, kind, revision, createdAt, jobId, job, jobReportedAt, secretSha256, viewerKeySha256 };
}

function believableEnd(endsAt: number | undefined, now: number): number {
  return endsAt === undefined ? now + LIFETIMES.ready : Math.min(endsAt, now + LIFETIMES.longest);
}

/** The tether of a mapped session is open: from now on it is served. */
export function tethered(session: Session): Session {
  return session.phase === 'mapped' ? { ...session, phase: 'ready' } : session;
}

/** Tethers end with the process that held them: a session read from a store that needs one is not served yet. */
export function untethered(session: Session): Session {
  if (session.phase !== 'ready' || session.certificateSha256 !== undefined) return session;
  return { ...session, phase: 'mapped' };
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
  return now >= session.endsAt + LIFETIMES.grace ? 'time-is-up' : undefined;
}

/**
 * Notes what was said of the session's job. A running job's new end moves the session's own, because operators may
 * lengthen a job. Ends nothing: see {@link endedByReport}.
 */
export function report(session: Session, job: JobReport, now: number): Session {
  if (session.phase === 'ended') return session;
  const reported = { ...session, job, jobReportedAt: now };
  if (reported.phase === 'reserved' || job.state !== 'running' || job.endsAt === undefined) return reported;
  return { ...reported, endsAt: believableEnd(Date.parse(job.endsAt), now) };
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

export function isRedeemed(session: Session): session is MappedSession | ReadySession {
  return session.phase === 'mapped' || session.phase === 'ready';
}

function sameBackend(one: Backend, other: Backend): boolean {
  return one.address === other.address && one.port === other.port;
}
