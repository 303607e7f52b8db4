/** What is said when a session is to get more time. */
import { sentence, StartJupyterError } from '../errors.js';
import { formatMinutes } from '../scheduler/duration.js';
import { clockTime } from './clock.js';

export function extending(minutes: number): string {
  return `Asking your site for ${formatMinutes(minutes)} more`;
}

export function newEnd(endsAt: Date, now: Date): string {
  const left = Math.floor((endsAt.getTime() - now.getTime()) / 60_000);
  return `The session now ends at ${clockTime(endsAt, now)}: ${formatMinutes(Math.max(left, 0))} are left.`;
}

/** Its program has said that it is done. */
export function endNotKnown(id: string): string {
  return `Your site gave it more time; the scheduler does not say yet when it ends. Look again in a minute: start-jupyter status ${id}`;
}

/** The scheduler still says the former end. */
export function endUnchanged(endsAt: Date, now: Date, id: string): string {
  return `Your site’s program said that it is done, but the scheduler still ends the session at ${clockTime(endsAt, now)}. Look again in a minute: start-jupyter status ${id}`;
}

export function proxyNotTold(why: string, id: string): string {
  return sentence(
    `The proxy could not be told, and may close the notebook’s page at the former time. To tell it once more, ask for a minute more: start-jupyter extend 1 ${id}. Why: ${why}`,
  );
}

const SAVE =
  'Save your work before its time is up. To go on with the same options afterwards, for longer: start-jupyter again';

export function notExtendable(system: string, id: string): StartJupyterError {
  return new StartJupyterError(
    'not-extendable',
    `Only administrators can lengthen a job that runs on ${system}, and it has no program that could be asked for that.`,
    { hint: `${SAVE} ${id} -t TIME. If you need the time in this very session, ask your support.` },
  );
}

/** It has no scheduler: a process on a machine of one's own. */
export function endsByItself(id: string): StartJupyterError {
  return new StartJupyterError(
    'not-extendable',
    'This session runs without a scheduler, and the time that it was started with stays.',
    { hint: `${SAVE} ${id} -t TIME.` },
  );
}

export function notStartedYet(id: string): StartJupyterError {
  return new StartJupyterError('not-extendable', 'This session waits in the queue: its time has not begun.', {
    hint: `To ask for another time: start-jupyter stop ${id}, then start-jupyter again ${id} -t TIME`,
  });
}

/** Nobody can say whether the job is there, nor whether the one of its number is this session’s: nothing was done. */
export function cannotTellWhether(why: string, id: string): StartJupyterError {
  return new StartJupyterError(
    'scheduler-unreachable',
    sentence(`It cannot be told now whether this session runs: ${why}`),
    { hint: `Nothing was done. Try again in a few minutes; start-jupyter status ${id} says how it is.` },
  );
}

/** `where`: the file and line that name it. */
export function badHook(program: string, where: string, why: string): StartJupyterError {
  return new StartJupyterError(
    'bad-configuration',
    sentence(`${where}: hooks.extend names ${program}, which cannot be run: ${why}`),
    { hint: 'It has to be a program that you may execute. Tell your support.' },
  );
}

export const HOOK_FAILS = {
  notFound: 'it is not there, or may not be executed',
  notRunnable: 'it is no program of this system (a script begins with #!)',
} as const;

export function refused(status: number, said: string): StartJupyterError {
  return new StartJupyterError('extension-refused', 'Your site did not give this session more time.', {
    ...(said === '' ? {} : { detail: said }),
    hint: `${said === '' ? `Its program said nothing (status ${status}). ` : ''}Save your work; your support knows what is possible.`,
  });
}

/** It was ended: whether the job has more time now cannot be told. */
export function hookTooSlow(seconds: number, id: string, said: string): StartJupyterError {
  return new StartJupyterError(
    'extension-refused',
    `Your site’s program did not answer within ${seconds} s: whether the session has more time now is open.`,
    {
      ...(said === '' ? {} : { detail: said }),
      hint: `When it ends: start-jupyter status ${id}`,
    },
  );
}
