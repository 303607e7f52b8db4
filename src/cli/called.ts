/** What its own command calls a session. */
import { join } from 'node:path';
import type { KnownSession } from '../launched/known-sessions.js';
import type { Called } from '../words/following.js';
import { shownControls } from './command-line.js';

export function calledBy({ record, directory }: KnownSession): Called {
  const id = record.jobId ?? record.name ?? record.id;
  return { id: shownControls(id), log: join(directory, 'job.log') };
}
