/** Asking Torque and PBS, by their qstat. */
import { StartJupyterError } from '../../errors.js';
import type { QstatKind } from '../../job-states.js';
import type { JobReport } from '../../satellite/protocol.js';
import { readQstatQueue } from './qstat-queue.js';
import { answerOf } from './scheduler-program.js';
import type { Scheduler } from './scheduler.js';

/** Tens of thousands of jobs at a server that is busy. */
const LIMIT_MS = 60_000;

/** A job has some 3 kB, of which most are its variables: there is no asking for less. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** One question for them must fit a command line. The others are asked for in a later round. */
const MOST_ASKED = 500;

export const torque = (env: NodeJS.ProcessEnv): Scheduler => scheduler('torque', env);
export const pbs = (env: NodeJS.ProcessEnv): Scheduler => scheduler('pbs', env);

function scheduler(kind: QstatKind, env: NodeJS.ProcessEnv): Scheduler {
  const asking = { env: queryEnvironment(env), limitMs: LIMIT_MS, maxOutputBytes: MAX_OUTPUT_BYTES };
  return {
    async queue(signal) {
      // Long values come broken, as in every version; `-1` and `-w`, which some have, are not needed.
      const { stdout, stderr } = await answerOf('qstat', ['-f'], { ...asking, signal });
      const queue = readQstatQueue(kind, stdout, Date.now());
      if (stdout.trim() !== '' && queue.jobs === 0) {
        throw new StartJupyterError('scheduler-unreachable', 'What qstat prints is not understood.', {
          detail: stdout.slice(0, 400),
        });
      }
      return { ...queue, complete: queue.complete && stderr.trim() === '' };
    },
    async accounts(jobIds, signal) {
      // Torque lists a job that has ended for a while; its accounting is a file of the administrator.
      if (kind === 'torque') return new Map();
      const numbers = new Set(jobIds.map(numberOf).filter((number) => number !== undefined));
      if (numbers.size === 0) return new Map();
      const args = ['-x', '-f', ...[...numbers].slice(0, MOST_ASKED)];
      // It fails when one of them is unknown, and tells of the others all the same.
      const answer = await answerOf('qstat', args, { ...asking, signal, anyStatus: true }).catch(
        () => undefined,
      );
      return readHistory(jobIds, answer?.stdout ?? '');
    },
  };
}

/**
 * Whoever has a session says what its job is called, and qstat connects to the server that an id names. The number alone
 * means this cluster's.
 */
function numberOf(jobId: string): string | undefined {
  return /^(\d{1,18}(?:\[\d{0,9}\])?)(?:\.|$)/.exec(jobId)?.[1];
}

/** PBS keeps ended jobs where its site switched that on (`job_history_enable`). */
function readHistory(jobIds: readonly string[], text: string): Map<string, JobReport> {
  const history = readQstatQueue('pbs', text, 0);
  const accounts = new Map<string, JobReport>();
  for (const jobId of jobIds) {
    const report = history.reportOf(jobId);
    if (report) accounts.set(jobId, report.state === 'ended' ? report : { state: 'unknown' });
  }
  return accounts;
}

/** Nothing of our own environment but what finds the server; times come in UTC. */
function queryEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'LD_LIBRARY_PATH', 'PBS_DEFAULT', 'PBS_SERVER', 'PBS_CONF_FILE', 'PBS_EXEC'];
  return { ...Object.fromEntries(kept.map((name) => [name, env[name]])), LC_ALL: 'C', TZ: 'UTC0' };
}
