/** What is done once when a session is seen to have ended: what its job could not do itself. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnd } from '../session/parse-end.js';
import type { SessionEnd, SessionRecord } from '../session/record.js';
import { createFile, replaceFile } from '../session/replace-file.js';
import { readSmallFile } from '../session/small-file.js';
import type { KnownSession } from './known-sessions.js';
import { proxyOf } from './proxy-of.js';

const SECRETS = ['token', 'redeem.secret', 'key.pem', 'jupyter_config.json', 'open.html'];

/**
 * Writes the end down, gives the session's name back where its job did not, and removes its secrets. Who only looks is not
 * kept from it where nothing can be written: never throws. Gives the end that counts, which another command may have
 * written before.
 */
export async function recordEnd(session: KnownSession, end: SessionEnd): Promise<SessionEnd> {
  const { directory, record } = session;
  const counts = await writtenEnd(directory, end).catch(() => end);
  await giveNameBack(record, directory);
  await removeSecrets(directory);
  return counts;
}

async function writtenEnd(directory: string, end: SessionEnd): Promise<SessionEnd> {
  const path = join(directory, 'end.json');
  const text = `${JSON.stringify(end, null, 2)}\n`;
  if (await createFile(path, text)) return end;
  const earlier = parseEnd((await readSmallFile(path)) ?? '');
  // What is damaged says nothing, and would be looked at for ever.
  if (earlier === undefined) await replaceFile(path, text);
  return earlier ?? end;
}

/** What the job removes at its end, when it comes to that. */
async function removeSecrets(directory: string): Promise<void> {
  await Promise.all(SECRETS.map((name) => rm(join(directory, name), { force: true }).catch(() => undefined)));
}

/** Only where the job did not: it removes the secret afterwards. A proxy that does not answer forgets the name in time. */
async function giveNameBack(record: SessionRecord, directory: string): Promise<void> {
  // A classic name has no secret: while the token is there, the job has not ended it.
  const kept = record.protocol === 'classic' ? 'token' : 'redeem.secret';
  const secret = await readSmallFile(join(directory, kept)).catch(() => undefined);
  if (!secret) return;
  const proxy = await proxyOf(record, directory).catch(() => undefined);
  if (proxy === undefined) return;
  await proxy.client.giveBack(proxy.reservation).catch(() => undefined);
}
