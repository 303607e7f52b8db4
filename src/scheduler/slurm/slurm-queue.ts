/** What squeue says of jobs. An answer that is not an answer is never taken for "gone". */
import { failureOf, run, type RunResult } from '../../platform/process.js';
import type { JobId } from '../scheduler.js';
import { submissionQueryEnvironment } from './slurm-environment.js';
import { onCluster, query, QUERY_MS } from './slurm-query.js';
import type { SlurmJob } from './slurm-states.js';

/** Cannot occur in a host name, a reason or a state. */
const SEPARATOR = '\x1f';

/** %r: reason, %B: BatchHost, %S: start or estimate, %e: end, %j: name. The forms of -o are the same in every Slurm. */
const FORMAT = ['%i', '%T', '%r', '%B', '%S', '%e', '%j'].join(SEPARATOR);

export interface QueuedJob extends SlurmJob {
  id: string;
  name: string;
}

export interface QueueAnswer {
  jobs: QueuedJob[];
  /** Why nothing is known of a job that is not among them; undefined: it has left the queue. */
  doubt?: string;
}

/** One question for all of them. */
export async function askQueue(
  env: NodeJS.ProcessEnv,
  ids: readonly string[],
  on: Pick<JobId, 'cluster'>,
  signal?: AbortSignal,
): Promise<QueueAnswer> {
  const args = ['-h', '-t', 'all', ...onCluster(on), '-j', ids.join(','), '-o', FORMAT];
  const result = await query(env, 'squeue', args, signal);
  const lines = result.stdout.split('\n');
  // What is behind the last line's end is a line that was cut.
  const cut = lines.pop() !== '';
  const rows = lines.filter((line) => !/^(CLUSTER: .*)?$/.test(line)).map((line) => line.split(SEPARATOR));
  const understood = rows.filter((row) => row.length === 7);
  const jobs = understood.map(
    ([id = '', state = '', reason = '', batchHost = '', start = '', end = '', name = '']) => ({
      ...{ id, state, reason, batchHost, start, end, name },
    }),
  );
  const whole = !cut && understood.length === rows.length;
  return whole && tellsWhatLeft(result, ids) ? { jobs } : { jobs, doubt: failureOf('squeue', result) };
}

/**
 * Only a clear word counts: squeue was seen to exit with 0 and an error on stderr. Of several jobs it leaves out without a
 * word those that have left the queue; asked for a single one, it calls its id invalid.
 */
function tellsWhatLeft({ exitCode, stderr }: RunResult, ids: readonly string[]): boolean {
  if (ids.length === 1 && /invalid job id specified/i.test(stderr)) return true;
  return exitCode === 0 && stderr.trim() === '';
}

/**
 * Everybody sees the names of jobs, and can give one of theirs the same. Root has no such limit: in some containers
 * everybody is root, and Slurm knows better.
 */
export function ofUser(uid = process.getuid?.()): string[] {
  return uid ? ['-u', String(uid)] : [];
}

/** The person's own jobs by name: with `found` empty there is none; undefined: Slurm cannot be asked. */
export async function findSlurmJobs(
  env: NodeJS.ProcessEnv,
  name: string,
  signal?: AbortSignal,
): Promise<JobId[] | undefined> {
  const args = ['-h', '-t', 'all', ...ofUser(), '-n', name, '-o', '%i'];
  const result = await run('squeue', args, {
    env: submissionQueryEnvironment(env),
    timeoutMs: QUERY_MS,
    ...(signal ? { signal } : {}),
  });
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
