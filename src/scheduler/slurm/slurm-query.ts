/** How Slurm's programs are asked about jobs. */
import { run, type RunResult } from '../../platform/process.js';
import type { JobId } from '../scheduler.js';
import { queryEnvironment } from './slurm-environment.js';

/** Longer than Slurm's own time-out on one message (10 s by default), with its tries. */
export const QUERY_MS = 30_000;

export async function query(
  env: NodeJS.ProcessEnv,
  command: string,
  args: string[],
  signal?: AbortSignal,
): Promise<RunResult> {
  return await run(command, args, {
    env: queryEnvironment(env),
    timeoutMs: QUERY_MS,
    ...(signal ? { signal } : {}),
  });
}

export function onCluster({ cluster }: Pick<JobId, 'cluster'>): string[] {
  return cluster === undefined ? [] : ['-M', cluster];
}
