/** Files that are written as a whole: who reads, on whichever machine, sees the old one or the new one. */
import { link, open, rename, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/**
 * Puts a file of mode 0600 in the place of another one.
 * @throws what the system says; then the old one is still there and nothing is beside it
 */
export async function replaceFile(path: string, content: string): Promise<void> {
  await throughTemporary(path, content, (temporary) => rename(temporary, path));
}

/** Puts a file of mode 0600 where there is none; false: there is one, which stays. @throws what the system says */
export async function createFile(path: string, content: string): Promise<boolean> {
  try {
    // A link never replaces anything, and what it makes is whole at once.
    await throughTemporary(path, content, (temporary) => link(temporary, path));
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.includes(code)) throw error;
  }
  return await createAtOnce(path, content);
}

/** What file systems say that know no hard links. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV', 'EINVAL'];

async function createAtOnce(path: string, content: string): Promise<boolean> {
  try {
    await writeSynced(path, content);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function throughTemporary(
  path: string,
  content: string,
  give: (temporary: string) => Promise<void>,
): Promise<void> {
  // A home is shared: another machine has processes with the same numbers.
  const unique = `${hostname()}-${process.pid}-${randomBytes(6).toString('hex')}`;
  const temporary = join(dirname(path), `.${basename(path)}.${unique}`);
  try {
    await writeSynced(temporary, content);
    await give(temporary);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** To the disk before it counts: NFS says only then that there is no room. */
async function writeSynced(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}
