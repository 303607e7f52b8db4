/** Which of a user's and a site's variables reach Slurm's tools. */
import { jobEnvironment } from '../job-environment.js';
import type { SiteVariables } from '../scheduler.js';

/** What Slurm's tools need to find and enter their cluster. */
const CONNECTION = ['SLURM_CONF', 'SLURM_JWT'];

/**
 * A site's SBATCH_* that stand as directives of rank `lower` in the script, so that options and templates beat
 * them. As variables they would beat the template (sbatch(1): command line, then environment, then script).
 */
const MERGED = {
  account: 'SBATCH_ACCOUNT',
  partition: 'SBATCH_PARTITION',
  time: 'SBATCH_TIMELIMIT',
  qos: 'SBATCH_QOS',
  reservation: 'SBATCH_RESERVATION',
  constraint: 'SBATCH_CONSTRAINT',
  gres: 'SBATCH_GRES',
  gpus: 'SBATCH_GPUS',
  memory: 'SBATCH_MEM_PER_NODE',
  signal: 'SBATCH_SIGNAL',
} as const;

/**
 * SBATCH_* with which a session could not work: they would take away its name, its log, its single run, or
 * (EXPORT, GET_USER_ENV) build a login environment on the node, which can take minutes.
 */
const BREAKING = [
  'SBATCH_JOB_NAME',
  'SBATCH_INPUT',
  'SBATCH_OUTPUT',
  'SBATCH_ERROR',
  'SBATCH_OPEN_MODE',
  'SBATCH_ARRAY_INX',
  'SBATCH_WAIT',
  'SBATCH_REQUEUE',
  'SBATCH_NO_REQUEUE',
  'SBATCH_EXPORT',
  'SBATCH_GET_USER_ENV',
];

/** The site's layer below options, templates and user's configuration; an empty variable counts as absent. */
export function siteVariables(env: NodeJS.ProcessEnv): SiteVariables {
  const values: SiteVariables['values'] = {};
  for (const option of Object.keys(MERGED) as (keyof typeof MERGED)[]) {
    const value = env[MERGED[option]];
    if (value) values[option] = value;
  }
  const passed = passedOn(env);
  const inForce = [...Object.keys(values).map((option) => MERGED[option as keyof typeof MERGED]), ...passed];
  return { values, inForce: inForce.sort() };
}

/** SBATCH_* that are neither in the script already nor harmful, and the cluster that a site chooses. */
function passedOn(env: NodeJS.ProcessEnv): string[] {
  const taken: readonly string[] = [...Object.values(MERGED), ...BREAKING];
  return Object.keys(env).filter(
    (name) =>
      env[name] && ((name.startsWith('SBATCH_') && !taken.includes(name)) || name === 'SLURM_CLUSTERS'),
  );
}

/**
 * sbatch's environment, which the job inherits. Nothing that describes an outer job is in it (`SLURM_JOB*`, `SLURM_NTASKS*`
 * and their kin would break the new one).
 */
export function sbatchEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return jobEnvironment(env, [...CONNECTION, ...passedOn(env)]);
}

/**
 * The environment of squeue, sacct, scancel and scontrol: no SQUEUE_* or SLURM_TIME_FORMAT changes what they print, and times
 * come in UTC. No cluster either: a job's own is named on the command line.
 */
export function queryEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...jobEnvironment(env, CONNECTION), TZ: 'UTC0' };
}

/** The same, asking where sbatch would send the next job. */
export function submissionQueryEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const clusters = env['SBATCH_CLUSTERS'] ?? env['SLURM_CLUSTERS'];
  return { ...queryEnvironment(env), ...(clusters ? { SLURM_CLUSTERS: clusters } : {}) };
}
