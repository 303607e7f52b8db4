/** `--here`: Jupyter on this very machine, in the allocation that it belongs to if there is one. */
import { StartJupyterError } from '../../errors.js';
import { fullHostName } from '../../platform/host-name.js';
import { allocationOf, isNodeOf, nodesOf, titleOf, type Allocation } from '../../scheduler/allocation.js';
import { chooseScheduler } from '../../scheduler/choose.js';
import { formatMinutes } from '../../scheduler/duration.js';
import type { JobState, Scheduler } from '../../scheduler/scheduler.js';
import type { System } from '../../site/system.js';
import type { LaunchContext } from '../context.js';
import { stopIfAborted } from '../interrupted.js';
import { isAllowedLoginNode, refuseLoginNode } from './login-node.js';
import type { LaunchOptions } from '../options.js';

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
  context.progress.doing(`Looking at ${titleOf(said)}`);
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
  if (said === undefined) return undefined;
  return `This shell belongs to ${titleOf(said)}. What you start now is a job of its own; to use the one that you have: start-jupyter --here`;
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
      ? 'has not started yet'
      : `is over${state.outcome === 'unknown' ? '' : ` (${state.outcome})`}`;
  throw new StartJupyterError('not-here', `This shell belongs to ${titleOf(said)}, and that ${what}.`, {
    hint: [
      'Get a new allocation and start it there, or leave --here out: then a job is submitted.',
      `If this shell has nothing to do with that job any more: unset ${variable}`,
    ].join('\n'),
  });
}

function elsewhere(allocation: Allocation, env: NodeJS.ProcessEnv, host: string): StartJupyterError {
  const nodes = nodesOf(allocation, env);
  const where = nodes === '' ? 'other nodes' : nodes;
  const slurm = allocation.scheduler === 'slurm';
  return new StartJupyterError(
    'not-here',
    `This shell is on ${host}, and ${titleOf(allocation)} has ${where}: Jupyter would not run where you have room for it.`,
    {
      hint: slurm
        ? 'Start it on a node of yours: srun --nodes=1 --ntasks=1 --pty start-jupyter --here (with your other options behind it)'
        : 'Start it in the shell that the scheduler gave you on the node.',
    },
  );
}

/** Undefined: it has no end, or nobody can tell. */
function endOf({ progress, ...context }: LaunchContext, said: Allocation, state: JobState): Date | undefined {
  const title = titleOf(said);
  const endsAt = (state.phase === 'running' ? state.endsAt : undefined) ?? said.endsAt;
  if (endsAt === undefined) {
    progress.fact('Allocation', title);
    if (state.phase === 'unknown') {
      progress.say(`How long ${title} still lasts cannot be told (${state.why}): -t says it, if you know.`);
    }
    return undefined;
  }
  const left = minutesUntil(endsAt, context.now());
  if (left < 1) {
    throw new StartJupyterError('not-here', `${title} ends in less than a minute.`, {
      hint: 'Get a new allocation and start it there, or leave --here out: then a job is submitted.',
    });
  }
  progress.fact('Allocation', `${title}, ${formatMinutes(left)} left`);
  return endsAt;
}

/** Whole minutes, rounded down: Jupyter had better end before the scheduler ends it. */
export function minutesUntil(end: Date, now: Date): number {
  return Math.floor((end.getTime() - now.getTime()) / MINUTE_MS);
}
