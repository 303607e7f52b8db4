/** Asks Slurm about jobs: the queue, then, for those that have left it, the accounting. */
import { anotherJob, isNoJobId, notAnymore, stillAccounted } from '../../words/scheduler.js';
import type { JobId, JobState, NamedJob } from '../scheduler.js';
import { askAccounting, type AccountedJob } from './slurm-accounting.js';
import { onCluster, query } from './slurm-query.js';
import { askQueue } from './slurm-queue.js';
import { jobState } from './slurm-states.js';

/** So many ids make a command line of some kilobytes. */
const ASKED_AT_ONCE = 500;

/** See {@link Scheduler.inspect}. */
export async function inspectSlurmJob(
  env: NodeJS.ProcessEnv,
  id: JobId,
  signal?: AbortSignal,
): Promise<JobState> {
  const states = await inspectTogether(env, [{ id }], signal);
  return states.get(id.id) ?? { phase: 'unknown', why: isNoJobId('Slurm', id.id) };
}

/** See {@link Scheduler.inspectAll}. */
export async function inspectSlurmJobs(
  env: NodeJS.ProcessEnv,
  jobs: readonly NamedJob[],
  signal?: AbortSignal,
): Promise<Map<string, JobState>> {
  const states = new Map<string, JobState>();
  for (const { id } of jobs) states.set(id.id, { phase: 'unknown', why: isNoJobId('Slurm', id.id) });
  // One word that is no id, and squeue answers nothing at all.
  const asked = jobs.filter(({ id }) => /^\d+$/.test(id.id));
  for (let at = 0; at < asked.length; at += ASKED_AT_ONCE) {
    const told = await inspectTogether(env, asked.slice(at, at + ASKED_AT_ONCE), signal);
    for (const [id, state] of told) states.set(id, state);
  }
  return states;
}

/** Without a name whatever answers to the id is meant: an array's task has another one in the queue. */
type Asked = Pick<NamedJob, 'id'> & Partial<NamedJob>;

async function inspectTogether(
  env: NodeJS.ProcessEnv,
  asked: readonly Asked[],
  signal?: AbortSignal,
): Promise<Map<string, JobState>> {
  const [first] = asked;
  const states = new Map<string, JobState>();
  if (first === undefined) return states;
  const queue = await askQueue(env, idsOf(asked), first.id, signal);
  const left: Asked[] = [];
  for (const job of asked) {
    const row = ofJob(queue.jobs, job)[0];
    if (row) states.set(job.id.id, isAnother(job, row) ?? jobState(row));
    else if (queue.doubt === undefined) left.push(job);
    else states.set(job.id.id, { phase: 'unknown', why: queue.doubt });
  }
  const told = states.get(first.id.id);
  // Of one job alone: for many it would be a question for each.
  if (asked.length === 1 && told)
    return states.set(first.id.id, await withExitStatus(env, first.id, told, signal));
  for (const [id, state] of await finishedJobs(env, left, signal)) states.set(id, state);
  return states;
}

function idsOf(asked: readonly Asked[]): string[] {
  return [...new Set(asked.map(({ id }) => id.id))];
}

function ofJob<Row extends { id: string }>(rows: readonly Row[], { id, name }: Asked): readonly Row[] {
  return name === undefined ? rows : rows.filter((row) => row.id === id.id);
}

/** Numbers are given again: after a million jobs, or when a cluster is set up anew. */
function isAnother({ id, name }: Asked, row: { name: string }): JobState | undefined {
  if (name === undefined || name === row.name) return undefined;
  return { phase: 'unknown', why: anotherJob(id.id) };
}

async function finishedJobs(
  env: NodeJS.ProcessEnv,
  left: readonly Asked[],
  signal?: AbortSignal,
): Promise<[id: string, state: JobState][]> {
  const [first] = left;
  if (first === undefined) return [];
  const { jobs, later } = await askAccounting(env, idsOf(left), first.id, signal);
  return left.map((job) => {
    const row = ofJob(jobs, job).at(-1);
    if (row) return [job.id.id, isAnother(job, row) ?? finishedState(row)];
    if (later !== undefined) return [job.id.id, { phase: 'unknown', why: later }];
    return [job.id.id, { phase: 'ended', outcome: 'unknown', detail: notAnymore('Slurm') }];
  });
}

function finishedState({ state, exitCode }: AccountedJob): JobState {
  const reason = exitCode === '' || exitCode === '0:0' ? '' : `exit code ${exitCode}`;
  const known = jobState({ state, reason, batchHost: '', start: '', end: '', exitCode });
  if (known.phase === 'ended') return known;
  if (known.phase !== 'unknown') return { phase: 'unknown', why: stillAccounted(state) };
  return { phase: 'ended', outcome: 'unknown', detail: notAnymore('Slurm') };
}

/** squeue says that a job failed, not how; scontrol knows both, as long as it knows the job. */
async function withExitStatus(
  env: NodeJS.ProcessEnv,
  id: JobId,
  state: JobState,
  signal?: AbortSignal,
): Promise<JobState> {
  if (state.phase !== 'ended' || state.outcome !== 'failed') return state;
  const result = await query(env, 'scontrol', [...onCluster(id), '-o', 'show', 'job', id.id], signal);
  const status = /(?:^|\s)ExitCode=(\d+):0(?:\s|$)/.exec(result.stdout)?.[1];
  return status === undefined || status === '0' ? state : { ...state, exitStatus: Number(status) };
}
