/** The adapter for a kind of scheduler. Each is loaded only when it is chosen. */
import type { Scheduler } from './scheduler.js';

export interface SchedulerContext {
  /** The user's environment. */
  env: NodeJS.ProcessEnv;
}

export async function chooseScheduler(
  kind: Scheduler['kind'],
  context: SchedulerContext,
): Promise<Scheduler> {
  switch (kind) {
    case 'slurm':
      return (await import('./slurm/slurm.js')).createSlurm(context);
    case 'local':
      return (await import('./local.js')).createLocal(context);
    case 'torque':
      return (await import('./qsub/torque.js')).createTorque(context);
    case 'pbs':
      return (await import('./qsub/pbs.js')).createPbs(context);
  }
}
