/** Ends sessions: cancels their jobs, and looks until they are over. What ends there is done by whoever looks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, StartJupyterError } from '../errors.js';
import type { LaunchContext } from '../launch/context.js';
import { chooseScheduler } from '../scheduler/choose.js';
import type { JobId, Scheduler } from '../scheduler/scheduler.js';
import type { SessionEnd } from '../session/record.js';
import type { SeenSession } from './choose-session.js';
import { jobIdOf } from './job-id.js';
import type { KnownSession } from './known-sessions.js';
import { lookAt } from './look.js';
import { mapSome } from './map-some.js';

/** How the attempt went, for each session. */
export type Stopped =
  | { kind: 'stopped' }
  /** The scheduler was told; it is not over yet. */
  | { kind: 'stopping' }
  | { kind: 'over'; end: SessionEnd }
  /** It is a process of another machine. */
  | { kind: 'elsewhere'; host?: string }
  /** Nobody can say whether it runs, or whether the job of its number is its own: nothing was done. */
  | { kind: 'unknown'; why: string }
  | { kind: 'failed'; why: string; hint?: string };

export interface StopWays {
  /** Called when nothing is left to do but wait. */
  onWait?: (sessions: number) => void;
  /** How long it is waited for their ends; Jupyter and the proxy get some seconds of it. */
  limitMs?: number;
}

const LIMIT_MS = 30_000;
const POLL_MS = { first: 250, longest: 4000 };
/** So many tools of the scheduler at a time. */
const CANCELS_AT_ONCE = 4;

/** By record.id. Never throws for a session that cannot be stopped: others go on. Ctrl-C ends the waiting alone. */
export async function stopSessions(
  context: LaunchContext,
  seen: readonly SeenSession[],
  { onWait, limitMs = LIMIT_MS }: StopWays = {},
): Promise<Map<string, Stopped>> {
  const attempts = await mapSome(
    seen,
    CANCELS_AT_ONCE,
    async ({ session, sight }) => [session, await tryToStop(context, { session, sight })] as const,
  );
  const results = new Map(attempts.map(([{ record }, result]) => [record.id, result]));
  const ending = attempts.filter(([, { kind }]) => kind === 'stopping').map(([session]) => session);
  if (ending.length > 0) onWait?.(ending.length);
  for (const id of await endedWithin(context, ending, limitMs)) results.set(id, { kind: 'stopped' });
  return results;
}

async function tryToStop(context: LaunchContext, { session, sight }: SeenSession): Promise<Stopped> {
  if (sight.phase === 'ended') return { kind: 'over', end: sight.end };
  const { jobId, scheduler: kind } = session.record;
  const isLocal = kind === 'local' && jobId !== undefined;
  // Where nobody can tell how a job is, nobody can tell either whether the one of its number is ours.
  if (sight.phase === 'unknown' && !isLocal) return { kind: 'unknown', why: sight.why };
  const id = jobIdOf(session);
  try {
    const scheduler = await chooseScheduler(kind as Scheduler['kind'], context);
    const away = isLocal ? await awayFrom(scheduler, id, session) : undefined;
    if (away !== undefined) return away;
    await scheduler.cancel(id);
    return { kind: 'stopping' };
  } catch (error) {
    return failureOf(error);
  }
}

/** A session in place is its supervisor's, whatever becomes of the allocation around it; elsewhere its number says nothing. */
async function awayFrom(
  scheduler: Scheduler,
  id: JobId,
  { record: { host } }: KnownSession,
): Promise<Stopped | undefined> {
  const state = await scheduler.inspect(id);
  if (state.phase === 'running') return undefined;
  if (state.phase === 'unknown') return { kind: 'unknown', why: state.why };
  return { kind: 'elsewhere', ...(host === undefined ? {} : { host }) };
}

function failureOf(error: unknown): Stopped {
  const { detail, hint } = error instanceof StartJupyterError ? error : {};
  const why = detail?.trim() ? detail.trim() : messageOf(error);
  return { kind: 'failed', why, ...(hint === undefined ? {} : { hint }) };
}

/** The ids of those that are over. Looking writes their ends down, removes their secrets and gives their names back. */
async function endedWithin(
  context: LaunchContext,
  sessions: readonly KnownSession[],
  limitMs: number,
): Promise<string[]> {
  const { signal } = context;
  const until = Date.now() + limitMs;
  const over: string[] = [];
  let left = sessions;
  let wait = POLL_MS.first;
  while (left.length > 0) {
    const sights = await lookAt(context, left, { cancelled: true, signal });
    const isOver = ({ record }: KnownSession): boolean => sights.get(record.id)?.phase === 'ended';
    over.push(...left.filter(isOver).map(({ record }) => record.id));
    left = left.filter((session) => !isOver(session));
    if (signal.aborted || Date.now() + wait > until) break;
    // An abort is seen above.
    if (left.length > 0) await sleep(wait, undefined, { signal }).catch(() => undefined);
    wait = Math.min(wait * 2, POLL_MS.longest);
  }
  return over;
}
