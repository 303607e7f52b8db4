/** Torque, through its own commands on PATH. */
import { torqueDirectives } from './torque-directives.js';
import { cancelQsubJob } from './qsub-cancel.js';
import { qsubVariables } from './qsub-environment.js';
import { inspectQsubJob, inspectQsubJobs } from './qsub-inspect.js';
import { qsubDoubt } from './qsub-kind.js';
import { ownWords } from './qsub-own.js';
import { queues } from './qsub-queues.js';
import { jobsByName, qsubCommand, SUBMIT_LIMITS, submitWithQsub, type SubmitLimits } from './qsub-submit.js';
import { parseQsubTime } from './qsub-values.js';
import type { Scheduler } from '../scheduler.js';

export interface TorqueContext {
  /** The user's environment: what of it reaches the scheduler is decided here. */
  env: NodeJS.ProcessEnv;
  limits?: SubmitLimits;
}

export function createTorque({ env, limits = SUBMIT_LIMITS }: TorqueContext): Scheduler {
  return {
    kind: 'torque',
    directives: torqueDirectives,
    ownDirectives: (template) => ownWords(template, 'last', ['A']),
    siteVariables: () => qsubVariables(env),
    minutes: parseQsubTime,
    submitCommand: qsubCommand,
    submit: (scriptPath, options) => submitWithQsub('torque', env, scriptPath, options, limits),
    inspect: (id, signal) => inspectQsubJob('torque', env, id, signal, limits.queryMs),
    inspectAll: (jobs, signal) => inspectQsubJobs('torque', env, jobs, signal, limits.queryMs),
    find: (name, signal) => jobsByName(env, name, limits.queryMs, signal),
    warns: false,
    cancel: (id) => cancelQsubJob('torque', env, id, limits.queryMs),
    cancelCommand: (id) => ['qdel', id.id],
    partitions: (signal) => queues(env, signal, limits.queryMs),
    doubt: (signal) => qsubDoubt('torque', env, signal),
  };
}
