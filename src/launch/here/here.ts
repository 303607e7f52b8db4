/** `--here`: Jupyter on this very machine, in the allocation that it belongs to if there is one. */
import type { StartJupyterError } from '../../errors.js';
import { fullHostName } from '../../platform/host-name.js';
import { allocationOf, isNodeOf, nodesOf, titleOf, type Allocation } from '../../scheduler/allocation.js';
import { chooseScheduler } from '../../scheduler/choose.js';
import type { JobState, Scheduler } from '../../scheduler/scheduler.js';
import type { System } from '../../site/system.js';
import type { LaunchContext } from '../context.js';
import { stopIfAborted } from '../interrupted.js';
import { isAllowedLoginNode, refuseLoginNode } from './login-node.js';
import type { LaunchOptions } from '../options.js';
import {
  ALLOCATION_QUEUED,
  allocationEndNotKnown,
  allocationEndsNow,
  allocationLeft,
  allocationNotRunning,
  allocationOver,
  insideOfJob,
  lookingAtAllocation,
  notOnItsNodes,
} from '../../words/here.js';

export interface Here {
  allocation?: HereAllocation;
}

/** The scheduler's job that this shell runs in. */
export interface HereAllocation extends Allocation {
  /** `Slurm job 123` */
  title: string;
  /** Asks the scheduler. */
  inspect(signal?: AbortSignal): Promise<JobState>;
}

const MINUTE_MS = 60_000;

/**
 * Looks at the allocation, or at the machine where there is none.
 * @throws StartJupyterError 'not-here' in an allocation that is over or has other nodes, and on a login node
 */
export async function lookHere(
  context: LaunchContext,
  options: LaunchOptions,
  system: System,
): Promise<Here> {
  const { env, signal } = context;
  const said = allocationOf(env);
  if (said === undefined) {
    await refuseLoginNode(context, options, system);
    return {};
  }
  context.progress.doing(lookingAtAllocation(titleOf(said)));
  const scheduler = await chooseScheduler(said.scheduler, { env });
  const [{ found, state }, names] = await Promise.all([
    askFor(said, scheduler, signal),
    fullHostName(env, signal),
  ]);
  stopIfAborted(signal);
  refuseUnlessRunning(found, state);
  const hostNames = [names.split('.')[0] ?? names, names];
  const isNode = await isNodeOf(found, env, hostNames);
  if (isNode === false) throw elsewhere(found, env, names);
  // A job's number alone may have come along to anywhere.
  if (isNode === undefined) await isAllowedLoginNode(context, options);
  const endsAt = endOf(context, found, state);
  return {
    allocation: {
      ...found,
      ...(endsAt === undefined ? {} : { endsAt }),
      title: titleOf(found),
      inspect: (during) => scheduler.inspect(found.id, during),
    },
  };
}

/** A sentence for who submits a job from inside of one. */
export function inAllocation(env: NodeJS.ProcessEnv): string | undefined {
  const said = allocationOf(env);
  return said === undefined ? undefined : insideOfJob(titleOf(said));
}

/** A job of salloc's on another cluster than the usual one is unknown here, or long over, without its cluster's name. */
async function askFor(
  said: Allocation,
  scheduler: Scheduler,
  signal: AbortSignal,
): Promise<{ found: Allocation; state: JobState }> {
  const state = await scheduler.inspect(said.id, signal);
  if (state.phase !== 'ended' || said.cluster === undefined) return { found: said, state };
  const found = { ...said, id: { ...said.id, cluster: said.cluster } };
  const there = await scheduler.inspect(found.id, signal);
  return there.phase === 'running' ? { found, state: there } : { found: said, state };
}

function refuseUnlessRunning(said: Allocation, state: JobState): void {
  if (state.phase === 'running' || state.phase === 'unknown') return;
  const variable = said.scheduler === 'slurm' ? 'SLURM_JOB_ID SLURM_JOBID' : 'PBS_JOBID';
  const what =
    state.phase === 'queued'
      ? ALLOCATION_QUEUED
      : allocationOver(state.outcome === 'unknown' ? undefined : state.outcome);
  throw allocationNotRunning(titleOf(said), what, variable);
}

function elsewhere(allocation: Allocation, env: NodeJS.ProcessEnv, host: string): StartJupyterError {
  const nodes = nodesOf(allocation, env);
  return notOnItsNodes(host, titleOf(allocation), { nodes, isSlurm: allocation.scheduler === 'slurm' });
}

/** Undefined: it has no end, or nobody can tell. */
function endOf({ progress, ...context }: LaunchContext, said: Allocation, state: JobState): Date | undefined {
  const title = titleOf(said);
  const endsAt = (state.phase === 'running' ? state.endsAt : undefined) ?? said.endsAt;
  if (endsAt === undefined) {
    progress.fact('Allocation', title);
    if (state.phase === 'unknown') {
      progress.say(allocationEndNotKnown(title, state.why));
    }
    return undefined;
  }
  const left = minutesUntil(endsAt, context.now());
  if (left < 1) throw allocationEndsNow(title);
  progress.fact('Allocation', allocationLeft(title, left));
  return endsAt;
}

/** Whole minutes, rounded down: Jupyter had better end before the scheduler ends it. */
export function minutesUntil(end: Date, now: Date): number {
  return Math.floor((end.getTime() - now.getTime()) / MINUTE_MS);
}
