import type { JobReport } from '../../satellite/protocol.js';
import type { Scheduler } from './scheduler.js';

/** What one round found out. */
export interface Findings {
  reports: ReadonlyMap<string, JobReport>;
  /** How many of the jobs are in the queue. */
  found: number;
  /** False when the scheduler's answer was understood in part: nothing was concluded from what is not in it. */
  complete: boolean;
}

/** Finds out about jobs, round by round. Throws as {@link Scheduler.queue}. */
export type FindOut = (jobIds: readonly string[], signal: AbortSignal) => Promise<Findings>;

interface Followed {
  /** What is known of it; undefined while it was never seen. */
  last?: JobReport;
  /** Complete listings in a row without it. */
  absent: number;
}

/** One listing without a job is not believed: an end cannot be taken back. */
const ABSENCES_BELIEVED = 2;

/** That so many are gone, and none is left, is more likely a setting by which this user sees no jobs any more. */
const TOO_MANY = 3;

/** Remembers from round to round which jobs were seen: only such a one can be missing. */
export function createRounds(scheduler: Scheduler): FindOut {
  let followed = new Map<string, Followed>();

  return async (jobIds, signal) => {
    const queue = await scheduler.queue(signal);
    followed = new Map(jobIds.map((id) => [id, followed.get(id) ?? { absent: 0 }]));
    const reports = new Map<string, JobReport>();
    const missing: [string, Followed][] = [];
    for (const [id, job] of followed) {
      const report = queue.reportOf(id);
      if (report) {
        followed.set(id, { last: report, absent: 0 });
        reports.set(id, report);
      } else if (queue.complete) missing.push([id, job]);
    }
    const found = reports.size;
    for (const [, job] of missing) job.absent++;
    const asked = missing.filter(([, job]) => job.last?.state !== 'ended' && isPowerOfTwo(job.absent));
    const accounts =
      asked.length > 0
        ? await scheduler.accounts(
            asked.map(([id]) => id),
            signal,
          )
        : new Map<string, JobReport>();
    const gone = missing.filter(([, { last }]) => last?.state === 'waiting' || last?.state === 'running');
    const believed = found > 0 || gone.length < TOO_MANY;
    for (const [id, job] of missing) {
      const report = reportOfMissing(job, accounts.get(id), believed);
      if (report) reports.set(id, report);
    }
    return { reports, found, complete: queue.complete };
  };
}

/** Undefined: nothing is said of it in this round. */
function reportOfMissing(
  job: Followed,
  account: JobReport | undefined,
  believed: boolean,
): JobReport | undefined {
  if (account) job.last = account;
  if (!job.last) return { state: 'unknown' };
  if (job.last.state === 'ended' || job.last.state === 'unknown') return job.last;
  return believed && job.absent >= ABSENCES_BELIEVED ? { state: 'ended' } : undefined;
}

/** The accounting is asked less and less often for the same job: it may be another cluster's. */
function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}
