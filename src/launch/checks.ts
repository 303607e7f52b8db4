/** What is asked of Jupyter, conda and the scheduler before anything is taken. */
import { StartJupyterError } from '../errors.js';
import { activeEnvironment } from '../jupyter/environment.js';
import type { JupyterFound } from '../jupyter/probe.js';
import type { ResolvedEnvironment } from '../jupyter/resolve.js';
import { chooseServer, type Server } from '../jupyter/server-choice.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import type { System } from '../site/system.js';
import { title } from '../words/jupyter.js';
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
  progress.doing('Checking Jupyter and the scheduler');
  const [partitions, doubt, probe] = await Promise.all([
    scheduler.partitions(signal),
    scheduler.doubt?.(signal),
    probing,
  ]);
  // What was interrupted says that there is nothing.
  stopIfAborted(signal);
  if (doubt !== undefined) progress.warn(doubt);
  if (partitions === undefined) {
    progress.warn('The scheduler does not say what partitions there are: going on without that check.');
  }
  for (const doubt of checkLimits(planned, partitions, system)) progress.warn(doubt);
  if (system.values.conda_required && environment.image === undefined && !env['CONDA_PREFIX'])
    throw noConda(system);
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
    `${title(server)} ${version} (${environment.words ?? activeEnvironment(env) ?? probe.found.path})`,
  );
  return { server, jupyter: probe.found };
}

function noJupyter(why: string): StartJupyterError {
  return new StartJupyterError('no-jupyter', why, {
    hint: [
      'Activate the environment that has it (conda activate NAME, module load NAME, source VENV/bin/activate),',
      'or make one: python3 -m venv ~/jupyter && ~/jupyter/bin/pip install jupyterlab notebook',
      'and then: source ~/jupyter/bin/activate',
      'To see the script without it: --dry-run --no-check.',
    ].join('\n'),
  });
}

function noConda(system: System): StartJupyterError {
  return new StartJupyterError('no-conda', `${system.name} wants an active conda environment, and none is.`, {
    hint: 'conda activate NAME. If "conda" is not found: module load anaconda (or miniconda), or run its "conda init" once.',
  });
}
