/** `--here`: Jupyter on this very machine, in the allocation that it belongs to if there is one. */
import type { System } from '../site/system.js';
import type { LaunchContext } from './context.js';
import type { LaunchOptions } from './options.js';

export interface Here {
  /** The scheduler's job that this shell runs in. */
  allocation?: { scheduler: 'slurm' | 'torque' | 'pbs'; jobId: string; endsAt?: Date };
}

/** @throws StartJupyterError 'not-here' on a login node, unless the site allows it */
export async function lookHere(
  context: LaunchContext,
  options: LaunchOptions,
  system: System,
): Promise<Here> {
  return Promise.reject(new Error(`not yet: ${context.cwd} ${String(options.here)} ${system.name}`));
}
