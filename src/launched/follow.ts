/** Follows a session until it is ready or over. */
import { readdir } from 'node:fs/promises';
import { setTimeout as timer } from 'node:timers/promises';
import type { LaunchContext } from '../launch/context.js';
import { limitedAbort } from '../platform/limited-abort.js';
import type { SessionEnd } from '../session/record.js';
import { schedulerSilent } from '../words/following.js';
import type { KnownSession } from './known-sessions.js';
import { lookAtOne } from './look.js';
import type { Sight } from './sight.js';

export type ReadySight = Extract<Sight, { phase: 'ready' }>;

export type Followed =
  | { how: 'ready'; sight: ReadySight }
  | { how: 'ended'; end: SessionEnd }
  /** The time is over; `last` is what was seen at last. */
  | { how: 'out-of-time'; last?: Sight }
  | { how: 'left' };

export interface FollowWays {
  until: 'ready' | 'ended';
  timeoutMs?: number;
  /** Ends the following, and nothing else. */
  signal: AbortSignal;
  /** What was seen, again each second: the time goes on. */
  tell: (sight: Sight) => void;
}

/** How a session is looked at, and the time that passes between. */
export interface Watch {
  /** Asks the scheduler, and the proxy where that is wanted. Does not throw for what cannot be asked. */
  look(ways: { proxy: boolean; signal: AbortSignal }): Promise<Sight>;
  /** The files that its job has left in the session directory. Cheap: nobody is asked. */
  traces(): Promise<readonly string[]>;
  /** In milliseconds; steady. */
  now(): number;
  /** Resolves early when the signal is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

const TICK_MS = 1000;
/** Sites count how often the scheduler is asked: ever more rarely, until something happens. */
const ASK_MS = { first: 1000, factor: 1.5, longest: 30_000 };

/** A wait that cannot tell how the session is goes on; it ends with what it waits for, with its time or by the signal. */
export async function follow(
  watch: Watch,
  { until, timeoutMs = Infinity, signal, tell }: FollowWays,
): Promise<Followed> {
  const endsAt = watch.now() + timeoutMs;
  let askAt = watch.now();
  let interval = ASK_MS.first;
  let traces: readonly string[] | undefined;
  let last: Sight | undefined;
  /** Its job said under our eyes that it is ready. */
  let sawReady = false;
  const isLeft = (): boolean => signal.aborted;
  while (!isLeft()) {
    const found = await watch.traces();
    const changed = traces !== undefined && found.join() !== traces.join();
    if (changed) {
      interval = ASK_MS.first;
      sawReady ||= found.includes('ready.json') && !traces?.includes('ready.json');
    }
    traces = found;
    if (changed || watch.now() >= askAt) {
      using during = limitedAbort(signal, endsAt - watch.now());
      const seen = await look(watch, until, during.signal);
      if (isLeft()) break;
      // What was cut off tells nothing.
      if (during.signal.aborted) return outOfTime(last);
      last = sawReady ? believed(seen) : seen;
      askAt = watch.now() + interval;
      interval = Math.min(interval * ASK_MS.factor, ASK_MS.longest);
    }
    if (last !== undefined) {
      if (last.phase === 'ended') return { how: 'ended', end: last.end };
      tell(last);
      if (until === 'ready' && last.phase === 'ready') return { how: 'ready', sight: last };
    }
    const left = endsAt - watch.now();
    if (left <= 0) return outOfTime(last);
    await watch.sleep(Math.min(TICK_MS, left), signal);
  }
  return { how: 'left' };
}

/** What the proxy says counts when somebody is about to be sent there. */
async function look(watch: Watch, until: FollowWays['until'], signal: AbortSignal): Promise<Sight> {
  const sight = await watch.look({ proxy: false, signal });
  if (until !== 'ready' || sight.phase !== 'ready' || signal.aborted) return sight;
  return await watch.look({ proxy: true, signal });
}

/** A job that has just said that it is ready is, even when its scheduler cannot be asked. */
function believed(sight: Sight): Sight {
  if (sight.phase !== 'unknown' || sight.last === undefined) return sight;
  return { phase: 'ready', ...sight.last, doubt: sight.last.doubt ?? schedulerSilent(sight.why) };
}

function outOfTime(last: Sight | undefined): Followed {
  return { how: 'out-of-time', ...(last === undefined ? {} : { last }) };
}

const TRACES = ['ready.json', 'outcome', 'warning', 'end.json'];

/** A session as it really is. */
export function watchSession(context: LaunchContext, session: KnownSession): Watch {
  let found: readonly string[] = [];
  return {
    look: (ways) => lookAtOne(context, session, ways),
    async traces() {
      // The folder is read: a name that was missing a moment ago is remembered as missing by NFS for up to a minute.
      try {
        const names = await readdir(session.directory);
        found = TRACES.filter((name) => names.includes(name));
      } catch {
        // A file system that does not answer for a moment has taken nothing away.
      }
      return found;
    },
    now: () => performance.now(),
    async sleep(milliseconds, signal) {
      await timer(milliseconds, undefined, { signal }).catch(() => undefined);
    },
  };
}
