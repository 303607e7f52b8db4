/** What is done once a session is launched and its link is printed: following, and the browser. */
import { StartJupyterError } from '../errors.js';
import type { LaunchContext } from '../launch/context.js';
import type { ReadySight } from '../launched/follow.js';
import type { KnownSession } from '../launched/known-sessions.js';
import { notReadyYet, onOwnComputer } from '../words/browser.js';
import { timeoutWithoutWait } from '../words/following.js';
import { calledBy } from './called.js';
import type { Console } from './console.js';
import type { Host } from './host.js';
import type { LaunchFlags } from './options.js';
import { parseTimeout } from './timeout.js';
import { variableOf } from './variables.js';

export interface AfterLaunch {
  /** `shown`: on a terminal, where somebody looks on. `asked`: somebody counts on it. */
  wait: 'no' | 'shown' | 'asked';
  timeoutMs?: number;
  /** The option or variable that it is from. */
  timeoutFrom: string;
  open: boolean;
}

/** @throws StartJupyterError 'bad-option' */
export function readAfterLaunch(
  flags: Pick<LaunchFlags, 'wait' | 'timeout' | 'open' | 'quiet' | 'json'>,
  fromVariable: (flag: string) => boolean,
  { stdout, stderr }: Pick<Host, 'stdout' | 'stderr'>,
): AfterLaunch {
  const { wait, timeout, open = false, quiet = false, json = false } = flags;
  const timeoutFrom = fromVariable('timeout') ? variableOf('timeout') : '--timeout';
  const timeoutMs = timeout === undefined ? undefined : parseTimeout(timeoutFrom, timeout);
  if (wait === false) {
    // A time that a variable sets for every wait says nothing about a launch without one.
    if (timeoutMs !== undefined && !fromVariable('timeout')) throw timeoutWithoutWait(timeoutFrom);
    return { wait: 'no', timeoutFrom, open };
  }
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  const watched = stdout.isTTY && stderr.isTTY && !quiet && !json;
  // Whoever says how long wants to wait, and a browser is opened when there is something to see.
  const asked = wait === true || (timeoutMs !== undefined && !fromVariable('timeout')) || (open && !watched);
  return { wait: asked ? 'asked' : watched ? 'shown' : 'no', timeoutFrom, open, ...limit };
}

/**
 * After the link was printed. Undefined: it was not waited for, or no longer.
 * @throws StartJupyterError as followSession
 */
export async function afterLaunch(
  session: KnownSession,
  url: string | undefined,
  after: AfterLaunch,
  { context, console }: { context: LaunchContext; console: Console },
): Promise<ReadySight | undefined> {
  let sight: ReadySight | undefined;
  if (after.wait !== 'no') {
    const { followSession } = await import('./follow-session.js');
    const { timeoutMs } = after;
    const ways = {
      until: 'ready',
      asked: after.wait === 'asked',
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    } as const;
    const followed = await followSession(session, ways, { context, console });
    if (followed.how !== 'ready') return undefined;
    ({ sight } = followed);
  }
  if (after.open) await openOrWarn(session, url, { context, console, ready: sight !== undefined });
  return sight;
}

/** The session is there all the same. */
export async function openOrWarn(
  session: KnownSession,
  url: string | undefined,
  { context, console, ready }: { context: LaunchContext; console: Console; ready: boolean },
): Promise<void> {
  const { record } = session;
  try {
    if (record.connect === 'ssh' || url === undefined) throw onOwnComputer(calledBy(session).id);
    // A classic service has no page that waits.
    if (!ready && record.protocol === 'classic') throw notReadyYet(calledBy(session).id);
    const { openInBrowser } = await import('../launched/browser.js');
    await openInBrowser(context, session.directory, url);
  } catch (error) {
    if (!(error instanceof StartJupyterError)) throw error;
    console.warn([error.message, error.hint ?? ''].join(' ').trim());
  }
}
