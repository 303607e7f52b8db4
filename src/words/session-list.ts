/** What `list` and `status` call the states and times of sessions. */
import type { JobOutcome } from '../job-states.js';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/** In a word or two, for a table. */
export const STATES = {
  queued: 'queued',
  starting: 'starting',
  ready: 'ready',
  warned: 'ends soon',
  stopping: 'ending',
  unknown: 'unknown',
  ended: 'ended',
} as const;

/** How a session ended, in a word or two. */
export const OUTCOMES: Record<JobOutcome | 'unknown', string> = {
  completed: 'shut down',
  failed: 'failed',
  cancelled: 'cancelled',
  'timed-out': 'time was up',
  'out-of-memory': 'out of memory',
  'node-failed': 'node failed',
  preempted: 'made room',
  unknown: 'not known',
};

export const HEADINGS = {
  live: ['JOB', 'STATE', 'TIME LEFT', 'NODE', 'LAUNCHED', 'NAME'],
  ended: ['JOB', 'HOW IT ENDED', 'WHEN', 'LAUNCHED', 'NAME'],
} as const;

/** For a column. */
export const BY_SSH = '(by ssh)';

/** "1h 20m", "3d 4h", "<1m". */
export function shortSpan(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / MINUTE_MS);
  if (minutes < 1) return milliseconds <= 0 ? '0m' : '<1m';
  const [days, hours] = [Math.floor(minutes / DAY_MINUTES), Math.floor((minutes % DAY_MINUTES) / 60)];
  if (days > 0) return hours === 0 ? `${days}d` : `${days}d ${hours}h`;
  return hours === 0 ? `${minutes}m` : `${hours}h ${minutes % 60}m`;
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/**
 * "today 14:05", "yesterday 14:05", "21 Nov 14:05", with the year where it is another one. By hand: the language data that
 * Node loads for toLocaleString takes longer than everything else here.
 */
export function shortTime(time: Date, now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}`;
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  if (isSameDay(time, now)) return `today ${clock}`;
  if (isSameDay(time, yesterday)) return `yesterday ${clock}`;
  const year = time.getFullYear() === now.getFullYear() ? '' : ` ${time.getFullYear()}`;
  return `${time.getDate()} ${MONTHS[time.getMonth()] ?? ''}${year} ${clock}`;
}

function isSameDay(one: Date, other: Date): boolean {
  return one.toDateString() === other.toDateString();
}

/** Below a table, why one waits. */
export function waitsFor(job: string, reason: string, estimate: readonly string[]): string {
  return [`${job} waits: ${reason}`, ...estimate].join(' ');
}

/** Nothing waits or runs, and nothing ended lately. */
export function nothingToList(all: boolean, earlier: number): string {
  const start = 'Start one: start-jupyter (its options: start-jupyter --help).';
  if (all || earlier === 0) return `You have no sessions. ${start}`;
  const sessions = earlier === 1 ? 'One that ended' : `${earlier} that ended`;
  return `No session of yours waits or runs. ${start}\n${sessions} earlier: start-jupyter list --all.`;
}

export const ENDED_LATELY = 'Ended since yesterday:';
export const ENDED = 'Ended:';

/** `jobs`: those of which it cannot be told for the same reason. */
export function cannotBeTold(jobs: readonly string[], why: string): string {
  const which = jobs.length > 3 ? `${jobs.length} sessions are` : `${jobs.join(', ')} is`;
  return `How ${which} cannot be told now: ${why.trim().replace(/[.\s]+$/, '')}.`;
}
