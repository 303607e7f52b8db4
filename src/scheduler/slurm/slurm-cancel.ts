/** Cancels a Slurm job. */
import { failureOf, run } from '../../platform/process.js';
import { notCancelled, tryAgain } from '../../words/scheduler.js';
import type { JobId } from '../scheduler.js';
import { queryEnvironment } from './slurm-environment.js';
import { onCluster } from './slurm-query.js';

const CANCEL_MS = 30_000;

/** Resolves when Slurm took the request, or the job was over; throws 'scheduler-unreachable' otherwise. */
export async function cancelSlurmJob(env: NodeJS.ProcessEnv, id: JobId): Promise<void> {
  const args = [...onCluster(id), id.id];
  // Out of reach of Ctrl-C: a person who presses it twice must not keep the job by it.
  const result = await run('scancel', args, {
    env: queryEnvironment(env),
    timeoutMs: CANCEL_MS,
  });
  if (result.exitCode === 0 || /invalid job id|already complet/i.test(result.stderr)) return;
  throw notCancelled(id.id, failureOf('scancel', result), tryAgain('scancel', ...args));
}
