/** How a session ended. */
import type { JobState } from '../scheduler/scheduler.js';
import type { SessionEnd, SessionOutcome } from '../session/record.js';
import { causeOfEnd } from '../words/sessions.js';
import type { JobSaid } from './job-files.js';

/** Pure. The scheduler's word decides; where it has none, and of a failure, the job's own does. */
export function endOf(job: JobState & { phase: 'ended' }, said: JobSaid | undefined, now: Date): SessionEnd {
  const outcome = outcomeOf(job.outcome, said);
  const exitStatus = job.exitStatus ?? said?.exitStatus;
  return {
    version: 1,
    outcome,
    cause: causeOfEnd(outcome, said, exitStatus),
    ...(exitStatus === undefined ? {} : { exitStatus }),
    endedAt: (said?.at ?? now).toISOString(),
  };
}

function outcomeOf(outcome: SessionOutcome, said: JobSaid | undefined): SessionOutcome {
  if (said === undefined) return outcome;
  // A job that a signal ended answers it and ends with a status, which some schedulers call a failure.
  if (outcome === 'failed' && said.kind === 'stopped') return stoppedBy(said) ?? 'failed';
  if (outcome !== 'unknown') return outcome;
  if (said.kind === 'stopped') return stoppedBy(said) ?? 'unknown';
  return said.kind === 'other' ? 'unknown' : said.kind;
}

/** Ends that were wanted, or that were known to come; after the others something went wrong. */
const ORDERLY: readonly SessionOutcome[] = ['completed', 'cancelled', 'timed-out'];

export function isOrderly(outcome: SessionOutcome): boolean {
  return ORDERLY.includes(outcome);
}

/** In the words of batch-templates/lib/end.sh. */
function stoppedBy({ why }: JobSaid): SessionOutcome | undefined {
  if (why === 'its time was up') return 'timed-out';
  return why === 'it was cancelled' ? 'cancelled' : undefined;
}
