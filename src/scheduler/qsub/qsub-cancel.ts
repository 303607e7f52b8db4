/** Cancels a job of Torque or PBS. */
import { failureOf, run } from '../../platform/process.js';
import { queryEnvironment } from './qsub-environment.js';
import { notYourJob, type NAMES } from '../../words/qsub.js';
import { notCancelled, tryAgain } from '../../words/scheduler.js';
import type { JobId } from '../scheduler.js';

const CANCEL_MS = 30_000;

/** The job is over, or ending already. Texts: recorded from Torque 6.1.3 and OpenPBS 23.06. */
const OVER = /unknown job id|nonexistent job id|job has finished|request invalid for state of job/i;

/** Resolves when the request was taken, or the job was over; throws 'scheduler-unreachable' or 'scheduler-refused'. */
export async function cancelQsubJob(
  kind: keyof typeof NAMES,
  env: NodeJS.ProcessEnv,
  { id }: JobId,
  timeoutMs = CANCEL_MS,
): Promise<void> {
  // Out of reach of Ctrl-C: a person who presses it twice must not keep the job by it.
  const result = await run('qdel', [id], { env: queryEnvironment(env), timeoutMs });
  if (result.exitCode === 0 || OVER.test(result.stderr)) return;
  const said = failureOf('qdel', result);
  if (/unauthorized/i.test(result.stderr)) throw notYourJob(kind, id, said);
  throw notCancelled(id, said, tryAgain('qdel', id));
}
