import { StartJupyterError } from '../../errors.js';
import { slurmPhase } from '../../job-states.js';
import type { JobReport } from '../../satellite/protocol.js';
import { answerOf } from './scheduler-program.js';
import type { Scheduler } from './scheduler.js';
import { endedReport, QUEUE_FORMAT, readSlurmQueue } from './slurm-queue.js';

/** Tens of thousands of jobs on a controller that is busy. */
const LIMIT_MS = 60_000;

/** sacct's question for more jobs would be too long for a command line. The others are asked for in a later round. */
const MOST_ASKED = 500;

/** Whoever has a session says what its job is called. sacct tells of no job at all when one id is of another form. */
const SLURM_ID = /^\d{1,10}(_\d{1,10})?$/;

export function slurm(env: NodeJS.ProcessEnv): Scheduler {
  const ask = (file: string, args: readonly string[], signal: AbortSignal) =>
    answerOf(file, args, { env: queryEnvironment(env), limitMs: LIMIT_MS, signal });
  return {
    async queue(signal) {
      // One listing of all jobs, of hidden partitions too: -j with one unknown id is an error, and sites limit calls.
      const { stdout, stderr } = await ask('squeue', ['-h', '-a', '-t', 'all', '-o', QUEUE_FORMAT], signal);
      const queue = readSlurmQueue(stdout, Date.now());
      if (stdout !== '' && queue.states().length === 0) {
        throw new StartJupyterError('scheduler-unreachable', 'What squeue prints is not understood.', {
          detail: stdout.slice(0, 400),
        });
      }
      // squeue was seen to exit with 0 and an error on stderr: what is in the listing counts, what is not does not.
      return { ...queue, complete: queue.complete && stderr.trim() === '' };
    },
    async accounts(jobIds, signal) {
      const jobs = jobIds.filter((id) => SLURM_ID.test(id)).slice(0, MOST_ASKED);
      if (jobs.length === 0) return new Map();
      const args = ['-n', '-P', '-X', '-a', '-j', jobs.join(','), '-o', 'JobID,State'];
      const answer = await ask('sacct', args, signal).catch(() => undefined);
      return readAccounts(answer?.stdout ?? '');
    },
  };
}

/** sacct's lines of `JOBID|STATE`; others are passed over. */
export function readAccounts(text: string): Map<string, JobReport> {
  const accounts = new Map<string, JobReport>();
  for (const line of text.split('\n')) {
    const [, jobId, state = ''] = /^(\d[\w]*)\|(.+)$/.exec(line) ?? [];
    if (jobId === undefined) continue;
    accounts.set(jobId, slurmPhase(state) === 'ended' ? endedReport(state) : { state: 'unknown' });
  }
  return accounts;
}

/**
 * Nothing of our own environment but what finds the cluster, so that no SQUEUE_* changes what is printed. Times come as
 * seconds since the epoch; in a federation the jobs of all its clusters come.
 */
function queryEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'LD_LIBRARY_PATH', 'SLURM_CONF', 'SLURM_JWT'];
  return {
    ...Object.fromEntries(kept.map((name) => [name, env[name]])),
    LC_ALL: 'C',
    TZ: 'UTC0',
    SLURM_TIME_FORMAT: '%s',
    SQUEUE_FEDERATION: '1',
    // All tasks of an array that wait, which are cut off otherwise.
    SLURM_BITSTR_LEN: '0',
  };
}
