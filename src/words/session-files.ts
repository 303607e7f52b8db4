/** What a person reads where sessions cannot be written. */
import { StartJupyterError } from '../errors.js';

const FULL =
  'The disk or your quota is full: free some space, or set XDG_STATE_HOME to a directory with room.';

const HINTS: Record<string, string> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EROFS:
    'The file system takes nothing new at the moment: tell your support, or set XDG_STATE_HOME to another directory.',
  ESTALE: 'The file server has lost sight of it: try again, log in anew, then tell your support.',
  EIO: 'The disk or the file server has a fault: try again, then tell your support.',
};

const ELSEWHERE = 'Set XDG_STATE_HOME to a directory on the shared file system in which you can write.';

export function cannotWrite(directory: string, error: unknown): StartJupyterError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new StartJupyterError(
    'bad-directory',
    `The session cannot be written under ${JSON.stringify(directory)} (${code ?? message}).`,
    { cause: error, hint: HINTS[code ?? ''] ?? ELSEWHERE },
  );
}

export function unfitForSessions(directory: string): StartJupyterError {
  return new StartJupyterError(
    'bad-directory',
    `Sessions cannot be kept under ${JSON.stringify(directory)}.`,
    {
      hint: 'The path holds a line break or a backslash, which schedulers do not take: set XDG_STATE_HOME to another one.',
    },
  );
}

export function notPrivate(directory: string): StartJupyterError {
  return new StartJupyterError(
    'unsafe-directory',
    `A file in ${JSON.stringify(directory)} cannot be kept private.`,
    {
      hint: 'The file system there does not hold file modes: set XDG_STATE_HOME to a directory on one that does.',
    },
  );
}

export function othersDirectory(path: string): StartJupyterError {
  return unsafe(path, 'belongs to another user', 'Set XDG_STATE_HOME to a directory of your own.');
}

/** `everybody`, or members of its group alone; `close`: the command that closes it. */
export function openDirectory(path: string, everybody: boolean, close: string): StartJupyterError {
  const who = everybody ? 'everybody' : 'other members of its group';
  return unsafe(
    path,
    `can be changed by ${who}`,
    `Close it (${close}) or set XDG_STATE_HOME to another directory.`,
  );
}

function unsafe(path: string, why: string, hint: string): StartJupyterError {
  return new StartJupyterError(
    'unsafe-directory',
    `Sessions are not safe under ${JSON.stringify(path)}: it ${why}.`,
    { hint },
  );
}
