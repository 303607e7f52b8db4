import type { JobReport } from '../../satellite/protocol.js';

/** What a scheduler says of a running job; times in milliseconds, undefined where it does not say. */
export interface RunningTimes {
  startedAt: number | undefined;
  endsAt: number | undefined;
  /** It says that the job has no limit. */
  unlimited: boolean;
}

const YEAR_MS = 365 * 86_400_000;
const OVERTIME_MS = 15 * 60_000;

/**
 * A job that runs past its end (suspended, or let go on by OverTimeLimit) is given a quarter of an hour each time. One without
 * a limit is given a year from its start: the same at each report, so that nothing changes by it.
 */
export function runningReport({ startedAt, endsAt, unlimited }: RunningTimes, now: number): JobReport {
  const end = endsAt ?? (unlimited && startedAt !== undefined ? startedAt + YEAR_MS : undefined);
  if (end === undefined) return { state: 'running' };
  return { state: 'running', endsAt: isoTime(end > now ? end : now + OVERTIME_MS) };
}

export function isoTime(at: number): string {
  return new Date(at).toISOString();
}
