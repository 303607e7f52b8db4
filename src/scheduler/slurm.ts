/** Slurm, through its own commands on PATH. */
import type { Scheduler } from './scheduler.js';
import { cancelSlurmJob } from './slurm-cancel.js';
import { slurmPartitions } from './slurm-cluster.js';
import { slurmDirectives } from './slurm-directives.js';
import { inspectSlurmJob } from './slurm-inspect.js';
import { sbatchCommand, SUBMIT_LIMITS, submitToSlurm, type SubmitLimits } from './slurm-submit.js';

export interface SlurmContext {
  /** The user's environment: what of it reaches Slurm is decided here. */
  env: NodeJS.ProcessEnv;
  limits?: SubmitLimits;
}

export function createSlurm({ env, limits = SUBMIT_LIMITS }: SlurmContext): Scheduler {
  return {
    kind: 'slurm',
    directives: slurmDirectives,
    submitCommand: sbatchCommand,
    submit: (scriptPath, options) => submitToSlurm(env, scriptPath, options, limits),
    inspect: (id, signal) => inspectSlurmJob(env, id, signal),
    cancel: (id) => cancelSlurmJob(env, id),
    partitions: (signal) => slurmPartitions(env, signal),
  };
}
