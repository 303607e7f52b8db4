/** What is asked of Jupyter, conda and the scheduler before anything is taken. */
import { activeEnvironment } from '../jupyter/environment.js';
import type { JupyterFound } from '../jupyter/probe.js';
import type { ResolvedEnvironment } from '../jupyter/resolve.js';
import { chooseServer } from '../jupyter/server-choice.js';
import type { Server } from '../script/call.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import type { System } from '../site/system.js';
import { title } from '../words/jupyter.js';
import { because, CHECKING, noActiveConda, noJupyter } from '../words/launch.js';
import { PARTITIONS_NOT_KNOWN } from '../words/partitions.js';
import type { LaunchContext } from './context.js';
import { stopIfAborted } from './interrupted.js';
import { checkLimits } from './limits.js';
import type { PlannedRequest } from './request.js';

export interface CheckFacts {
  system: System;
  scheduler: Scheduler;
  planned: PlannedRequest;
  /** By -s or by the template. */
  asked: Server | undefined;
  environment: ResolvedEnvironment;
  /** Undefined with `--no-check`. */
  probing: ReturnType<ResolvedEnvironment['probe']> | undefined;
}

/**
 * Asks the scheduler while Jupyter is being asked. Throws 'unknown-partition', 'scheduler-refused', 'time-over-limit', 'no-conda' or 'no-jupyter'.
 */
export async function check(
  context: LaunchContext,
  { system, scheduler, planned, asked, environment, probing }: CheckFacts,
): Promise<{ server: Server; jupyter?: JupyterFound }> {
  const { progress, signal } = context;
  const { env } = environment;
  const usual = system.values.server ?? 'notebook';
  if (probing === undefined) {
    checkLimits(planned, undefined, system);
    return { server: asked ?? usual };
  }
  progress.doing(CHECKING);
  const [partitions, doubt, probe] = await Promise.all([
    scheduler.partitions(signal),
    scheduler.doubt?.(signal),
    probing,
  ]);
  // What was interrupted says that there is nothing.
  stopIfAborted(signal);
  if (doubt !== undefined) progress.warn(doubt);
  if (partitions === undefined) {
    progress.warn(PARTITIONS_NOT_KNOWN);
  }
  for (const doubt of checkLimits(planned, partitions, system)) progress.warn(doubt);
  if (system.values.conda_required && environment.image === undefined && !env['CONDA_PREFIX'])
    throw noActiveConda(system.name);
  if ('notLooked' in probe) {
    progress.warn(probe.notLooked);
    return { server: asked ?? usual };
  }
  if ('missing' in probe) throw noJupyter(probe.missing);
  const { server, note } = chooseServer(asked, usual, probe.found);
  if (note) progress.say(note);
  const version = probe.found.versions[server] ?? '';
  progress.fact(
    'Jupyter',
    because(`${title(server)} ${version}`, environment.words ?? activeEnvironment(env) ?? probe.found.path),
  );
  return { server, jupyter: probe.found };
}
