/** Removes the folder of a session, which others may be looking at just now. */
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What it takes on disk. Links in it are not followed. */
export async function diskUse(path: string): Promise<number> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts === undefined) return 0;
  // Unknown on Windows.
  const own = typeof facts.blocks === 'number' ? facts.blocks * 512 : facts.size;
  if (!facts.isDirectory()) return own;
  const names = await readdir(path).catch(() => []);
  const inside = await Promise.all(names.map((name) => diskUse(join(path, name))));
  return inside.reduce((sum, bytes) => sum + bytes, own);
}

/**
 * Takes it out of sight first, so that nobody finds half a session; what cannot be removed then is tried again another day,
 * as what a launch leaves that was cut off. False: somebody else has removed it.
 * @param mark makes the new name a new one
 */
export async function removeFolder(directory: string, mark: string): Promise<boolean> {
  const away = join(dirname(directory), `.staging-${basename(directory).replace(/^\.staging-/, '')}-${mark}`);
  try {
    await rename(directory, away);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  try {
    // It removes links, not what they lead to.
    await rm(away, { recursive: true, force: true, maxRetries: 2, retryDelay: 100 });
  } catch (error) {
    // `path` says what could not be removed; it is in there.
    if (!(await isHeldOpen(away))) throw error;
  }
  return true;
}

/** NFS keeps what somebody has open under such a name, until it is closed. */
async function isHeldOpen(path: string): Promise<boolean> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.length > 0 && files.every(({ name }) => name.startsWith('.nfs'));
}
