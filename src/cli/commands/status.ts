/** `start-jupyter status` */
import { StartJupyterError } from '../../errors.js';
import type { Host } from '../host.js';
import type { SystemFlags } from '../options.js';

export function statusCommand(
  _id: string | undefined,
  _flags: SystemFlags & { json?: boolean },
  _host: Host,
): Promise<void> {
  return Promise.reject(new StartJupyterError('unexpected', 'not built yet'));
}
