/** How a job ended, in the few words that a launch needs. */
import type { JobOutcome } from '../job-states.js';
import type { JobState } from './scheduler.js';

export const OUTCOMES: Readonly<Record<JobOutcome, Extract<JobState, { phase: 'ended' }>['outcome']>> = {
  completed: 'completed',
  cancelled: 'cancelled',
  preempted: 'cancelled',
  failed: 'failed',
  'out-of-memory': 'failed',
  'node-failed': 'failed',
  'timed-out': 'timed-out',
};
