/** PBS Professional and OpenPBS, through their own commands on PATH. */
import { pbsDirectives } from './pbs-directives.js';
import { cancelQsubJob } from './qsub-cancel.js';
import { qsubVariables } from './qsub-environment.js';
import { inspectQsubJob, inspectQsubJobs } from './qsub-inspect.js';
import { qsubDoubt } from './qsub-kind.js';
import { ownWords } from './qsub-own.js';
import { queues } from './qsub-queues.js';
import { jobsByName, qsubCommand, SUBMIT_LIMITS, submitWithQsub, type SubmitLimits } from './qsub-submit.js';
import { parseQsubTime } from './qsub-values.js';
import type { Scheduler } from '../scheduler.js';

export interface PbsContext {
  /** The user's environment: what of it reaches the scheduler is decided here. */
  env: NodeJS.ProcessEnv;
  limits?: SubmitLimits;
}

export function createPbs({ env, limits = SUBMIT_LIMITS }: PbsContext): Scheduler {
  return {
    kind: 'pbs',
    directives: pbsDirectives,
    ownDirectives: (template) => ownWords(template, 'first', ['A', 'P']),
    siteVariables: () => qsubVariables(env),
    minutes: parseQsubTime,
    submitCommand: qsubCommand,
    submit: (scriptPath, options) => submitWithQsub('pbs', env, scriptPath, options, limits),
    inspect: (id, signal) => inspectQsubJob('pbs', env, id, signal, limits.queryMs),
    inspectAll: (jobs, signal) => inspectQsubJobs('pbs', env, jobs, signal, limits.queryMs),
    find: (name, signal) => jobsByName(env, name, limits.queryMs, signal),
    warns: false,
    cancel: (id) => cancelQsubJob('pbs', env, id, limits.queryMs),
    cancelCommand: (id) => ['qdel', id.id],
    partitions: (signal) => queues(env, signal, limits.queryMs),
    doubt: (signal) => qsubDoubt('pbs', env, signal),
  };
}
