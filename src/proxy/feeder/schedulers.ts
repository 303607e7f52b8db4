import type { Scheduler } from './scheduler.js';
import { slurm } from './slurm.js';

/** By the name that `--scheduler` takes. */
export const SCHEDULERS: Partial<Record<string, (env: NodeJS.ProcessEnv) => Scheduler>> = { slurm };
