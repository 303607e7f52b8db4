/** `start-jupyter list` */
import { StartJupyterError } from '../../errors.js';
import type { Host } from '../host.js';
import type { SystemFlags } from '../options.js';

export function listCommand(
  _flags: SystemFlags & { all?: boolean; json?: boolean },
  _host: Host,
): Promise<void> {
  return Promise.reject(new StartJupyterError('unexpected', 'not built yet'));
}
