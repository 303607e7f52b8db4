/** Slurm, through its own commands on PATH. */
import { parseSlurmTime } from '../duration.js';
import type { Scheduler } from '../scheduler.js';
import { cancelSlurmJob } from './slurm-cancel.js';
import { slurmPartitions } from './slurm-cluster.js';
import { slurmDirectives } from './slurm-directives.js';
import { siteVariables } from './slurm-environment.js';
import { inspectSlurmJob, inspectSlurmJobs } from './slurm-inspect.js';
import { onCluster } from './slurm-query.js';
import { findSlurmJobs } from './slurm-queue.js';
import { sbatchCommand, SUBMIT_LIMITS, submitToSlurm, type SubmitLimits } from './slurm-submit.js';
import { ownDirectives } from './slurm-template.js';

export interface SlurmContext {
  /** The user's environment: what of it reaches Slurm is decided here. */
  env: NodeJS.ProcessEnv;
  limits?: SubmitLimits;
}

export function createSlurm({ env, limits = SUBMIT_LIMITS }: SlurmContext): Scheduler {
  return {
    kind: 'slurm',
    directives: slurmDirectives,
    ownDirectives,
    siteVariables: () => siteVariables(env),
    minutes: parseSlurmTime,
    submitCommand: sbatchCommand,
    submit: (scriptPath, options) => submitToSlurm(env, scriptPath, options, limits),
    inspect: (id, signal) => inspectSlurmJob(env, id, signal),
    inspectAll: (jobs, signal) => inspectSlurmJobs(env, jobs, signal),
    find: (name, signal) => findSlurmJobs(env, name, signal),
    warns: true,
    cancel: (id) => cancelSlurmJob(env, id),
    cancelCommand: (id) => ['scancel', ...onCluster(id), id.id],
    partitions: (signal) => slurmPartitions(env, signal),
  };
}
