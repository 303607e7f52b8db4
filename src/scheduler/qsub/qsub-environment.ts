/** The environment of the programs of Torque and PBS. */
import { jobEnvironment } from '../job-environment.js';
import type { SiteVariables } from '../scheduler.js';

/**
 * What they need to find and enter their server. Everything else that starts with PBS_ is left out: it describes an outer
 * job, or changes what a directive and an output look like (PBS_DPREFIX, PBS_SHELL, PBS_QSTAT_EXECONLY).
 */
const CONNECTION = [
  'PBS_DEFAULT',
  'PBS_SERVER',
  'PBS_PRIMARY',
  'PBS_SECONDARY',
  'PBS_CONF_FILE',
  'PBS_EXEC',
  'PBS_LEAF_NAME',
  'PBS_AUTH_METHOD',
  'PBS_ENCRYPT_METHOD',
  'PBSAPITIMEOUT',
];

/** qsub's environment. Of it Torque and PBS give a job no more than a few PBS_O_ variables. */
export function qsubEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return jobEnvironment(env, CONNECTION);
}

/** The servers know times as seconds, and the programs print them where they run: in UTC, then, and in English. */
export function queryEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...qsubEnvironment(env), TZ: 'UTC0', LC_ALL: 'C' };
}

/** Neither has variables that stand for options; which server a site chose is worth saying. */
export function qsubVariables(env: NodeJS.ProcessEnv): SiteVariables {
  return { values: {}, inForce: ['PBS_DEFAULT', 'PBS_SERVER'].filter((name) => env[name]) };
}
