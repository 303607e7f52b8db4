/** Asks Slurm about jobs. An answer that is not an answer is never taken for "gone". */
import { failureOf, run, type RunResult } from '../../platform/process.js';
import type { JobId, JobState } from '../scheduler.js';
import { queryEnvironment, submissionQueryEnvironment } from './slurm-environment.js';
import { jobState } from './slurm-states.js';

/** Longer than Slurm's own time-out on one message (10 s by default), with its tries. */
const QUERY_MS = 30_000;

/** Cannot occur in a host name, a reason or a state. */
const SEPARATOR = '\x1f';

/** Asks squeue, then, for a job that has left the queue, the accounting. */
export async function inspectSlurmJob(
  env: NodeJS.ProcessEnv,
  id: JobId,
  signal?: AbortSignal,
): Promise<JobState> {
  // %r: reason, %B: BatchHost, %S: start or estimate, %e: end. The forms of -o are the same in every Slurm.
  const format = ['%i', '%T', '%r', '%B', '%S', '%e'].join(SEPARATOR);
  const args = ['-h', '-t', 'all', ...onCluster(id), '-j', id.id, '-o', format];
  const result = await query(env, 'squeue', args, signal);
  const fields = result.stdout
    .split('\n')
    .map((line) => line.split(SEPARATOR))
    .find((line) => line.length === 6);
  if (fields) {
    const [, state = '', reason = '', batchHost = '', start = '', end = ''] = fields;
    return jobState({ state, reason, batchHost, start, end });
  }
  if (hasLeftQueue(result)) return await finishedJob(env, id, signal);
  return { phase: 'unknown', why: failureOf('squeue', result) };
}

/** Only a clear word counts: squeue was seen to exit with 0 and an error on stderr. */
function hasLeftQueue(result: RunResult): boolean {
  if (/invalid job id specified/i.test(result.stderr)) return true;
  return result.exitCode === 0 && result.stderr.trim() === '';
}

/** What the accounting says of a job that the controller has forgotten. There may be none. */
async function finishedJob(env: NodeJS.ProcessEnv, id: JobId, signal?: AbortSignal): Promise<JobState> {
  const args = ['-n', '-P', '-X', ...onCluster(id), '-j', id.id, '-o', 'State,ExitCode'];
  const result = await query(env, 'sacct', args, signal);
  const [state = '', exitCode = ''] = (result.stdout.trim().split('\n').at(-1) ?? '').split('|');
  const reason = exitCode === '' || exitCode === '0:0' ? '' : `exit code ${exitCode}`;
  const known = jobState({ state, reason, batchHost: '', start: '', end: '' });
  if (known.phase === 'ended') return known;
  if (known.phase !== 'unknown') {
    return { phase: 'unknown', why: `squeue has no such job, but sacct says ${state}` };
  }
  return { phase: 'ended', outcome: 'unknown', detail: 'Slurm no longer knows the job' };
}

/** Jobs by name: with `found` empty there is none; undefined: Slurm cannot be asked. */
export async function findSlurmJobs(env: NodeJS.ProcessEnv, name: string): Promise<JobId[] | undefined> {
  const args = ['-h', '-t', 'all', '-n', name, '-o', '%i'];
  const result = await run('squeue', args, { env: submissionQueryEnvironment(env), timeoutMs: QUERY_MS });
  if (result.exitCode !== 0 || result.stderr.trim() !== '') return undefined;
  const jobs: JobId[] = [];
  let cluster: string | undefined;
  for (const line of result.stdout.split('\n')) {
    // squeue heads each cluster's jobs with its name when SLURM_CLUSTERS is set.
    cluster = /^CLUSTER: (\S+)/.exec(line)?.[1] ?? cluster;
    if (/^\d+$/.test(line.trim())) jobs.push({ id: line.trim(), ...(cluster ? { cluster } : {}) });
  }
  return jobs;
}

export function onCluster(id: JobId): string[] {
  return id.cluster === undefined ? [] : ['-M', id.cluster];
}

async function query(
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
