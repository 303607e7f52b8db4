import { StartJupyterError } from '../errors.js';

/** By Ctrl-C, or by who ends processes. */
export function interrupted(cause?: unknown): StartJupyterError {
  return new StartJupyterError('interrupted', 'Interrupted.', cause === undefined ? {} : { cause });
}
