/**
 * One proxy a store. The lock is the kernel's, on an open file, so it ends with the process however that ends;
 * SQLite's own, a directory in this port of it, would stay behind after a kill.
 */
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { StartJupyterError } from '../../errors.js';

/** The open(2) flag O_EXLOCK, which takes the lock with the file; Linux does not have it, Node does not name it. */
const O_EXLOCK: Partial<Record<NodeJS.Platform, number>> = { darwin: 0x20, freebsd: 0x20, openbsd: 0x20 };
const TAKEN = 1;
const LIMIT_MS = 10_000;

/** Resolves with what gives the lock back. Throws StartJupyterError 'bad-store' when it is taken, 'no-tool' without flock. */
export async function lockStore(file: string): Promise<() => void> {
  const flag = O_EXLOCK[process.platform];
  const descriptor = open(file, flag);
  try {
    if (flag === undefined) await lock(descriptor, file);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return () => closeSync(descriptor);
}

/** Node opens everything close-on-exec: no program that the proxy starts can keep the lock. */
function open(file: string, exclusive: number | undefined): number {
  const flags = constants.O_RDWR | constants.O_CREAT;
  try {
    if (exclusive === undefined) return openSync(file, flags, 0o600);
    return openSync(file, flags | exclusive | constants.O_NONBLOCK, 0o600);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (exclusive !== undefined && code === 'EAGAIN') throw taken(file);
    throw new StartJupyterError('bad-store', `${file} cannot be opened: ${message}`, { cause });
  }
}

/** Node cannot lock a file. flock(1) can, on a descriptor that it is given: the lock then belongs to our open file. */
function lock(descriptor: number, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const flock = spawn('flock', ['-n', '3'], {
      stdio: ['ignore', 'ignore', 'pipe', descriptor],
      timeout: LIMIT_MS,
    });
    let said = '';
    flock.stderr?.on('data', (data: Buffer) => (said += data.toString()));
    flock.once('error', (cause) => reject(noFlock(cause)));
    flock.once('close', (code) => {
      if (code === 0) resolve();
      else reject(code === TAKEN ? taken(file) : cannotLock(file, said));
    });
  });
}

function taken(file: string): StartJupyterError {
  return new StartJupyterError('bad-store', `Another proxy uses this store: ${file} is locked.`, {
    hint: `Stop it, or give each proxy a folder of its own with the setting store. "fuser -v ${file}" names it.`,
  });
}

function cannotLock(file: string, said: string): StartJupyterError {
  return new StartJupyterError('bad-store', `${file} cannot be locked.`, {
    detail: said.trim(),
    hint: 'The folder of the store must be on a file system with locks, best on a disk of this machine.',
  });
}

function noFlock(cause: Error): StartJupyterError {
  return new StartJupyterError(
    'no-tool',
    'The program flock is needed to lock the store, and cannot be run.',
    {
      hint: 'It is part of util-linux and of busybox. Without it: "store: memory", which forgets all sessions at a restart.',
      detail: cause.message,
      cause,
    },
  );
}
