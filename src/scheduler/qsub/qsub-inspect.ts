/** Asks Torque and PBS about jobs. An answer that is not an answer is never taken for "gone". */
import type { QstatKind } from '../../job-states.js';
import { failureOf, run, type RunResult } from '../../platform/process.js';
import { readQstat, type QstatBlock } from '../../qstat-text.js';
import { anotherJob, isNoJobId, notAnymore } from '../../words/scheduler.js';
import { NAMES } from '../../words/qsub.js';
import { queryEnvironment } from './qsub-environment.js';
import { qsubJobState } from './qsub-states.js';
import type { JobId, JobState, NamedJob } from '../scheduler.js';

/** A server that hangs never answers. */
const QUERY_MS = 30_000;

/** Each id is a question of its own to the server, and what is said of one has some kilobytes. */
const ASKED_AT_ONCE = 100;

/**
 * The ways of asking, each tried when the one before it is not understood here: Torque before 2.4 breaks its lines always,
 * PBS may keep no history of jobs that have ended.
 */
const WAYS: Record<QstatKind, readonly (readonly string[])[]> = {
  torque: [['-f', '-1'], ['-f']],
  pbs: [['-xf'], ['-f']],
};

/** Without a name whatever answers to the id is meant. */
type Asked = Pick<NamedJob, 'id'> & Partial<NamedJob>;

/** See {@link Scheduler.inspect}. */
export async function inspectQsubJob(
  kind: QstatKind,
  env: NodeJS.ProcessEnv,
  id: JobId,
  signal?: AbortSignal,
  timeoutMs = QUERY_MS,
): Promise<JobState> {
  const states = await inspectTogether(kind, env, [{ id }], signal, timeoutMs);
  return states.get(id.id) ?? { phase: 'unknown', why: isNoJobId(NAMES[kind], id.id) };
}

/** See {@link Scheduler.inspectAll}. */
export async function inspectQsubJobs(
  kind: QstatKind,
  env: NodeJS.ProcessEnv,
  jobs: readonly NamedJob[],
  signal?: AbortSignal,
  timeoutMs = QUERY_MS,
): Promise<Map<string, JobState>> {
  const states = new Map<string, JobState>();
  for (const { id } of jobs) states.set(id.id, { phase: 'unknown', why: isNoJobId(NAMES[kind], id.id) });
  // Other words are queues and servers to qstat.
  const asked = jobs.filter(({ id }) => /^\d/.test(id.id));
  for (let at = 0; at < asked.length; at += ASKED_AT_ONCE) {
    const together = asked.slice(at, at + ASKED_AT_ONCE);
    const told = await inspectTogether(kind, env, together, signal, timeoutMs);
    for (const [id, state] of told) states.set(id, state);
  }
  return states;
}

async function inspectTogether(
  kind: QstatKind,
  env: NodeJS.ProcessEnv,
  asked: readonly Asked[],
  signal: AbortSignal | undefined,
  timeoutMs: number,
): Promise<Map<string, JobState>> {
  const states = new Map<string, JobState>();
  let left = asked;
  let why = '';
  for (const way of WAYS[kind]) {
    const ids = [...new Set(left.map(({ id }) => id.id))];
    const result = await run('qstat', [...way, ...ids], {
      env: queryEnvironment(env),
      timeoutMs,
      ...(signal ? { signal } : {}),
    });
    const answer = readAnswer(result);
    for (const job of left) {
      const state = stateIn(kind, answer, job, left.length === 1);
      if (state) states.set(job.id.id, state);
    }
    left = left.filter(({ id }) => !states.has(id.id));
    why = failureOf('qstat', result);
    if (left.length === 0 || !notUnderstood(result)) break;
  }
  for (const { id } of left) states.set(id.id, { phase: 'unknown', why });
  return states;
}

interface Answer {
  blocks: QstatBlock[];
  /** As the server names the jobs that it does not know. */
  unknown: string[];
}

/** With more than one job both programs go on behind one that they do not know, and end with its status. */
function readAnswer({ stdout, stderr, exitCode }: RunResult): Answer {
  if (exitCode === undefined) return { blocks: [], unknown: [] };
  // They say it with a status of its own, and the wrapper of another scheduler with that status alone.
  const unknown = [...stderr.matchAll(/unknown job id(?: error)?[ \t]*(\S*)/gi)].map(([, id = '']) => id);
  const { blocks, complete } = readQstat(stdout);
  const whole = complete && (exitCode === 0 || unknown.length > 0);
  return { blocks: whole ? blocks.filter(({ kind }) => kind === 'job') : [], unknown };
}

/** Undefined: the answer says nothing of it, or two things. */
function stateIn(
  kind: QstatKind,
  { blocks, unknown }: Answer,
  { id, name }: Asked,
  alone: boolean,
): JobState | undefined {
  const found = alone ? blocks : blocks.filter((block) => isSame(block.id, id.id));
  const [job, another] = found;
  if (job && another === undefined) {
    const isOther = name !== undefined && job.values.get('Job_Name') !== name;
    if (isOther) return { phase: 'unknown', why: anotherJob(id.id) };
    return qsubJobState(kind, job.values, new Date());
  }
  if (job || !unknown.some((one) => alone || isSame(one, id.id))) return undefined;
  return { phase: 'ended', outcome: 'unknown', detail: notAnymore(NAMES[kind]) };
}

/** A server is left out by some submit filters, and may go by its short name or its full one. */
function isSame(printed: string, asked: string): boolean {
  const [one, other] = [printed, asked].map((id) => `${id}.`);
  return one !== undefined && other !== undefined && (one.startsWith(other) || other.startsWith(one));
}

function notUnderstood({ exitCode, stderr }: RunResult): boolean {
  return (
    (exitCode !== 0 && /invalid option|usage:/i.test(stderr)) ||
    /not configured to maintain job history/i.test(stderr)
  );
}
