/** What is said while a session is followed, and when that ends. */
import { sentence, StartJupyterError } from '../errors.js';
import { formatMinutes } from '../scheduler/duration.js';
import { clockTime, left, passed } from './clock.js';
import { OPENS_BY_ITSELF, toStartAgain } from './next-steps.js';
import { notTogether } from './options.js';
import { reasonInWords } from './reasons.js';

const MINUTE_MS = 60_000;

/** What its own command calls a session, and where its log is. */
export interface Called {
  id: string;
  log: string;
}

/** Until the scheduler has answered for the first time. */
export const LOOKING = 'Looking how the session is';

export function queuedWords(reason: string | undefined): string {
  return ['The job waits in the queue.', ...wordsOf(reason)].join(' ');
}

/** Below the link. */
export function linkPrinted({ id }: Called): string {
  return `${OPENS_BY_ITSELF}\nTo end it early: start-jupyter stop ${id}`;
}

/** In one line that is written anew each second. */
export function queuedNow(
  { reason, estimatedStart }: { reason?: string; estimatedStart?: Date },
  waitedMs: number,
  now: Date,
): string {
  return [`In the queue for ${passed(waitedMs)}.`, ...wordsOf(reason), ...estimate(estimatedStart, now)].join(
    ' ',
  );
}

export function estimate(start: Date | undefined, now: Date): string[] {
  if (start === undefined || start <= now) return [];
  return [`The scheduler’s estimate for its start: ${clockTime(start, now)}.`];
}

function wordsOf(reason: string | undefined): string[] {
  const words = reasonInWords(reason);
  return words === undefined ? [] : [sentence(words)];
}

export function startingWords(node: string): string {
  return `The job has started on ${node}. Jupyter is starting there.`;
}

export function startingNow(node: string, sinceMs: number): string {
  return `The job has started on ${node}. Jupyter is starting there, ${passed(sinceMs)} so far.`;
}

export function readyWords(
  { node, endsAt, doubt }: { node: string; endsAt?: Date; doubt?: string },
  now: Date,
): string {
  const until = endsAt === undefined ? '' : ` until ${clockTime(endsAt, now)}`;
  const ready = doubt === undefined ? 'Your notebook is ready.' : 'Its job says that the notebook is ready.';
  return `${ready} It runs on ${node}${until}.`;
}

export function runningNow(node: string, endsAt: Date | undefined, now: Date): string {
  if (endsAt === undefined) return `The notebook runs on ${node}.`;
  return `The notebook runs on ${node}, for ${left(endsAt.getTime() - now.getTime())} more.`;
}

/** Before its end, once. */
export function endsSoon(endsAt: Date | undefined, now: Date): string {
  if (endsAt === undefined) return 'The session ends soon: save your work.';
  const minutes = Math.round((endsAt.getTime() - now.getTime()) / MINUTE_MS);
  const time = minutes < 1 ? 'in less than a minute' : `in about ${formatMinutes(minutes)}`;
  return `The session ends at ${clockTime(endsAt, now)}, ${time}: save your work.`;
}

export function stoppingWords(said: string): string {
  return sentence(`The session is ending${said === '' ? '' : ` (${said})`}`);
}

/** A proxy or scheduler that says something against what is seen otherwise. */
export function doubtWords(doubt: string): string {
  return sentence(doubt.charAt(0).toUpperCase() + doubt.slice(1));
}

/** A part of a sentence, as what the proxy says. */
export function schedulerSilent(why: string): string {
  return `the scheduler cannot be asked: ${why}`;
}

export function cannotTell(why: string): string {
  return `How the session is cannot be told just now (${why.trim().replace(/\.$/, '')}). Trying again; its job is left alone.`;
}

export function tryingAgain(sinceMs: number): string {
  return `Trying again, ${passed(sinceMs)} so far.`;
}

export function tellsAgain(): string {
  return 'It can be told again how the session is.';
}

function goOn({ id }: Called): string {
  return `To follow it:  start-jupyter wait ${id}\nTo end it:     start-jupyter stop ${id}`;
}

/** After Ctrl-C, where nothing was asked to wait. */
export function leftAlone(called: Called): string {
  return `No longer following. The job goes on.\n${goOn(called)}`;
}

export function interruptedWait(called: Called): StartJupyterError {
  return new StartJupyterError('interrupted', 'No longer waiting. The job goes on.', { hint: goOn(called) });
}

export function stillWaiting(
  until: 'ready' | 'ended',
  timeoutMs: number,
  now: string | undefined,
  called: Called,
): StartJupyterError {
  const what = until === 'ready' ? 'The notebook is not ready' : 'The session has not ended';
  const how = now === undefined ? '' : ` ${now}`;
  return new StartJupyterError(
    'still-waiting',
    `${what} after ${passed(timeoutMs)}. The job goes on.${how}`,
    {
      hint: goOn(called),
    },
  );
}

/** The same, where nobody could say in the end how the session is. */
export function stillUntold(
  until: 'ready' | 'ended',
  timeoutMs: number,
  why: string,
  called: Called,
): StartJupyterError {
  const whether = until === 'ready' ? 'the notebook is ready' : 'the session has ended';
  return new StartJupyterError(
    'still-waiting',
    `After ${passed(timeoutMs)} it cannot be told whether ${whether}: ${sentence(why)} Its job is left alone.`,
    { hint: goOn(called) },
  );
}

/** The session ended where a notebook was waited for, or its job failed. */
export function endedInstead(
  { outcome, cause }: { outcome: string; cause: string },
  lastLines: string,
  called: Called,
): StartJupyterError {
  const again = toStartAgain(called.id);
  const empty = lastLines.trim() === '';
  const log = empty
    ? `Its log is empty: ${called.log}`
    : `The lines above are the end of its log: ${called.log}`;
  return new StartJupyterError('job-failed', endedWords(cause), {
    ...(empty ? {} : { detail: lastLines }),
    hint: [log, ...(outcome === 'cancelled' ? [CANCELLED_BY_WHOM] : []), again].join('\n'),
  });
}

/** Schedulers mostly do not say who did it. */
export const CANCELLED_BY_WHOM = 'If you did not cancel it yourself, ask your support who did, and why.';

export function endedWords(cause: string): string {
  return `The session has ended. ${sentence(cause)}`;
}

export function linkAgain({ id }: Called, connect: 'proxy' | 'ssh'): string {
  return connect === 'ssh'
    ? `How to get there: start-jupyter connect ${id}`
    : `Its link: start-jupyter url ${id}`;
}

export function badTimeout(option: string, value: string, why?: string): StartJupyterError {
  return new StartJupyterError('bad-option', `${option} cannot be ${JSON.stringify(value)}${why ?? ''}.`, {
    hint: 'Write seconds, minutes or hours: 30s, 10m, 1h30m. A number alone means minutes.',
  });
}

/** A time to wait, and the word that there is to be no waiting. */
export function timeoutWithoutWait(timeout: string): StartJupyterError {
  return notTogether(timeout, '--no-wait', 'Leave one of them out.');
}

export function badUntil(value: string): StartJupyterError {
  return new StartJupyterError('bad-option', `--until cannot be ${JSON.stringify(value)}.`, {
    hint: 'It is one of: ready, ended.',
  });
}

/** With --here, and where there is no scheduler. */
export function timeoutInForeground(option: string): string {
  return `${option} has no effect here: the notebook runs as long as this command does.`;
}
