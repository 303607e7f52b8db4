/** Asks Torque and PBS about jobs. An answer that is not an answer is never taken for "gone". */
import type { QstatKind } from '../../job-states.js';
import { failureOf, run, type RunResult } from '../../platform/process.js';
import { readQstat } from '../../qstat-text.js';
import { queryEnvironment } from './qsub-environment.js';
import { NAMES } from './qsub-refusals.js';
import { qsubJobState } from './qsub-states.js';
import type { JobId, JobState } from '../scheduler.js';

/** A server that hangs never answers. */
const QUERY_MS = 30_000;

/**
 * The ways of asking, each tried when the one before it is not understood here: Torque before 2.4 breaks its lines always,
 * PBS may keep no history of jobs that have ended.
 */
const WAYS: Record<QstatKind, readonly (readonly string[])[]> = {
  torque: [['-f', '-1'], ['-f']],
  pbs: [['-xf'], ['-f']],
};

export async function inspectQsubJob(
  kind: QstatKind,
  env: NodeJS.ProcessEnv,
  id: JobId,
  signal?: AbortSignal,
  timeoutMs = QUERY_MS,
): Promise<JobState> {
  let why = '';
  for (const way of WAYS[kind]) {
    const result = await run('qstat', [...way, id.id], {
      env: queryEnvironment(env),
      timeoutMs,
      ...(signal ? { signal } : {}),
    });
    const state = stateIn(kind, result);
    if (state) return state;
    why = failureOf('qstat', result);
    if (!notUnderstood(result)) break;
  }
  return { phase: 'unknown', why };
}

/** Undefined: this is no answer. */
function stateIn(kind: QstatKind, result: RunResult): JobState | undefined {
  const { blocks, complete } = readQstat(result.stdout);
  const [job, another] = blocks.filter((block) => block.kind === 'job');
  if (job && another === undefined) {
    if (result.exitCode === 0 && complete) return qsubJobState(kind, job.values, new Date());
    return undefined;
  }
  if (job || result.exitCode === undefined) return undefined;
  // Both programs say it with a status of its own, and the wrapper of another scheduler with that status alone.
  if (!/unknown job id/i.test(result.stderr)) return undefined;
  return { phase: 'ended', outcome: 'unknown', detail: `${NAMES[kind]} no longer knows the job` };
}

function notUnderstood({ exitCode, stderr }: RunResult): boolean {
  return (
    (exitCode !== 0 && /invalid option|usage:/i.test(stderr)) ||
    /not configured to maintain job history/i.test(stderr)
  );
}
