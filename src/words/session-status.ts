/** What `status` and `url` say of one session. */
import { sentence, StartJupyterError } from '../errors.js';
import { clockTime, left, passed } from './clock.js';
import { toStartAgain } from './next-steps.js';

export const LABELS = {
  session: 'Session',
  job: 'Job',
  state: 'State',
  why: 'Why',
  estimate: 'Starts',
  waited: 'Waited',
  node: 'Runs on',
  left: 'Time left',
  warned: 'Careful',
  doubt: 'But',
  ended: 'Ended',
  exitStatus: 'Exit status',
  /** Without its token: it alone opens nothing. */
  link: 'Address',
  log: 'Log',
  launched: 'Launched',
  shows: 'Shows',
  next: 'Next',
} as const;

export const STATE_WORDS = {
  queued: 'waits in the queue',
  starting: 'its job has started, and Jupyter is starting',
  ready: 'ready',
  unknown: 'cannot be told now',
  ended: 'has ended',
} as const;

export function endingState(said: string): string {
  return said === '' ? 'is ending' : `is ending (${said})`;
}

export function lastSeenReady(): string {
  return 'It was ready when it could last be told.';
}

/** A time ahead. */
export function untilTime(time: Date, now: Date): string {
  const milliseconds = time.getTime() - now.getTime();
  if (milliseconds < 0) return `none: it was to end at ${clockTime(time, now)}`;
  return `${left(milliseconds)}, until ${clockTime(time, now)}`;
}

export function estimatedFor(time: Date, now: Date): string {
  return time <= now
    ? 'at any moment, says the scheduler'
    : `about ${clockTime(time, now)}, estimates the scheduler`;
}

export function sinceLaunch(milliseconds: number): string {
  return `${passed(milliseconds)} so far`;
}

export function launchedAt(time: Date, now: Date, host: string | undefined): string {
  return host === undefined ? clockTime(time, now) : `${clockTime(time, now)}, on ${host}`;
}

export function endedAt(time: Date, now: Date, cause: string): string {
  return `${clockTime(time, now)}. ${sentence(cause)}`;
}

/** The scheduler has not confirmed it. */
export function saysItsJob(): string {
  return 'Its job says so itself; its scheduler cannot be asked now.';
}

export const WARNED = 'its time is nearly up: save your work';

export function nextSteps(
  state: 'waits' | 'runs' | 'ended' | 'unknown',
  id: string,
  bySsh: boolean,
): readonly (readonly [line: string, does: string])[] {
  const wait = [`start-jupyter wait ${id}`, 'follows it until it is ready'] as const;
  const link = bySsh
    ? ([`start-jupyter connect ${id}`, 'how to get there by ssh'] as const)
    : ([`start-jupyter url ${id}`, 'the link that opens it'] as const);
  const stop = [`start-jupyter stop ${id}`, 'ends it'] as const;
  const logs = [`start-jupyter logs ${id}`, 'what it wrote'] as const;
  const again = [`start-jupyter again ${id}`, 'starts it again with the same options'] as const;
  switch (state) {
    case 'waits':
      return [wait, ...(bySsh ? [] : [link]), stop];
    case 'runs':
      return [link, stop];
    case 'unknown':
      return [wait, logs, stop];
    case 'ended':
      return [logs, again];
  }
}

export function endOfLog(): string {
  return 'The end of its log:';
}

/** Its link is asked for, and leads nowhere any more. */
export function hasEnded(cause: string, id: string): StartJupyterError {
  return new StartJupyterError('session-ended', `This session has ended. ${sentence(cause)}`, {
    hint: `Its link is of no use any more. ${toStartAgain(id)}`,
  });
}

export function isEnding(id: string): StartJupyterError {
  return new StartJupyterError('session-ended', 'This session is just ending.', {
    hint: `Its link is of no use any more. How it ended, in a moment: start-jupyter status ${id}`,
  });
}

/** Where ssh leads there, it is known only once the notebook is ready. */
export function noLinkYet(id: string): StartJupyterError {
  return new StartJupyterError('still-waiting', 'This session has no link yet: its notebook is not ready.', {
    hint: `To wait for it: start-jupyter wait ${id}`,
  });
}

/** The file with its secret is gone or cannot be read. */
export function noToken(id: string): StartJupyterError {
  return new StartJupyterError(
    'bad-record',
    'The key that belongs to the link of this session cannot be read any more.',
    {
      hint: `Its job removes it at its end, which may just be near. How the session is: start-jupyter status ${id}`,
    },
  );
}

export function linkOfQueued(): string {
  return 'The job still waits in the queue. The page opens the notebook by itself once it has started.';
}

export function linkBySsh(id: string): string {
  return `It opens only while the ssh command runs on your own computer: start-jupyter connect ${id}`;
}

export function linkOnHost(host: string | undefined): string {
  return `It opens only in a browser on ${host ?? 'the machine where it was started'} itself.`;
}

export function linkOfUnknown(why: string): string {
  return `Whether the session is still there cannot be told now: ${why.trim().replace(/[.\s]+$/, '')}.`;
}
