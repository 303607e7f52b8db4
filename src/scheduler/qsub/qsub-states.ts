/** What qstat says of one job as a scheduler-neutral state. Pure. */
import {
  qstatOutcome,
  qstatPhase,
  qstatReason,
  qstatSeconds,
  type JobOutcome,
  type QstatKind,
  type QstatValues,
} from '../../job-states.js';
import { qstatTime } from '../../qstat-text.js';
import type { JobState } from '../scheduler.js';
import { NAMES } from '../../words/qsub.js';
import { NOT_SAID_HOW, OVER_MEMORY, OVER_TIME, strangeState } from '../../words/scheduler.js';

/** @param values times in them are in UTC */
export function qsubJobState(kind: QstatKind, values: QstatValues, now: Date): JobState {
  const letter = values.get('job_state') ?? '';
  const phase = qstatPhase(kind, letter);
  if (phase === 'waiting') return queued(values);
  if (phase === 'alive') return running(values, now);
  if (phase === 'ended') return ended(kind, values);
  return { phase: 'unknown', why: strangeState(NAMES[kind], letter) };
}

function queued(values: QstatValues): JobState {
  const reason = qstatReason(values);
  const estimate = qstatTime(values.get('estimated.start_time') ?? values.get('Execution_Time'));
  return {
    phase: 'queued',
    ...(reason === undefined ? {} : { reason }),
    ...(estimate === undefined ? {} : { estimatedStart: new Date(estimate) }),
  };
}

function running(values: QstatValues, now: Date): JobState {
  const endsAt = endOf(values, now);
  return { phase: 'running', node: firstNode(values.get('exec_host') ?? ''), ...(endsAt ? { endsAt } : {}) };
}

/** `n1/0-3+n2/0,2` (Torque), `n1/0*4+n2/1` (PBS), `n1/3+n1/2` (older): the job's script runs on the first. */
export function firstNode(execHost: string): string {
  return /^[^/+\s]*/.exec(execHost)?.[0] ?? '';
}

/** Clocks of a login node and a server may differ by so much, and a job may outlive its time while it is being ended. */
const SLACK_MS = 10 * 60_000;

/** Torque counts the seconds that are left; else start and walltime tell, if they fit the clock here. */
function endOf(values: QstatValues, now: Date): Date | undefined {
  const left = values.get('Walltime.Remaining');
  if (left !== undefined && /^\d+$/.test(left)) return new Date(now.getTime() + Number(left) * 1000);
  const start = qstatTime(values.get('start_time') ?? values.get('stime'));
  const seconds = qstatSeconds(values.get('Resource_List.walltime'));
  if (start === undefined || seconds === undefined) return undefined;
  const end = start + seconds * 1000;
  const fits = start <= now.getTime() + SLACK_MS && end >= now.getTime() - SLACK_MS;
  return fits ? new Date(end) : undefined;
}

function ended(kind: QstatKind, values: QstatValues): JobState {
  const said = qstatOutcome(kind, values);
  const outcome = said ?? 'unknown';
  if (outcome === 'completed') return { phase: 'ended', outcome };
  const status = Number(statusOf(values));
  return {
    ...{ phase: 'ended', outcome, detail: detailOf(said, values) },
    // Others are signals, and what the node's daemon has to say.
    ...(outcome === 'failed' && status > 0 && status < 256 ? { exitStatus: status } : {}),
  };
}

function statusOf(values: QstatValues): string | undefined {
  return values.get('exit_status') ?? values.get('Exit_status');
}

function detailOf(said: JobOutcome | undefined, values: QstatValues): string {
  if (said === 'out-of-memory') return OVER_MEMORY;
  if (said === 'timed-out') return OVER_TIME;
  const status = statusOf(values);
  const comment = values.get('comment')?.trim();
  const words = [status === undefined ? '' : `exit status ${status}`, comment ?? ''];
  return words.filter((word) => word !== '').join('; ') || NOT_SAID_HOW;
}
