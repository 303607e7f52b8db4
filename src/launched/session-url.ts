/** The link to a session that was launched. */
import { join } from 'node:path';
import { startPath } from '../jupyter/server-choice.js';
import { readSmallFile } from '../session/small-file.js';
import type { KnownSession } from './known-sessions.js';

/**
 * With the token: it opens the notebook. Undefined: the job has removed the token, because the session ends or has ended, or
 * it is not known yet how to get there.
 */
export async function sessionUrl({ record, directory }: KnownSession): Promise<string | undefined> {
  if (record.connect === 'ssh') {
    const { connectionOf } = await import('./connect.js');
    // What it throws is that the token is gone.
    return (await connectionOf({ record, directory }).catch(() => undefined))?.url;
  }
  const token = await readSmallFile(join(directory, 'token')).catch(() => undefined);
  if (token === undefined || !/^[\w-]+$/.test(token.trim()) || record.url === undefined) return undefined;
  return `${record.url}${startPath(record.server)}?token=${token.trim()}`;
}
