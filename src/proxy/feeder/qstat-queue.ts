/** The listing of `qstat -f` as reports, of Torque and PBS. Pure. */
import {
  qstatOutcome,
  qstatPhase,
  qstatReason,
  qstatSeconds,
  type JobPhase,
  type QstatKind,
  type QstatValues,
} from '../../job-states.js';
import { qstatTime, readQstat } from '../../qstat-text.js';
import type { JobReport } from '../../satellite/protocol.js';
import { isoTime, runningReport } from './running-report.js';
import type { Queue } from './scheduler.js';

interface Job {
  id: string;
  values: QstatValues;
}

/**
 * What a qstat printed. A job is found by its number, with its server's name in full, in short or without: `123`, `123.head`
 * and `123.head.example.org` are one. Where two blocks could be it, nobody knows: a variable of somebody's job can hold
 * the text of a block. `now` in milliseconds.
 */
export function readQstatQueue(kind: QstatKind, text: string, now: number): Queue & { jobs: number } {
  const { blocks, complete } = readQstat(text);
  const jobs: Job[] = blocks.filter((block) => block.kind === 'job');
  const byNumber = new Map<string, Job[]>();
  for (const job of jobs) {
    const { number } = partsOf(job.id);
    const same = byNumber.get(number);
    if (same) same.push(job);
    else byNumber.set(number, [job]);
  }
  return {
    jobs: jobs.length,
    complete,
    reportOf(jobId) {
      const { number, server } = partsOf(jobId);
      const [found, ...more] = (byNumber.get(number) ?? []).filter(({ id }) =>
        isSameServer(partsOf(id).server, server),
      );
      if (!found) return undefined;
      return more.length > 0 ? { state: 'unknown' } : reportOfJob(kind, found.values, now);
    },
    states: () =>
      jobs.flatMap(({ id, values }) => {
        const state = SLURM_STATES[qstatPhase(kind, values.get('job_state') ?? '')];
        if (state === undefined) return [];
        return [...new Set([id, partsOf(id).number])].map((jobId) => ({ jobId, state }));
      }),
  };
}

/** For update-jobs.cgi, which knows Slurm's. */
const SLURM_STATES: Partial<Record<JobPhase, string>> = {
  waiting: 'PENDING',
  alive: 'RUNNING',
  ended: 'COMPLETED',
};

/** `123[4].head.example.org`: the number with its index, and the server's name in lower case, empty where it is left out. */
function partsOf(id: string): { number: string; server: string } {
  const [, number = id, server = ''] = /^(\d+(?:\[\d*\])?)(?:\.(.*))?$/.exec(id) ?? [];
  return { number, server: server.toLowerCase() };
}

function isSameServer(one: string, other: string): boolean {
  return one === '' || other === '' || `${one}.`.startsWith(`${other}.`) || `${other}.`.startsWith(`${one}.`);
}

function reportOfJob(kind: QstatKind, values: QstatValues, now: number): JobReport {
  const phase = qstatPhase(kind, values.get('job_state') ?? '');
  if (phase === 'waiting') return waiting(values, now);
  if (phase === 'alive') return running(values, now);
  if (phase === 'unknown') return { state: 'unknown' };
  const outcome = qstatOutcome(kind, values);
  return { state: 'ended', ...(outcome && { outcome }) };
}

/** PBS estimates a start where its site wants that; a job with a time of its own does not start before it. */
function waiting(values: QstatValues, now: number): JobReport {
  const reason = qstatReason(values);
  const estimate = qstatTime(values.get('estimated.start_time')) ?? qstatTime(values.get('Execution_Time'));
  return {
    state: 'waiting',
    ...(reason !== undefined && { reason }),
    ...(estimate !== undefined && estimate > now && { estimatedStart: isoTime(estimate) }),
  };
}

function running(values: QstatValues, now: number): JobReport {
  const startedAt = qstatTime(values.get('stime') ?? values.get('start_time'));
  const limit = values.get('Resource_List.walltime');
  const seconds = qstatSeconds(limit);
  const endsAt = startedAt === undefined || seconds === undefined ? undefined : startedAt + seconds * 1000;
  return runningReport({ startedAt, endsAt, unlimited: limit === undefined }, now);
}
