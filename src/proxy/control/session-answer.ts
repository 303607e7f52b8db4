import type { SessionAnswer } from '../../satellite/protocol.js';
import type { EndCause, Session } from '../registry/session.js';

const CAUSES: Record<EndCause, string> = {
  destroyed: 'it was given back',
  expired: 'no job redeemed it in time',
  'time-is-up': "the job's time was up",
  'job-ended': 'the job has ended',
  'backend-gone': 'Jupyter is gone',
  replaced: 'another session has its address and port now',
  evicted: 'an administrator of the proxy ended it',
  'proxy-restarted': 'the proxy was restarted, and who listens there could not be proven again',
};

/** What a session's owner is told of it. */
export function sessionAnswer(session: Session): SessionAnswer {
  const { name, jobId, job } = session;
  const facts = { name, jobId, job };
  switch (session.phase) {
    case 'reserved':
      return { ...facts, phase: 'reserved', expiresAt: isoDate(session.expiresAt) };
    case 'mapped':
      return { ...facts, phase: 'reserved', expiresAt: isoDate(session.endsAt) };
    case 'ready':
      return { ...facts, phase: 'ready', expiresAt: isoDate(session.endsAt), ...endingOf(session) };
    case 'ended':
      return { ...facts, phase: 'ended', cause: CAUSES[session.cause] };
  }
}

function endingOf({ ending }: Session): Pick<SessionAnswer, 'ending'> {
  return ending === undefined ? {} : { ending: { at: isoDate(ending) } };
}

export function isoDate(time: number): string {
  return new Date(time).toISOString();
}
