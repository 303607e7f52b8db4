/** What `list` and `status` call the states of sessions. */
import type { JobOutcome } from '../job-states.js';

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
