/** The folder of a store: nobody else's, for nobody else to read. */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { StartJupyterError } from '../../errors.js';

const USUAL_FOLDER = '/var/lib/start-jupyter-proxy';

/**
 * Where sessions are kept: a folder, or undefined for memory. `configured` is the setting; systemd names its
 * `StateDirectory=` in the environment.
 */
export function storeFolder(configured: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  if (configured === 'memory') return undefined;
  // Several state directories are joined by colons; the first is meant.
  return configured ?? (env['STATE_DIRECTORY']?.split(':')[0] || USUAL_FOLDER);
}

const OTHERS = 0o077;

/**
 * Makes the folder, mode 0700, if it is not there and the one above is. Throws StartJupyterError 'bad-directory' or
 * 'unsafe-directory'.
 */
export function prepareFolder(folder: string): void {
  if (!existsSync(folder)) {
    reached(folder, () => mkdirSync(folder));
    chmodSync(folder, 0o700);
    syncFolder(dirname(folder));
  }
  const found = reached(folder, () => statSync(folder));
  if (!found.isDirectory()) throw bad(folder, 'is not a folder');
  const { mode, uid } = found;
  const user = process.geteuid?.();
  if (uid !== user) {
    throw new StartJupyterError(
      'unsafe-directory',
      `The store ${folder} belongs to user ${uid}, and the proxy runs as user ${user ?? 'unknown'}.`,
      { hint: 'Run the proxy as the owner, or give it a folder of its own with the setting store.' },
    );
  }
  if ((mode & OTHERS) !== 0) {
    throw new StartJupyterError(
      'unsafe-directory',
      `The store ${folder} is open to other users (mode ${(mode & 0o777).toString(8).padStart(4, '0')}).`,
      { hint: `If it holds nothing but the store: chmod 700 ${folder}` },
    );
  }
  reached(folder, () => accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK));
}

/** Without this a file that was just made or renamed may be gone after a power cut, with all that was synced into it. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const NOT_OURS = 'cannot be used by the user that the proxy runs as';
const WORDS: Record<string, string> = {
  ENOENT: 'cannot be made: the folder above is not there',
  ENOTDIR: 'cannot be made: its path leads through a file',
  EACCES: NOT_OURS,
  EPERM: NOT_OURS,
  EROFS: 'is on a file system that is read-only',
};

function reached<T>(folder: string, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw bad(folder, WORDS[code ?? ''] ?? `cannot be used: ${message}`, cause);
  }
}

function bad(folder: string, why: string, cause?: unknown): StartJupyterError {
  return new StartJupyterError('bad-directory', `The store ${folder} ${why}.`, {
    hint: 'The setting store is a folder of the user that the proxy runs as, or memory, which forgets all at a restart.',
    cause,
  });
}
