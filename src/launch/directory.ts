/** The notebook's top-level directory, from what was typed. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { BAD_DIRECTORY, badDirectory } from '../words/launch.js';
import { typedPath } from './home.js';

/** Absolute path of an existing directory that can be read and entered. `typed` is relative to `cwd`; none: home. */
export async function notebookDirectory(
  typed: string | undefined,
  home: string,
  cwd: string,
): Promise<string> {
  const path = typed === undefined ? home : typedPath(typed, home, cwd);
  const refuse = ([what, hint]: readonly [what: string, hint: string]): never => {
    throw badDirectory(path, what, hint);
  };
  const facts = await stat(path).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    return refuse(missing ? BAD_DIRECTORY.missing : BAD_DIRECTORY.hidden(code ?? 'unknown error'));
  });
  if (!facts.isDirectory()) refuse(BAD_DIRECTORY.file);
  await access(path, constants.R_OK | constants.X_OK).catch(() => refuse(BAD_DIRECTORY.closed));
  return path;
}
