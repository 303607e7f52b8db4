/** What a person reads of the sessions that were launched. */
import { StartJupyterError } from '../errors.js';
import type { JobOutcome } from '../job-states.js';
import { shortTime } from './clock.js';

export const LOOKING_AT_SESSIONS = 'Looking at your sessions';
export const LOOKING_AT_SESSION = 'Looking at the session';

/** Finishes a sentence: why a record cannot be read. */
export function whyDamaged(
  why: 'absent' | 'copied' | 'empty' | 'no-json' | 'no-record' | { key: string } | { code: string },
): string {
  if (typeof why === 'object') {
    if ('key' in why) return `its "${why.key}" is missing or cannot be`;
    if (why.code === 'ENOTFILE' || why.code === 'EISDIR') return 'it is no file';
    if (why.code === 'EFBIG') return 'it is far too long';
    return `it cannot be read (${why.code})`;
  }
  switch (why) {
    case 'absent':
      return 'it is missing';
    case 'copied':
      return 'it belongs to another folder, as if it had been copied';
    case 'empty':
      return 'it is empty';
    case 'no-json':
      return 'it is cut off or damaged';
    case 'no-record':
      return 'it is no record of a session';
  }
}

/** A warning about a record that cannot be read. */
export function damagedRecord(path: string, why: string): string {
  return `The record of a session cannot be used, ${path}: ${why}. If its job still runs, your scheduler’s own commands show and end it; "start-jupyter clean --all" removes the folder once it is a month old.`;
}

/** A warning about one that is shown as far as it is understood. */
export function newerRecord(id: string, launcherVersion: string): string {
  return `Session ${id} was made by a newer start-jupyter (${launcherVersion}): what this one does not know of it is not shown.`;
}

export function noHome(home: string, error: unknown): StartJupyterError {
  return new StartJupyterError(
    'bad-directory',
    `Your home directory ${JSON.stringify(home)} is not there (${codeOf(error)}).`,
    {
      cause: error,
      hint: 'Your sessions are kept in it. If it is usually there, try again in a few minutes, then tell your support.',
    },
  );
}

export function sessionsUnreadable(folder: string, error: unknown): StartJupyterError {
  return new StartJupyterError(
    'bad-directory',
    `Your sessions cannot be looked for in ${JSON.stringify(folder)} (${codeOf(error)}).`,
    {
      cause: error,
      hint: 'Look whether you may read that folder (ls -ld). Sessions that run go on meanwhile.',
    },
  );
}

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

/** A session is asked for, and there is none at all. */
export function noSessions(): StartJupyterError {
  return new StartJupyterError('unknown-session', 'You have no sessions.', {
    hint: 'Start one: start-jupyter. Its options: start-jupyter --help.',
  });
}

export function unknownSession(id: string): StartJupyterError {
  return new StartJupyterError('unknown-session', `You have no session ${JSON.stringify(id)}.`, {
    hint: 'start-jupyter list --all shows those that there are. A session is named by its job id, the name in its link, or the beginning of either.',
  });
}

export function launchedWhen(time: Date, now: Date): string {
  return `launched ${shortTime(time, now)}`;
}

export function andOthers(count: number): string {
  return `and ${count} more`;
}

/** `lines`: one for each session that it could be. */
export function ambiguousSession(id: string, lines: readonly string[]): StartJupyterError {
  return new StartJupyterError('ambiguous-session', `Several sessions begin with ${JSON.stringify(id)}.`, {
    detail: lines.join('\n'),
    hint: 'Write more of its job id or its name.',
  });
}

/** Several are there, none was named, and it would be wrong to take the newest. */
export function whichSession(lines: readonly string[]): StartJupyterError {
  return new StartJupyterError('ambiguous-session', 'You have several sessions: say which one.', {
    detail: lines.join('\n'),
    hint: 'Name it by its job id or the name in its link.',
  });
}

export function notChosen(): StartJupyterError {
  return new StartJupyterError('interrupted', 'No session was chosen.');
}

export function pickHeading(): string {
  return 'Which session?';
}

export function pickQuestion(count: number): string {
  return `A number from 1 to ${count}, or Enter for the first, the newest one: `;
}

export function notOfThem(count: number): string {
  return `That is none of 1 to ${count}.`;
}

/** What the job itself said when it ended, taken apart: `failed: no Jupyter`. */
export interface LastWord {
  kind: 'completed' | 'stopped' | 'failed' | 'other';
  /** What stands behind the kind; empty: nothing. */
  why: string;
}

/** How a session ended, in a sentence: the scheduler decides, the job's own last word explains. */
export function causeOfEnd(
  outcome: JobOutcome | 'unknown',
  said: LastWord | undefined,
  exitStatus: number | undefined,
): string {
  switch (outcome) {
    case 'timed-out':
      return 'Its time was up.';
    case 'cancelled':
      return 'It was cancelled.';
    case 'out-of-memory':
      return 'It needed more memory than its job has.';
    case 'node-failed':
      return 'The node that it ran on failed.';
    case 'preempted':
      return 'The scheduler ended it to make room for another job.';
    case 'completed':
      return endedByItself(said);
    case 'failed':
      return failure(said, exitStatus);
    case 'unknown':
      return said === undefined || said.why === '' ? NOBODY_SAYS : saidIt(said);
  }
}

const NOBODY_SAYS = 'It has ended, and nobody says how any more.';

function endedByItself(said: LastWord | undefined): string {
  if (said === undefined || said.why === '') return 'Jupyter was shut down.';
  return saidIt(said);
}

function failure(said: LastWord | undefined, exitStatus: number | undefined): string {
  if (said !== undefined && said.why !== '') return saidIt(said);
  const status = exitStatus === undefined ? '' : ` with exit status ${exitStatus}`;
  return `Its job failed${status}, and left no word why: its log may say more.`;
}

function saidIt({ kind, why }: LastWord): string {
  const clean = why.replace(/[.\s]+$/, '');
  switch (kind) {
    case 'failed':
      return `It failed: ${clean}.`;
    case 'stopped':
      return `It was stopped: ${clean}.`;
    case 'completed':
      return `It ended by itself: ${clean}.`;
    case 'other':
      return `It has ended: ${clean}.`;
  }
}

/** Why nothing can be told of a session, each a part of a sentence. */
export const UNTOLD = {
  /** No job id was ever written down. */
  noJob: (jobName: string) =>
    `no job number was written down: its launch goes on right now, or was cut off. Its job, if there is one, is named ${jobName}`,
  notFound: (jobName: string) =>
    `no job number was written down, and the scheduler cannot be asked for a job named ${jobName}`,
  otherSite: (host: string) =>
    `the scheduler here does not know it, but it was launched on ${host}: look there`,
  noHost: 'the scheduler no longer knows it, and its record does not say where it was launched',
  onHost: (host: string) => `it runs on ${host} itself: look there`,
  someHost: 'it runs on the machine where it was started, and its record does not say which that is',
  otherScheduler: (scheduler: string) => `its scheduler, ${scheduler}, is none that this start-jupyter knows`,
  notAsked: 'it was not asked for',
} as const;

/** What the proxy says against a session that its job says is ready, each a part of a sentence. */
export const DOUBT = {
  ended: (cause: string | undefined) =>
    `the proxy has ended it${cause === undefined ? '' : `: ${cause}`}, so that its link leads nowhere`,
  notServed: 'the proxy does not serve it yet',
  unknownThere: 'the proxy does not know it any more, so that its link leads nowhere',
  silent: (why: string) => `the proxy cannot be asked: ${why}`,
} as const;
