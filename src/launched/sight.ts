/** How a session is, from the scheduler, the proxy and the files that its job leaves. */
import type { JobState } from '../scheduler/scheduler.js';
import type { SessionEnd } from '../session/record.js';
import { endOf } from './end-of-session.js';
import type { JobFiles } from './job-files.js';

/**
 * `starting`: its job runs, and Jupyter does not answer yet. `ready`: it is served. `stopping`: its job has said that it
 * ends, and the scheduler not yet how. `unknown`: who knows it cannot be asked; never taken for an end.
 */
export type Sight =
  | { phase: 'queued'; reason?: string; estimatedStart?: Date }
  | { phase: 'starting'; node: string; endsAt?: Date }
  | ({ phase: 'ready' } & Ready)
  | { phase: 'stopping'; said: string }
  /** `unsure`: its job says so, while the scheduler cannot be asked. Then it is not written down. */
  | { phase: 'ended'; end: SessionEnd; unsure?: true }
  | { phase: 'unknown'; why: string; last?: Ready };

export interface Ready {
  node: string;
  endsAt?: Date;
  /** The job was warned: its end is near. */
  warned?: boolean;
  /** What the proxy says against it, or why it cannot be asked, in words. */
  doubt?: string;
}

/** What the proxy says of a session that its job says is ready. */
export interface ProxyView {
  doubt?: string;
  /** When its time is up, and whether its job was warned of that. */
  endsAt?: Date;
  warned?: boolean;
}

export interface SightFacts {
  /** What the scheduler says. */
  job: JobState;
  files: JobFiles;
  /** As it was written down before. */
  end?: SessionEnd;
  proxy?: ProxyView;
  now: Date;
}

/** Pure. */
export function sightOf({ job, files, end, proxy = {}, now }: SightFacts): Sight {
  if (end !== undefined) return { phase: 'ended', end };
  const { said } = files;
  switch (job.phase) {
    case 'queued': {
      // Somebody has put it back into the queue: a session starts only once, its job can but fail the next time.
      if (said !== undefined) return { phase: 'stopping', said: said.line };
      const { reason, estimatedStart } = job;
      return {
        phase: 'queued',
        ...(reason === undefined ? {} : { reason }),
        ...(estimatedStart === undefined ? {} : { estimatedStart }),
      };
    }
    case 'running': {
      if (said !== undefined) return { phase: 'stopping', said: said.line };
      if (files.node !== undefined)
        // The job's own word: of an allocation Slurm names the host where srun or salloc was typed.
        return { phase: 'ready', ...readyOf(files, proxy, job.endsAt), node: files.node || job.node };
      return {
        phase: 'starting',
        node: job.node,
        ...(job.endsAt === undefined ? {} : { endsAt: job.endsAt }),
      };
    }
    case 'ended':
      return { phase: 'ended', end: endOf(job, said, now) };
    case 'unknown': {
      if (said !== undefined) {
        return {
          phase: 'ended',
          end: endOf({ phase: 'ended', outcome: 'unknown' }, said, now),
          unsure: true,
        };
      }
      const last = files.node === undefined ? {} : { last: { ...readyOf(files, proxy), node: files.node } };
      return { phase: 'unknown', why: job.why, ...last };
    }
  }
}

/** The scheduler's end counts before what the job and the proxy were told. */
function readyOf({ endsAt: warnedOf }: JobFiles, proxy: ProxyView, jobEndsAt?: Date): Omit<Ready, 'node'> {
  const endsAt = jobEndsAt ?? warnedOf ?? proxy.endsAt;
  const warned = warnedOf !== undefined || proxy.warned === true;
  return {
    ...(endsAt === undefined ? {} : { endsAt }),
    ...(warned ? { warned } : {}),
    ...(proxy.doubt === undefined ? {} : { doubt: proxy.doubt }),
  };
}
