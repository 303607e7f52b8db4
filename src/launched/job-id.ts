import type { JobId } from '../scheduler/scheduler.js';
import type { KnownSession } from './known-sessions.js';

/** By what its scheduler knows the job of a session; empty where no number was ever written down. */
export function jobIdOf({ record, directory }: KnownSession): JobId {
  const { jobId = '', cluster, scheduler } = record;
  return {
    id: jobId,
    ...(cluster === undefined ? {} : { cluster }),
    ...(scheduler === 'local' ? { directory } : {}),
  };
}
