/** The queues of Torque and PBS. */
import { run } from '../../platform/process.js';
import { qstatSeconds } from '../../job-states.js';
import { readQstat, type QstatBlock } from '../../qstat-text.js';
import { queryEnvironment } from './qsub-environment.js';
import type { Partition } from '../scheduler.js';

const QUERY_MS = 30_000;

/** Undefined when the server cannot be asked. */
export async function queues(
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
  timeoutMs = QUERY_MS,
): Promise<Partition[] | undefined> {
  const result = await run('qstat', ['-Qf'], {
    env: queryEnvironment(env),
    timeoutMs,
    ...(signal ? { signal } : {}),
  });
  if (result.exitCode !== 0) return undefined;
  const found = readQstat(result.stdout).blocks.filter(({ kind }) => kind === 'queue');
  return found.length === 0 ? undefined : found.map(partition);
}

/** A queue that is not enabled takes no jobs, one that is not started lets none begin. */
function partition({ id, values }: QstatBlock): Partition {
  const limit = qstatSeconds(values.get('resources_max.walltime'));
  return {
    name: id,
    up: values.get('started') !== 'False',
    ...(values.get('enabled') === 'False' ? { closed: true as const } : {}),
    ...(limit === undefined ? {} : { maxMinutes: Math.floor(limit / 60) }),
  };
}
