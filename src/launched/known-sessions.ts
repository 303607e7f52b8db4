/** The sessions that were launched, as their records tell it. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { homeDirectory } from '../launch/home.js';
import type { LaunchContext } from '../launch/context.js';
import { parseRecord } from '../session/parse-record.js';
import type { SessionRecord } from '../session/record.js';
import { readSmallFile } from '../session/small-file.js';
import { stateDirectory } from '../session/store.js';
import { noHome, sessionsUnreadable, whyDamaged } from '../words/sessions.js';
import { mapSome } from './map-some.js';

/** A session that was launched: its record, and where it lies. */
export interface KnownSession {
  record: SessionRecord;
  directory: string;
  /** The version of its record, where a newer start-jupyter made it: what is understood of it is there. */
  newer?: number;
}

/** A session whose record cannot be read. */
export interface DamagedRecord {
  /** Of its `session.json`. */
  path: string;
  /** Finishes a sentence: `it is empty`. */
  why: string;
}

export interface KnownSessions {
  /** Newest first. */
  sessions: KnownSession[];
  damaged: DamagedRecord[];
}

/** So many at a time: each holds a file open. */
const AT_ONCE = 32;

/** `.../start-jupyter/sessions` */
export function sessionsFolder(env: NodeJS.ProcessEnv): string {
  return join(stateDirectory(env, homeDirectory(env)), 'sessions');
}

/** @throws StartJupyterError 'bad-directory' where they cannot be looked for */
export async function knownSessions({ env }: Pick<LaunchContext, 'env'>): Promise<KnownSessions> {
  const folder = sessionsFolder(env);
  const found = await mapSome(await folders(folder, env), AT_ONCE, (name) => readSession(join(folder, name)));
  const sessions = found.filter((one): one is KnownSession => one !== undefined && 'record' in one);
  const damaged = found.filter((one): one is DamagedRecord => one !== undefined && 'why' in one);
  return { sessions: sessions.sort(newestFirst), damaged };
}

function newestFirst(one: KnownSession, other: KnownSession): number {
  const later = Date.parse(other.record.createdAt) - Date.parse(one.record.createdAt);
  // Within a second, too, the order is the same each time.
  return later || (one.record.id < other.record.id ? 1 : -1);
}

/** Names that a session may have. What is being made, `.staging-...`, is left out, and so is what a link leads to. */
async function folders(folder: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const entries = await entriesOf(folder).catch(async (error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw sessionsUnreadable(folder, error);
    await checkHome(env, folder);
    return [];
  });
  return entries
    .filter((entry) => entry.isDirectory() && /^[A-Za-z0-9][\w.-]*$/.test(entry.name))
    .map(({ name }) => name);
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  const read = (): Promise<Dirent[]> => readdir(folder, { withFileTypes: true });
  return await read().catch((error: unknown) => {
    // The server has another one by this name now.
    if ((error as NodeJS.ErrnoException).code === 'ESTALE') return read();
    throw error;
  });
}

/** A home that is not there, often for a moment, is no home without sessions. */
async function checkHome(env: NodeJS.ProcessEnv, folder: string): Promise<void> {
  const home = homeDirectory(env);
  if (!folder.startsWith(`${home}/`)) return;
  const facts = await stat(home).catch((error: unknown) => {
    throw noHome(home, error);
  });
  if (!facts.isDirectory()) throw noHome(home, Object.assign(new Error('no folder'), { code: 'ENOTDIR' }));
}

/** Undefined: it has gone meanwhile. */
async function readSession(directory: string): Promise<KnownSession | DamagedRecord | undefined> {
  const path = join(directory, 'session.json');
  let json: string | undefined;
  try {
    json = await readSmallFile(path);
  } catch (error) {
    return { path, why: whyDamaged({ code: (error as NodeJS.ErrnoException).code ?? 'unknown' }) };
  }
  if (json === undefined) return (await hasGone(directory)) ? undefined : { path, why: whyDamaged('absent') };
  const read = parseRecord(json);
  if ('why' in read) return { path, why: whyDamaged(read.why) };
  // A copy would stand for the same job.
  if (read.record.id !== basename(directory)) return { path, why: whyDamaged('copied') };
  return { ...read, directory };
}

/** Or is going: NFS keeps the name of what was removed while somebody has it open. */
async function hasGone(directory: string): Promise<boolean> {
  return await readdir(directory).then(
    (names) => names.every((name) => name.startsWith('.nfs')),
    (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT',
  );
}
