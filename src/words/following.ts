/** What is said while a session is followed, and when that ends. */
import { sentence, StartJupyterError } from '../errors.js';
import { formatMinutes } from '../scheduler/duration.js';
import { reasonInWords } from './reasons.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** Up to here seconds tell something. */
const IN_SECONDS_MS = 2 * MINUTE_MS;

/** "12 seconds", "3 minutes": a time that has passed. */
export function passed(milliseconds: number): string {
  if (milliseconds >= IN_SECONDS_MS) return formatMinutes(Math.floor(milliseconds / MINUTE_MS));
  const seconds = Math.max(0, Math.floor(milliseconds / SECOND_MS));
  return `${seconds} second${seconds === 1 ? '' : 's'}`;
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
];

/**
 * "14:05", and on another day "14:05 on Tuesday, 24 November": the time of this machine. By hand, since the data of
 * languages that Node loads for toLocaleString takes its time.
 */
export function clockTime(time: Date, now: Date): string {
  const clock = [time.getHours(), time.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
  if (time.toDateString() === now.toDateString()) return clock;
  const year = time.getFullYear() === now.getFullYear() ? '' : ` ${time.getFullYear()}`;
  const month = MONTHS[time.getMonth()] ?? '';
  return `${clock} on ${DAYS[time.getDay()] ?? ''}, ${time.getDate()} ${month}${year}`;
}

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
  return `The page opens the notebook by itself once the job has started.\nTo end it early: start-jupyter stop ${id}`;
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
  const left = Math.max(0, Math.floor((endsAt.getTime() - now.getTime()) / MINUTE_MS));
  const time = left === 0 ? 'less than a minute' : formatMinutes(left);
  return `The notebook runs on ${node}, for ${time} more.`;
}

/** Before its end, once. */
export function endsSoon(endsAt: Date | undefined, now: Date): string {
  if (endsAt === undefined) return 'The session ends soon: save your work.';
  const left = Math.round((endsAt.getTime() - now.getTime()) / MINUTE_MS);
  const time = left < 1 ? 'in less than a minute' : `in about ${formatMinutes(left)}`;
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

/** The session ended where a notebook was waited for, or its job failed. */
export function endedInstead(cause: string, lastLines: string, called: Called): StartJupyterError {
  const again = `To start it again: start-jupyter again ${called.id}`;
  const empty = lastLines.trim() === '';
  const log = empty
    ? `Its log is empty: ${called.log}`
    : `The lines above are the end of its log: ${called.log}`;
  return new StartJupyterError('job-failed', endedWords(cause), {
    ...(empty ? {} : { detail: lastLines }),
    hint: `${log}\n${again}`,
  });
}

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

export function notTogether(one: string, other: string): StartJupyterError {
  return new StartJupyterError('bad-option', `${one} and ${other} do not go together.`, {
    hint: 'Leave one of them out.',
  });
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
