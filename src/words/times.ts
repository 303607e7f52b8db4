/** What is said of a time that cannot be taken as it was typed. */
import { StartJupyterError } from '../errors.js';

const ACCEPTED =
  'Write minutes (30), hours, minutes and seconds (02:30:00), days (1-12:00:00), or units (90m, 2h30m, 1d).';

export function notATime(text: string): StartJupyterError {
  return new StartJupyterError('bad-time', `${JSON.stringify(text)} is not a time`, { hint: ACCEPTED });
}

/** `2:30` is two and a half minutes to Slurm and two and a half hours to most people. */
export function ambiguousTime(typed: string, first: number, second: number): StartJupyterError {
  const rounded = first + (second > 0 ? 1 : 0);
  return new StartJupyterError('bad-time', `${JSON.stringify(typed)} can be read in two ways`, {
    hint: `${first} hours ${second} minutes would be ${first}h${second}m; ${first} minutes ${second} seconds would be ${rounded} (in minutes).`,
  });
}

export function noTimeAtAll(text: string): StartJupyterError {
  return new StartJupyterError('bad-time', `${JSON.stringify(text)} is no time at all`, { hint: ACCEPTED });
}

export function overAYear(text: string): StartJupyterError {
  return new StartJupyterError('bad-time', `${JSON.stringify(text)} is more than a year`, {
    hint: `A number without a unit means minutes. ${ACCEPTED}`,
  });
}
