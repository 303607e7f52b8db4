/** Whether a session could be kept here, tried out without leaving anything. */
import { lstat, mkdtemp, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cannotWrite } from '../words/session-files.js';
import { checkSafe, writePrivate } from './store.js';

export interface SessionsPlace {
  /** Undefined where the sessions' directory is not there yet: the folder in which it will be made. */
  madeIn?: string;
  /** On its file system, for this user. A quota may allow less. */
  freeBytes: number;
}

/** A session has less. */
const TRIED_BYTES = 256 * 1024;

/** Throws 'bad-directory' or 'unsafe-directory' as a launch would. */
export async function examineSessions(sessionsDirectory: string): Promise<SessionsPlace> {
  const folder = await deepestFolder(sessionsDirectory);
  await checkSafe(folder);
  try {
    const trial = await mkdtemp(join(folder, '.start-jupyter-doctor-'));
    try {
      await writePrivate(join(trial, 'trial'), 'x'.repeat(TRIED_BYTES));
    } finally {
      await rm(trial, { recursive: true, force: true });
    }
    const { bavail, bsize } = await statfs(folder);
    return { freeBytes: bavail * bsize, ...(folder === sessionsDirectory ? {} : { madeIn: folder }) };
  } catch (error) {
    throw error instanceof Error && 'errno' in error ? cannotWrite(sessionsDirectory, error) : error;
  }
}

/**
 * Refuses a place, which need not be there, in which somebody else could put or change things.
 * @throws StartJupyterError 'unsafe-directory', 'bad-directory'
 */
export async function checkSafePlace(path: string): Promise<void> {
  await checkSafe(await deepestFolder(path));
}

/** The deepest one that is there. */
async function deepestFolder(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A link that leads nowhere is there, and nothing can be made behind it.
    if (code === 'ENOENT' && !(await isLink(path))) return await deepestFolder(dirname(path));
    throw cannotWrite(path, error);
  }
  throw cannotWrite(path, Object.assign(new Error('no folder'), { code: 'ENOTDIR' }));
}

function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (facts) => facts.isSymbolicLink(),
    () => false,
  );
}
