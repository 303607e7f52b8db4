/** A template as a new file, never over another one. */
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { StartJupyterError } from '../../errors.js';
import { typedPath } from '../home.js';
import { copyIsThere, copyNotWritten, noFolderForCopy } from '../../words/templates.js';

export interface CopyPlaces {
  /** The template's name (`slurm/astro.sh`); of a file elsewhere, what it would be called in a folder of templates. */
  name: string;
  /** The person's own folder of templates. */
  ownFolder: string;
  cwd: string;
  home: string;
}

/**
 * Where a copy goes: to the person's own folder, under the same name or under a new one (a word without `/` and `.sh`); or
 * into a folder, or to a file.
 */
export async function copyDestination(to: string | undefined, places: CopyPlaces): Promise<string> {
  const { name, ownFolder, cwd, home } = places;
  if (to === undefined) return join(ownFolder, name);
  const path = typedPath(to, home, cwd);
  if (await isFolder(path)) return join(path, basename(name));
  if (to.endsWith('/')) throw noFolderForCopy(path);
  if (/^[^./~][^/]*$/.test(to) && !to.endsWith('.sh')) return join(ownFolder, dirname(name), `${to}.sh`);
  return path;
}

/**
 * Writes the copy. Its folder is made when it belongs to the person's own folder of templates.
 * @throws StartJupyterError 'bad-option' when something is there already, 'bad-directory'
 */
export async function writeCopy(bytes: Uint8Array, path: string, ownFolder: string): Promise<void> {
  const folder = dirname(path);
  try {
    if (`${folder}/`.startsWith(`${ownFolder}/`)) await mkdir(folder, { recursive: true });
    const file = await open(path, 'wx', 0o666);
    try {
      await file.writeFile(bytes);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw notCopied(path, error as NodeJS.ErrnoException);
  }
}

function notCopied(path: string, { code = 'unknown error' }: NodeJS.ErrnoException): StartJupyterError {
  if (code === 'EEXIST') return copyIsThere(path);
  return code === 'ENOENT' ? noFolderForCopy(dirname(path)) : copyNotWritten(path, code);
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
