/** Follows a session and says what it does; what comes of it is words and an exit status. */
import { join } from 'node:path';
import type { LaunchContext } from '../launch/context.js';
import { follow, watchSession, type FollowWays, type ReadySight } from '../launched/follow.js';
import { isOrderly } from '../launched/end-of-session.js';
import type { KnownSession } from '../launched/known-sessions.js';
import { lastLinesOf } from '../launched/read-log.js';
import type { SessionEnd } from '../session/record.js';
import {
  CANCELLED_BY_WHOM,
  LOOKING,
  endedInstead,
  endedWords,
  interruptedWait,
  leftAlone,
  queuedWords,
  startingWords,
  stillUntold,
  stillWaiting,
} from '../words/following.js';
import { calledBy } from './called.js';
import type { Console } from './console.js';
import { createTeller } from './tell-sight.js';

/** Of a log, in a message. */
const LOG_LINES = 15;

export interface FollowSession extends Pick<FollowWays, 'until' | 'timeoutMs'> {
  /** Somebody counts on it: then an interruption is an error. */
  asked: boolean;
}

export type SessionFollowed =
  { how: 'ready'; sight: ReadySight } | { how: 'ended'; end: SessionEnd } | { how: 'left' };

/** @throws StartJupyterError 'job-failed', 'still-waiting'; 'interrupted' where it was asked for */
export async function followSession(
  session: KnownSession,
  { until, timeoutMs, asked }: FollowSession,
  { context, console }: { context: LaunchContext; console: Console },
): Promise<SessionFollowed> {
  const called = calledBy(session);
  const since = new Date(session.record.createdAt);
  const tell = createTeller({ console, until, since, now: () => context.now() });
  const { signal } = context;
  const ways = { until, signal, tell, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  if (console.live) console.doing(LOOKING);
  const followed = await follow(watchSession(context, session), ways);
  console.rest();
  switch (followed.how) {
    case 'ready':
      return followed;
    case 'ended': {
      const { outcome, cause } = followed.end;
      if (until === 'ready' || !(isOrderly(outcome) || outcome === 'unknown')) {
        const lines = await lastLinesOf(join(session.directory, 'job.log'), LOG_LINES);
        throw endedInstead(followed.end, lines, called);
      }
      console.say(endedWords(cause));
      if (outcome === 'cancelled') console.say(CANCELLED_BY_WHOM);
      return followed;
    }
    case 'out-of-time': {
      const { last } = followed;
      if (last?.phase === 'unknown') throw stillUntold(until, timeoutMs ?? 0, last.why, called);
      const now =
        last?.phase === 'queued'
          ? queuedWords(last.reason)
          : last?.phase === 'starting'
            ? startingWords(last.node)
            : undefined;
      throw stillWaiting(until, timeoutMs ?? 0, now, called);
    }
    case 'left':
      if (asked) throw interruptedWait(called);
      console.say(leftAlone(called));
      return followed;
  }
}
