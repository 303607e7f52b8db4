/** Which words a page shows for a session, and to whom. */
import type { JobReport } from '../../satellite/protocol.js';
import { classicJobState, FRESH_MS } from '../control/classic-job-states.js';
import type { BackendFault } from '../data/backend.js';
import type { Session } from '../registry/session.js';
import { reasonInWords } from '../../words/reasons.js';
import {
  ended,
  JOB_GONE,
  NO_ANSWER,
  NOT_YOURS,
  NOTHING_HERE,
  queued,
  RUNNING,
  STARTING,
  SUBMITTING,
  UNREPORTED,
  type Words,
} from './words.js';

export interface View extends ShownView {
  /** The answer's; a page's own look gets 200. */
  status: number;
}

export interface ShownView extends Words {
  /** The page moves on by itself in every phase but `ended`. */
  phase: 'neutral' | 'waiting' | 'running' | 'starting' | 'unreachable' | 'ended';
  /** ISO 8601, in the future; the page shows it in the reader's own time. */
  estimatedStart?: string;
  /** The job's id. */
  job?: string;
}

/** One view for pending, foreign, unknown and ended names: without the viewer key they must not differ. */
export const NEUTRAL: View = { status: 404, phase: 'neutral', ...NOTHING_HERE };

/** For one who has shown the viewer key. `now` in milliseconds since the epoch. */
export function ownersView(session: Session, now: number): View {
  return { ...phaseView(session, now), job: session.jobId };
}

/**
 * The classic states, which tokenjobstate.cgi tells to anybody who knows the name. Undefined where it tells nothing:
 * an ended or unknown session, and every one of our own protocol.
 */
export function classicView(session: Session, now: number): View | undefined {
  switch (classicJobState(session, now)) {
    case 'PE':
      return { status: 503, phase: 'waiting', ...UNREPORTED };
    case 'Q':
      return { status: 503, phase: 'waiting', ...queued(undefined) };
    case 'R':
      return { status: 503, phase: 'running', ...RUNNING };
    case 'M':
    case 'PR':
      return { status: 503, phase: 'starting', ...STARTING };
    case 'D':
      return { status: 410, phase: 'ended', ...JOB_GONE };
    default:
      return undefined;
  }
}

/** For anybody: that a session is ready is no secret, its notebook would have answered. */
export function brokenView(code: BackendFault['code']): View {
  const words = code === 'certificate-mismatch' ? NOT_YOURS : NO_ANSWER;
  return { status: 502, phase: 'unreachable', ...words };
}

function phaseView(session: Session, now: number): View {
  switch (session.phase) {
    case 'reserved':
      return pendingView(session, now);
    case 'mapped':
    case 'ready':
      return { status: 503, phase: 'starting', ...STARTING };
    case 'ended':
      return { status: 410, phase: 'ended', ...ended(session.cause, session.job?.outcome) };
  }
}

function pendingView({ jobId, job, jobReportedAt = 0 }: Session, now: number): View {
  if (jobId === undefined) return { status: 503, phase: 'waiting', ...SUBMITTING };
  if (job?.state === 'running') return { status: 503, phase: 'running', ...RUNNING };
  if (job?.state !== 'waiting' || now - jobReportedAt > FRESH_MS)
    return { status: 503, phase: 'waiting', ...UNREPORTED };
  const words = queued(reasonInWords(job.reason));
  return { status: 503, phase: 'waiting', ...words, estimatedStart: future(job, now) };
}

function future({ estimatedStart }: JobReport, now: number): string | undefined {
  return estimatedStart !== undefined && Date.parse(estimatedStart) > now ? estimatedStart : undefined;
}
