/** Removes the folder of a session, which others may be looking at just now. */
import { lstat, readdir, rename, rmdir, unlink } from 'node:fs/promises';
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
  await removeAll(away);
  return true;
}

/**
 * Links are removed, not what they lead to. What cannot be removed keeps nothing else from it. False: somebody has something
 * of it open, which NFS then keeps under a name of its own until it is closed.
 * @throws the first thing that could not be removed, with its path
 */
async function removeAll(folder: string): Promise<boolean> {
  let isHeld = false;
  let failure: Error | undefined;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    try {
      if (!entry.isDirectory()) await unlink(path);
      else if (!(await removeAll(path))) isHeld = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      if (isHeldOpen(entry.name)) isHeld = true;
      else failure ??= error as Error;
    }
  }
  if (failure !== undefined) throw failure;
  return !isHeld && (await removeEmpty(folder));
}

/** What was removed just now may be back under such a name. */
async function removeEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    const names = await readdir(folder).catch(() => []);
    if (names.length > 0 && names.every(isHeldOpen)) return false;
    throw error;
  }
}

function isHeldOpen(name: string): boolean {
  return name.startsWith('.nfs');
}
