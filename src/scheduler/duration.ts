/** How long a job may run: what people type, what Slurm writes, and how it is shown. Always whole minutes. */
import { ambiguousTime, notATime, noTimeAtAll, overAYear } from '../words/times.js';

const MINUTES_PER_HOUR = 60;
const MINUTES_PER_DAY = 24 * MINUTES_PER_HOUR;
const LONGEST_MINUTES = 365 * MINUTES_PER_DAY;

/**
 * What a person typed as a walltime, in minutes (seconds count as a begun minute).
 * Throws 'bad-time' for anything that could mean two things, and for zero or more than a year.
 */
export function parseTime(text: string): number {
  const typed = text.trim();
  const ambiguous = /^(\d+):(\d+)$/.exec(typed);
  if (ambiguous) throw ambiguousTime(typed, Number(ambiguous[1]), Number(ambiguous[2]));
  const seconds = readMinutes(typed) ?? readClock(typed) ?? readUnits(typed);
  if (seconds === undefined) throw notATime(text);
  return checkedMinutes(text, Math.ceil(seconds / 60));
}

function checkedMinutes(text: string, minutes: number): number {
  if (minutes === 0) throw noTimeAtAll(text);
  if (!(minutes <= LONGEST_MINUTES)) throw overAYear(text);
  return minutes;
}

function readMinutes(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) * 60 : undefined;
}

/** `HH:MM:SS`, `D-HH`, `D-HH:MM`, `D-HH:MM:SS`; a field that has a larger unit before it stays below that unit. */
function readClock(text: string): number | undefined {
  const match = /^(?:(\d+)-)?(\d+)(?::(\d{1,2}))?(?::(\d{1,2}))?$/.exec(text);
  if (!match) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = fields(match);
  if (minutes > 59 || seconds > 59 || (match[1] !== undefined && hours > 23)) return undefined;
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

/** The numbers that a pattern caught; a group that took no part counts as 0. */
function fields(match: RegExpExecArray): number[] {
  return match.slice(1).map((field: string | undefined) => Number(field ?? 0));
}

/** `1d12h`, `2h30m`, `90m`, `90s`: each unit once, the larger first. */
function readUnits(text: string): number | undefined {
  const match = /^(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m)?\s*(?:(\d+)s)?$/i.exec(text);
  if (!match || text === '') return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = fields(match);
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

/**
 * A time limit as Slurm writes and reads it, in minutes, seconds rounded up: `M`, `M:S`, `H:M:S`, `D-H`, `D-H:M`,
 * `D-H:M:S`. Infinity for UNLIMITED; undefined when it is not set or not a time (NOT_SET, INVALID, n/a).
 * Source: sbatch(1), --time; the same forms occur in SBATCH_TIMELIMIT, templates and sinfo's limits.
 */
export function parseSlurmTime(text: string): number | undefined {
  const limit = text.trim();
  if (/^(unlimited|infinite)$/i.test(limit)) return Infinity;
  const match = /^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$/.exec(limit);
  if (!match) return undefined;
  const [days = 0, first = 0, second = 0, third = 0] = fields(match);
  // Without days, one or two fields are minutes and seconds.
  const fromHours = match[1] !== undefined || match[4] !== undefined;
  const seconds = fromHours ? first * 3600 + second * 60 + third : first * 60 + second;
  return days * MINUTES_PER_DAY + Math.ceil(seconds / 60);
}

/** "30 minutes", "2 hours 30 minutes", "1 day": for people. */
export function formatMinutes(minutes: number): string {
  if (minutes === Infinity) return 'unlimited';
  const parts = [
    counted(Math.floor(minutes / MINUTES_PER_DAY), 'day'),
    counted(Math.floor((minutes % MINUTES_PER_DAY) / MINUTES_PER_HOUR), 'hour'),
    counted(minutes % MINUTES_PER_HOUR, 'minute'),
  ].filter((part) => part !== '');
  return parts.join(' ') || '0 minutes';
}

function counted(count: number, unit: string): string {
  if (count === 0) return '';
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** `HH:MM:SS`, hours beyond 24 stay hours: means the same to Slurm, Torque and PBS, where a bare number does not. */
export function hhmmss(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / MINUTES_PER_HOUR))}:${two(minutes % MINUTES_PER_HOUR)}:00`;
}
