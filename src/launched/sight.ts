/** How a session is, from the scheduler, the proxy and the files that its job leaves. */
import type { SessionEnd } from '../session/record.js';

/**
 * `starting`: its job runs, and Jupyter does not answer yet. `ready`: it is served. `stopping`: its job has said that it
 * ends, and the scheduler not yet how. `unknown`: who knows it cannot be asked; never taken for an end.
 */
export type Sight =
  | { phase: 'queued'; reason?: string; estimatedStart?: Date }
  | { phase: 'starting'; node: string; endsAt?: Date }
  | ({ phase: 'ready' } & Ready)
  | { phase: 'stopping'; said: string }
  | { phase: 'ended'; end: SessionEnd }
  | { phase: 'unknown'; why: string; last?: Ready };

export interface Ready {
  node: string;
  endsAt?: Date;
  /** The job was warned: its end is near. */
  warned?: boolean;
  /** What the proxy says against it, or why it cannot be asked, in words. */
  doubt?: string;
}
