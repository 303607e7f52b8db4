/** What is said about logs. */
import { messageOf, StartJupyterError } from '../errors.js';
import type { Called } from './following.js';

export function badLines(value: string): StartJupyterError {
  return new StartJupyterError('bad-option', `--lines cannot be ${JSON.stringify(value)}.`, {
    hint: 'It is a whole number, or "all".',
  });
}

export function emptyLog({ id, log }: Called): string {
  return `Its log is empty: ${log}\nHow the session is: start-jupyter status ${id}`;
}

export function logAnew(): string {
  return 'The log begins anew:';
}

export function unreadableLog(path: string, error: unknown): StartJupyterError {
  return new StartJupyterError('bad-directory', `The log ${JSON.stringify(path)} cannot be read.`, {
    cause: error,
    hint: messageOf(error),
  });
}

export function unwritable(error: unknown): StartJupyterError {
  return new StartJupyterError('no-output', `The log cannot be written: ${messageOf(error)}.`, {
    cause: error,
  });
}
