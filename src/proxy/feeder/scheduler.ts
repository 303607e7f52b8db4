/** What the feeder asks of a scheduler; each has its adapter. */
import type { JobReport } from '../../satellite/protocol.js';

export interface Scheduler {
  /**
   * Asks for all jobs at once. Throws StartJupyterError('scheduler-unreachable') when the answer cannot be believed: then
   * nothing is known of any job.
   */
  queue(signal: AbortSignal): Promise<Queue>;
  /**
   * What the accounting says of jobs that are not in the queue, `unknown` for those that it thinks alive. Empty where there
   * is no accounting, or none that answers: it is an addition.
   */
  accounts(jobIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, JobReport>>;
}

/** The scheduler's answer. */
export interface Queue {
  /** Undefined: it is not there. */
  reportOf(jobId: string): JobReport | undefined;
  /** Whether what is not there has left the queue. False when something in the answer was not understood. */
  complete: boolean;
  /** Every job with its state in Slurm's codes, for update-jobs.cgi, which knows no others. */
  states(): { jobId: string; state: string }[];
}
