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
