import { describe, expect, it } from 'vitest';
import {
  queryEnvironment,
  sbatchEnvironment,
  siteVariables,
  submissionQueryEnvironment,
} from '../../../../src/scheduler/slurm/slurm-environment.js';

const USER = {
  HOME: '/home/alice',
  USER: 'alice',
  LOGNAME: 'alice',
  SHELL: '/bin/tcsh',
  PATH: '/usr/bin',
  LANG: 'de_DE.UTF-8',
  LC_ALL: 'C',
  TZ: 'Europe/Berlin',
  TERM: 'xterm',
};

/** Which variables come through when this one is set beside the user's own. */
function comesThrough(name: string): boolean {
  return name in sbatchEnvironment({ ...USER, [name]: 'x' });
}

describe("sbatch's environment", () => {
  it('has what a tool needs', () => {
    expect(sbatchEnvironment(USER)).toEqual(USER);
  });

  it.each([
    'SLURM_CONF',
    'SLURM_JWT',
    'SLURM_CLUSTERS',
    'SBATCH_CLUSTERS',
    'SBATCH_EXCLUSIVE',
    'SBATCH_WCKEY',
  ])('%s comes along', (name) => expect(comesThrough(name)).toBe(true));

  it.each([
    ...[
      'JOB_ID',
      'JOBID',
      'JOB_PARTITION',
      'JOB_NODELIST',
      'JOB_GPUS',
      'STEP_ID',
      'STEPID',
      'NODEID',
      'NODELIST',
    ],
    ...[
      'NNODES',
      'TASKS_PER_NODE',
      'TASK_PID',
      'CPUS_PER_TASK',
      'CPUS_ON_NODE',
      'MEM_PER_NODE',
      'MEM_PER_CPU',
    ],
    ...[
      'NTASKS',
      'NTASKS_PER_NODE',
      'NPROCS',
      'PROCID',
      'LOCALID',
      'GTIDS',
      'GPUS',
      'SUBMIT_DIR',
      'SUBMIT_HOST',
    ],
    ...[
      'CLUSTER_NAME',
      'TRES_PER_TASK',
      'EXPORT_ENV',
      'GET_USER_ENV',
      'ARRAY_TASK_ID',
      'TIME_FORMAT',
      'UMASK',
    ],
  ])('SLURM_%s of an outer job stays behind', (name) => expect(comesThrough(`SLURM_${name}`)).toBe(false));

  it.each([
    ...['JOB_NAME', 'INPUT', 'OUTPUT', 'ERROR', 'OPEN_MODE', 'ARRAY_INX', 'WAIT', 'REQUEUE', 'NO_REQUEUE'],
    ...['EXPORT', 'GET_USER_ENV'],
  ])('SBATCH_%s would break a session', (name) => expect(comesThrough(`SBATCH_${name}`)).toBe(false));

  it.each([
    ...[
      'ACCOUNT',
      'PARTITION',
      'TIMELIMIT',
      'QOS',
      'RESERVATION',
      'CONSTRAINT',
      'GRES',
      'GPUS',
      'MEM_PER_NODE',
      'SIGNAL',
    ],
  ])('SBATCH_%s stands in the script', (name) => expect(comesThrough(`SBATCH_${name}`)).toBe(false));

  it.each([
    'SSH_AUTH_SOCK',
    'AWS_SECRET_ACCESS_KEY',
    'PYTHONPATH',
    'BASH_ENV',
    'BASH_FUNC_module%%',
    'DISPLAY',
    'PBS_JOBID',
  ])('%s is nothing of Slurm', (name) => expect(comesThrough(name)).toBe(false));
});

describe("the site's variables", () => {
  it('are values for the lower layer, and names for --info', () => {
    const env = {
      ...USER,
      SBATCH_TIMELIMIT: '2:30',
      SBATCH_ACCOUNT: 'abc',
      SBATCH_PARTITION: '',
      SBATCH_MEM_PER_NODE: '4G',
      SBATCH_SIGNAL: 'B:TERM@60',
      SBATCH_EXCLUSIVE: 'user',
      SBATCH_OUTPUT: '/tmp/x',
      SLURM_CLUSTERS: 'big',
    };
    expect(siteVariables(env)).toEqual({
      values: { time: '2:30', account: 'abc', memory: '4G', signal: 'B:TERM@60' },
      inForce: [
        'SBATCH_ACCOUNT',
        'SBATCH_EXCLUSIVE',
        'SBATCH_MEM_PER_NODE',
        'SBATCH_SIGNAL',
        'SBATCH_TIMELIMIT',
        'SLURM_CLUSTERS',
      ],
    });
  });

  it('may be none', () => {
    expect(siteVariables(USER)).toEqual({ values: {}, inForce: [] });
  });
});

describe('the environment of questions', () => {
  it('is in UTC, and nothing in it changes what is printed', () => {
    const env = {
      ...USER,
      SLURM_CONF: '/etc/slurm.conf',
      SQUEUE_FORMAT: '%i',
      SLURM_TIME_FORMAT: 'relative',
      SINFO_FORMAT: '%i',
      SACCT_FORMAT: 'x',
      SLURM_CLUSTERS: 'big',
      SBATCH_ACCOUNT: 'a',
    };
    const expected = { ...USER, SLURM_CONF: '/etc/slurm.conf', TZ: 'UTC0' };
    expect(queryEnvironment(env)).toEqual(expected);
    expect(submissionQueryEnvironment(env)).toEqual({ ...expected, SLURM_CLUSTERS: 'big' });
    expect(submissionQueryEnvironment({ ...env, SBATCH_CLUSTERS: 'small' })).toEqual({
      ...expected,
      SLURM_CLUSTERS: 'small',
    });
  });
});
