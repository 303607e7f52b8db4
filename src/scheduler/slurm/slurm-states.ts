/** Slurm's words about one job as a scheduler-neutral state. Pure. */
import { slurmOutcome, slurmPhase } from '../../job-states.js';
import { strangeState } from '../../words/scheduler.js';
import type { JobState } from '../scheduler.js';

/** What squeue (or sacct) says of a job, field by field as printed; times in UTC. */
export interface SlurmJob {
  state: string;
  reason: string;
  batchHost: string;
  start: string;
  end: string;
  /** `3:0`: the exit status, and the signal that ended it; squeue does not say it. */
  exitCode?: string;
}

export function jobState(job: SlurmJob): JobState {
  const phase = slurmPhase(job.state);
  if (phase === 'waiting') return queued(job);
  if (phase === 'alive') return running(job);
  if (phase === 'ended') return ended(job);
  return { phase: 'unknown', why: strangeState('Slurm', job.state) };
}

function queued({ reason, start }: SlurmJob): JobState {
  const estimatedStart = slurmTime(start);
  return {
    phase: 'queued',
    ...(said(reason) ? { reason } : {}),
    ...(estimatedStart ? { estimatedStart } : {}),
  };
}

function running({ batchHost, end }: SlurmJob): JobState {
  const endsAt = slurmTime(end);
  return { phase: 'running', node: said(batchHost) ? batchHost : '', ...(endsAt ? { endsAt } : {}) };
}

function ended({ state, reason, exitCode = '' }: SlurmJob): JobState {
  // REVOKED alone tells none: here it has ended, whatever becomes of it on another cluster.
  const outcome = slurmOutcome(state) ?? 'cancelled';
  if (outcome === 'completed') return { phase: 'ended', outcome };
  const status = outcome === 'failed' ? /^([1-9]\d*):0$/.exec(exitCode)?.[1] : undefined;
  return {
    ...{ phase: 'ended', outcome, detail: said(reason) ? `${state} (${reason})` : state },
    ...(status === undefined ? {} : { exitStatus: Number(status) }),
  };
}

/** Whether a field says anything: `None`, `N/A`, `(null)` and `Unknown` do not. */
function said(field: string): boolean {
  return !/^(|none|n\/a|\(null\)|unknown)$/i.test(field);
}

/** `2026-11-22T22:58:33`, printed under TZ=UTC0. */
function slurmTime(text: string): Date | undefined {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text) ? new Date(`${text}Z`) : undefined;
}
