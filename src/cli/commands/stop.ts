/** `start-jupyter stop` */
import { StartJupyterError } from '../../errors.js';
import type { Host } from '../host.js';
import type { SystemFlags } from '../options.js';

export function stopCommand(
  _ids: readonly string[],
  _flags: SystemFlags & { all?: boolean; json?: boolean },
  _host: Host,
): Promise<number> {
  return Promise.reject(new StartJupyterError('unexpected', 'not built yet'));
}
