/** What is done once when a session is seen to have ended: what its job could not do itself. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionEnd, SessionRecord } from '../session/record.js';
import { createFile } from '../session/replace-file.js';
import type { KnownSession } from './known-sessions.js';
import { proxyOf } from './proxy-of.js';
import { readEnd } from './read-end.js';

const SECRETS = ['token', 'redeem.secret', 'key.pem', 'jupyter_config.json', 'open.html'];

/**
 * Writes the end down, gives the session's name back where its job did not, and removes its secrets. Who only looks is not
 * kept from it where nothing can be written: never throws. Gives the end that counts, which another command may have
 * written before.
 */
export async function recordEnd(session: KnownSession, end: SessionEnd): Promise<SessionEnd> {
  const { directory, record } = session;
  const path = join(directory, 'end.json');
  const isFirst = await createFile(path, `${JSON.stringify(end, null, 2)}\n`).catch(() => true);
  await giveNameBack(record, directory);
  await removeSecrets(directory);
  return isFirst ? end : ((await readEnd(directory)) ?? end);
}

/** What the job removes at its end, when it comes to that. */
export async function removeSecrets(directory: string): Promise<void> {
  await Promise.all(SECRETS.map((name) => rm(join(directory, name), { force: true }).catch(() => undefined)));
}

/** Only where the job did not: it removes the secret afterwards. A proxy that does not answer forgets the name in time. */
async function giveNameBack(record: SessionRecord, directory: string): Promise<void> {
  // A classic name has no secret: while the token is there, the job has not ended it.
  const kept = record.protocol === 'classic' ? 'token' : 'redeem.secret';
  const secret = await readFile(join(directory, kept), 'utf8').catch(() => '');
  if (secret === '') return;
  const proxy = await proxyOf(record, directory).catch(() => undefined);
  if (proxy === undefined) return;
  await proxy.client.giveBack(proxy.reservation).catch(() => undefined);
}
