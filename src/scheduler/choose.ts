/** The adapter for a kind of scheduler. Each is loaded only when it is chosen. */
import { StartJupyterError } from '../errors.js';
import type { Scheduler } from './scheduler.js';

export interface SchedulerContext {
  /** The user's environment. */
  env: NodeJS.ProcessEnv;
}

/** Throws 'unsupported-platform' for Torque and PBS, which have no adapter yet. */
export async function chooseScheduler(
  kind: Scheduler['kind'],
  context: SchedulerContext,
): Promise<Scheduler> {
  switch (kind) {
    case 'slurm':
      return (await import('./slurm.js')).createSlurm(context);
    case 'local':
      return (await import('./local.js')).createLocal(context);
    case 'torque':
    case 'pbs':
      throw new StartJupyterError(
        'unsupported-platform',
        `This version cannot submit jobs to ${NAMES[kind]}.`,
        {
          hint: 'It submits to Slurm, and runs Jupyter on this machine with --system local.',
        },
      );
  }
}

const NAMES = { torque: 'Torque', pbs: 'PBS' };
