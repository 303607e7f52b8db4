/** What `clean` says. */
import { StartJupyterError } from '../errors.js';

export interface CleanedWords {
  /** What kind of folder it was. */
  kind: 'session' | 'unfinished' | 'damaged';
  what: string;
  /** ISO 8601 */
  endedAt?: string;
  bytes: number;
}

/** A line for each folder. */
export function removedLine({ kind, what, endedAt, bytes }: CleanedWords): string {
  return `  ${what}, ${WHY[kind](endedAt)}: ${room(bytes)}`;
}

const WHY = {
  session: (endedAt: string | undefined) =>
    endedAt === undefined ? 'ended' : `ended on ${endedAt.slice(0, 10)}`,
  unfinished: () => 'left over from a launch that was cut off, or from an earlier cleaning',
  damaged: () => 'its record is damaged and nothing runs there',
};

export function summary(count: number, bytes: number, isTrial: boolean): string {
  if (count === 0) return isTrial ? 'Nothing would be removed.' : 'There was nothing to remove.';
  const what = count === 1 ? 'one session' : `${count} sessions`;
  return isTrial
    ? `Would remove what is left of ${what}, ${room(bytes)}:`
    : `Removed what was left of ${what}, ${room(bytes)}:`;
}

export interface StayingWords {
  live: number;
  recent: number;
  damaged: number;
}

/** Sentences about what stays. */
export function whatStays({ live, recent, damaged }: StayingWords, isAll: boolean): string[] {
  return [
    ...(live === 0 ? [] : [live === 1 ? '1 stays: it waits or runs.' : `${live} stay: they wait or run.`]),
    ...(recent === 0 ? [] : [`${counted(recent)}: ended less than a month ago (--all removes them, too).`]),
    ...(damaged === 0
      ? []
      : [
          isAll
            ? `${counted(damaged)} with a damaged record: not a month old yet, or its job may still run.`
            : `${counted(damaged)} with a damaged record (--all removes those that nothing needs).`,
        ]),
  ];
}

function counted(count: number): string {
  return count === 1 ? '1 stays' : `${count} stay`;
}

/** Of one that nobody can tell whether it has ended. */
export function staysUntold(what: string, why: string): string {
  return `${what} stays, because nobody can say now whether it has ended: ${why}.`;
}

export const SCHEDULER_SILENT = 'its job says so, and its scheduler cannot be asked';

export function notRemoved(path: string, why: string): string {
  return `${JSON.stringify(path)} could not be removed: ${why}.`;
}

export function notAllRemoved(count: number): StartJupyterError {
  return new StartJupyterError(
    'bad-directory',
    count === 1 ? 'One folder could not be removed.' : `${count} folders could not be removed.`,
    { hint: 'Look at who may change them (ls -la) and what uses them; everything else is done.' },
  );
}

/** On disk: `1.2 MB`. */
export function room(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const shown = unit === 0 || value >= 10 ? String(Math.round(value)) : value.toFixed(1);
  return `${shown} ${units[unit] ?? 'B'}`;
}
