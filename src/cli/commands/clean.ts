/** `start-jupyter clean` */
import { StartJupyterError } from '../../errors.js';
import type { Host } from '../host.js';
import type { SystemFlags } from '../options.js';

export function cleanCommand(
  _flags: SystemFlags & { all?: boolean; dryRun?: boolean; json?: boolean },
  _host: Host,
): Promise<void> {
  return Promise.reject(new StartJupyterError('unexpected', 'not built yet'));
}
