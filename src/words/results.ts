/** What is said of results that cannot be shown, and of what should not happen. */
import { StartJupyterError } from '../errors.js';
import { EXIT_CODES } from './exit-codes.js';

export function noOutput(cause: Error): StartJupyterError {
  return new StartJupyterError('no-output', `The result cannot be written: ${cause.message}.`, { cause });
}

/** A bug of ours. */
export function unexpected(error: unknown): StartJupyterError {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new StartJupyterError('unexpected', 'Something happened that should not.', {
    cause: error,
    detail: what,
    hint: `Please report it with the lines above (exit status ${EXIT_CODES.unexpected.code}).`,
  });
}
