/** The notebook's top-level directory, from what was typed. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { StartJupyterError } from '../errors.js';
import { typedPath } from './home.js';

/** Absolute path of an existing directory that can be read and entered. `typed` is relative to `cwd`; none: home. */
export async function notebookDirectory(
  typed: string | undefined,
  home: string,
  cwd: string,
): Promise<string> {
  const path = typed === undefined ? home : typedPath(typed, home, cwd);
  const refuse = (why: string, hint: string): never => {
    throw new StartJupyterError('bad-directory', `The directory ${JSON.stringify(path)} ${why}.`, { hint });
  };
  const facts = await stat(path).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    return refuse(
      code === 'ENOENT' || code === 'ENOTDIR'
        ? 'does not exist'
        : `cannot be looked at (${code ?? 'unknown error'})`,
      'Name an existing directory with --dir, or make it first.',
    );
  });
  if (!facts.isDirectory()) refuse('is not a directory', 'Name the directory that the file is in.');
  await access(path, constants.R_OK | constants.X_OK).catch(() =>
    refuse('may not be read by you', 'Name a directory of your own with --dir.'),
  );
  return path;
}
