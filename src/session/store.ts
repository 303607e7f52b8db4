/** Where sessions live on disk, and how one is made so that nobody else can read or change it. */
import { lstat, mkdir, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join, parse, sep } from 'node:path';
import { StartJupyterError } from '../errors.js';
import { shellQuote } from '../script/quote.js';
import {
  cannotWrite,
  notPrivate,
  openDirectory,
  othersDirectory,
  unfitForSessions,
} from '../words/session-files.js';
import type { SessionRecord } from './record.js';
import { replaceFile } from './replace-file.js';

/** `$XDG_STATE_HOME/start-jupyter`, by default `~/.local/state/start-jupyter`. */
export function stateDirectory(env: NodeJS.ProcessEnv, home: string): string {
  const named = env['XDG_STATE_HOME'] ?? '';
  // The XDG specification says that a relative path is to be ignored.
  return join(isAbsolute(named) ? named : join(home, '.local', 'state'), 'start-jupyter');
}

export interface SessionPlace {
  id: string;
  /** Where the session will be. */
  directory: string;
  sessionsDirectory: string;
}

/** Where a backslash separates folders it is no part of their names. */
const UNFIT = sep === '\\' ? /[\n\r]/ : /[\n\r\\]/;

/** Names a new session; nothing is written. `random` gives the given number of bytes. Throws 'bad-directory'. */
export function newSessionPlace(
  env: NodeJS.ProcessEnv,
  home: string,
  now: Date,
  random: (bytes: number) => Buffer,
): SessionPlace {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  // 40 bits, so that two launches within a second do not meet.
  const id = `${stamp}-${random(5).toString('hex')}`;
  const sessionsDirectory = join(stateDirectory(env, home), 'sessions');
  const directory = join(sessionsDirectory, id);
  if (UNFIT.test(directory)) {
    throw unfitForSessions(sessionsDirectory);
  }
  return { id, directory, sessionsDirectory };
}

/** A session that is being made: in a directory beside the others, invisible until it is placed. */
export interface StagedSession {
  /** Writes a file of the session, mode 0600, never over another one. `name` may be `lib/x.sh`. */
  write(name: string, content: string): Promise<void>;
  /** Gives the session its final place. */
  place(): Promise<void>;
  /** Removes whatever there is of it, staged or placed. */
  remove(): Promise<void>;
}

/** Makes the staging directory. */
export async function stageSession(place: SessionPlace): Promise<StagedSession> {
  await makeSafe(place.sessionsDirectory);
  let current = await makeStaging(place);
  return {
    async write(name, content) {
      await writePrivate(join(current, name), content);
    },
    async place() {
      await rename(current, place.directory).catch((error: unknown) => {
        throw cannotWrite(place.sessionsDirectory, error);
      });
      current = place.directory;
    },
    async remove() {
      // Again where it is not empty: a job that was just cancelled may still be writing its last word.
      await rm(current, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

async function makeStaging(place: SessionPlace): Promise<string> {
  const { default: tmp } = await import('tmp');
  const path = await new Promise<string>((resolvePath, reject) => {
    const options = { tmpdir: place.sessionsDirectory, template: `.staging-${place.id}-XXXXXX`, mode: 0o700 };
    tmp.dir({ ...options, keep: true }, (error, made) => {
      if (error) reject(cannotWrite(place.sessionsDirectory, error));
      else resolvePath(made);
    });
  });
  await mkdir(join(path, 'lib'), { mode: 0o700 });
  return path;
}

/** Writes a new file of mode 0600 and makes sure that the file system keeps that mode. */
export async function writePrivate(path: string, content: string): Promise<void> {
  try {
    // wx: exclusive, does not follow a link that somebody put there.
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(content);
      const { mode } = await file.stat();
      if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
        throw notPrivate(dirname(path));
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof StartJupyterError ? error : cannotWrite(dirname(path), error);
  }
}

/** Replaces the record of a placed session; a reader sees the old one or the new one. */
export async function saveRecord(directory: string, record: SessionRecord): Promise<void> {
  const text = `${JSON.stringify(record, null, 2)}\n`;
  await replaceFile(join(directory, 'session.json'), text).catch((error: unknown) => {
    throw cannotWrite(directory, error);
  });
}

/** Makes a directory of mode 0700 and refuses one that somebody else could change things in. */
async function makeSafe(sessions: string): Promise<void> {
  await mkdir(sessions, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw cannotWrite(sessions, error);
  });
  await checkSafe(sessions);
}

/** Refuses a directory, which is there, that somebody else could change things in. Throws 'unsafe-directory'. */
export async function checkSafe(sessions: string): Promise<void> {
  const real = await realpath(sessions).catch((error: unknown) => {
    throw cannotWrite(sessions, error);
  });
  if (process.getuid === undefined) return;
  const uid = process.getuid();
  const trusted = [uid, 0, ...(await unmappedRoot())];
  // Both ways there: the names that are used, which may be links, and what they lead to.
  for (const path of new Set([...upToRoot(sessions), ...upToRoot(real)])) {
    // The session's own parent is the user's whatever root looks like.
    await checkOwner(path, uid, path === sessions || path === real ? [uid, 0] : trusted);
  }
}

/**
 * The number that stands for root, too, in a container in which the machine's root has none of its own
 * (user_namespaces(7)): nobody can tell it from other users' there. Empty elsewhere.
 */
async function unmappedRoot(): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  try {
    // First number inside, first outside, how many: outside of all containers every number is itself.
    const map = await readFile('/proc/self/uid_map', 'utf8');
    if (/^ *0 +0 +4294967295\n$/.test(map)) return [];
    return [Number(await readFile('/proc/sys/kernel/overflowuid', 'utf8'))];
  } catch {
    return [];
  }
}

function upToRoot(path: string): string[] {
  return path === parse(path).root ? [] : [path, ...upToRoot(dirname(path))];
}

async function checkOwner(path: string, uid: number, trusted: readonly number[]): Promise<void> {
  const facts = await lstat(path);
  if (!trusted.includes(facts.uid)) {
    throw othersDirectory(path);
  }
  // The mode of a link means nothing: who may replace it is a matter of the folder that it is in.
  if (facts.isSymbolicLink()) return;
  const sticky = (facts.mode & 0o1000) !== 0;
  const worldWritable = (facts.mode & 0o002) !== 0;
  // A group of the user's own has the user's number, by the custom of user private groups.
  const groupWritable = (facts.mode & 0o020) !== 0 && facts.gid !== uid && facts.gid !== 0;
  if ((!groupWritable && !worldWritable) || sticky) return;
  throw openDirectory(path, worldWritable, `chmod go-w ${shellQuote(path)}`);
}
