/** What Slurm says of the cluster as a whole. */
import { run } from '../../platform/process.js';
import { parseSlurmTime } from '../duration.js';
import type { Partition } from '../scheduler.js';
import { queryEnvironment, submissionQueryEnvironment } from './slurm-environment.js';

const QUERY_MS = 30_000;

/** The name of the cluster that Slurm's configuration here belongs to; undefined when it cannot be asked. */
export async function clusterName(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string | undefined> {
  const result = await run('scontrol', ['show', 'config'], {
    env: queryEnvironment(env),
    timeoutMs: QUERY_MS,
    ...(signal ? { signal } : {}),
  });
  return /^ClusterName\s*=\s*(\S+)/m.exec(result.stdout)?.[1];
}

/** The partitions of the cluster that the next job would go to; undefined when Slurm cannot be asked. */
export async function slurmPartitions(
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Partition[] | undefined> {
  const result = await run('sinfo', ['-h', '-o', '%R|%l|%a'], {
    env: submissionQueryEnvironment(env),
    timeoutMs: QUERY_MS,
    ...(signal ? { signal } : {}),
  });
  if (result.exitCode !== 0) return undefined;
  const partitions = new Map<string, Partition>();
  for (const line of result.stdout.split('\n')) {
    const [name, limit, availability] = line.split('|');
    if (name === undefined || limit === undefined || availability === undefined) continue;
    const maxMinutes = parseSlurmTime(limit);
    const limited = maxMinutes !== undefined && maxMinutes !== Infinity;
    partitions.set(name, { name, up: availability.trim() === 'up', ...(limited ? { maxMinutes } : {}) });
  }
  return partitions.size === 0 ? undefined : [...partitions.values()];
}

/** Whether Slurm starts jobs on the machine of this name; undefined when it cannot be asked. */
export async function isSlurmNode(
  env: NodeJS.ProcessEnv,
  shortName: string,
  signal?: AbortSignal,
): Promise<boolean | undefined> {
  const result = await run('sinfo', ['-h', '-N', '-n', shortName, '-o', '%N'], {
    env: queryEnvironment(env),
    timeoutMs: QUERY_MS,
    ...(signal ? { signal } : {}),
  });
  if (result.exitCode !== 0 || result.stderr.trim() !== '') return undefined;
  return result.stdout.trim() !== '';
}
