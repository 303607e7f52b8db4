/** What the schedulers say of the jobs of sessions: one question for all jobs of a cluster. */
import { messageOf } from '../errors.js';
import type { LaunchContext } from '../launch/context.js';
import { chooseScheduler } from '../scheduler/choose.js';
import type { JobState, Scheduler } from '../scheduler/scheduler.js';
import { UNTOLD } from '../words/sessions.js';
import { jobIdOf } from './job-id.js';
import type { KnownSession } from './known-sessions.js';
import { thisMachine, type ThisMachine } from './this-machine.js';

type Asking = Pick<LaunchContext, 'env' | 'now'>;

const KINDS = ['slurm', 'torque', 'pbs', 'local'] as const;

/** By record.id. Never throws: what cannot be asked is unknown. */
export async function askSchedulers(
  context: Asking,
  sessions: readonly KnownSession[],
  signal?: AbortSignal,
): Promise<Map<string, JobState>> {
  const machine = thisMachine(context.env, signal);
  const groups = new Map<string, KnownSession[]>();
  const states = new Map<string, JobState>();
  const alone: KnownSession[] = [];
  for (const session of await withJobs(context, sessions, states, machine, signal)) {
    const { scheduler, cluster = '', jobId, id } = session.record;
    if (!isKind(scheduler)) states.set(id, unknown(UNTOLD.otherScheduler(scheduler)));
    else if (scheduler === 'local') alone.push(session);
    else {
      let key = `${scheduler} ${cluster}`;
      // Numbers are given again, and answers are told apart by them.
      while (groups.get(key)?.some(({ record }) => record.jobId === jobId)) key += ' again';
      groups.set(key, [...(groups.get(key) ?? []), session]);
    }
  }
  const answers = await Promise.all([
    ...[...groups.values()].map((group) => askTogether(context, group, machine, signal)),
    askHere(context, alone, machine, signal),
  ]);
  for (const answer of answers) for (const [id, state] of answer) states.set(id, state);
  return states;
}

/** Those that can be asked for, in the same order; how the others are goes to `states`. */
async function withJobs(
  context: Asking,
  sessions: readonly KnownSession[],
  states: Map<string, JobState>,
  machine: ThisMachine,
  signal: AbortSignal | undefined,
): Promise<readonly KnownSession[]> {
  const lost = sessions.filter(({ record }) => record.jobId === undefined && isKind(record.scheduler));
  if (lost.length === 0) return sessions;
  const { findJobs } = await import('./find-jobs.js');
  const { found, others } = await findJobs(context, lost, machine, signal);
  for (const [id, state] of others) states.set(id, state);
  return sessions.filter((session) => !lost.includes(session) || found.includes(session));
}

/** All of them of one cluster. */
async function askTogether(
  context: Asking,
  group: readonly KnownSession[],
  machine: ThisMachine,
  signal: AbortSignal | undefined,
): Promise<Map<string, JobState>> {
  const scheduler = await chosen(context, group[0]?.record.scheduler ?? '');
  const jobs = group.map((session) => ({ id: jobIdOf(session), name: session.record.jobName }));
  const said = await scheduler
    .inspectAll(jobs, signal)
    .catch((error: unknown) => new Map(jobs.map(({ id }) => [id.id, unknown(messageOf(error))])));
  const states = new Map<string, JobState>();
  for (const { record } of group) {
    const state = said.get(record.jobId ?? '') ?? unknown(UNTOLD.notAsked);
    states.set(record.id, await believed(state, record.host, machine));
  }
  return states;
}

/** Another cluster's scheduler does not know the job either: that tells nothing. */
async function believed(state: JobState, host: string | undefined, machine: ThisMachine): Promise<JobState> {
  if (state.phase !== 'ended' || state.outcome !== 'unknown') return state;
  if (await machine.isSameSite(host)) return state;
  return unknown(host === undefined ? UNTOLD.noHost : UNTOLD.otherSite(host));
}

/** Jobs that are processes of a machine: seen there alone, elsewhere by the allocation that they run in. */
async function askHere(
  context: Asking,
  sessions: readonly KnownSession[],
  machine: ThisMachine,
  signal: AbortSignal | undefined,
): Promise<Map<string, JobState>> {
  const allocations = new Map<string, Promise<JobState>>();
  const states = await Promise.all(
    sessions.map(async (session): Promise<[string, JobState]> => {
      const { record } = session;
      const { id, host } = record;
      if (await machine.isHost(host)) {
        const local = await chosen(context, 'local');
        return [id, await local.inspect(jobIdOf(session), signal).catch(notTold)];
      }
      const { allocation } = record;
      if (allocation === undefined)
        return [id, unknown(host === undefined ? UNTOLD.someHost : UNTOLD.onHost(host))];
      const kind = record.allocationScheduler ?? schedulerOf(allocation);
      const key = `${kind} ${allocation}`;
      const asked =
        allocations.get(key) ??
        chosen(context, kind)
          .then((scheduler) => scheduler.inspect({ id: allocation }, signal))
          .catch(notTold);
      allocations.set(key, asked);
      return [id, await believed(await asked, host, machine)];
    }),
  );
  return new Map(states);
}

/** Older records do not say it: `123.server` is an id of Torque and PBS. */
export function schedulerOf(allocation: string): 'slurm' | 'pbs' {
  return /^\d+$/.test(allocation) ? 'slurm' : 'pbs';
}

async function chosen({ env }: Asking, kind: string): Promise<Scheduler> {
  return await chooseScheduler(isKind(kind) ? kind : 'local', { env });
}

function isKind(kind: string): kind is Scheduler['kind'] {
  return (KINDS as readonly string[]).includes(kind);
}

/** Such as an id that is none of this scheduler's. */
function notTold(error: unknown): JobState {
  return unknown(messageOf(error));
}

function unknown(why: string): JobState {
  return { phase: 'unknown', why };
}
