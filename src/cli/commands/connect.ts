/** `start-jupyter connect` */
import { StartJupyterError } from '../../errors.js';
import type { Host } from '../host.js';
import type { SystemFlags } from '../options.js';

export function connectCommand(
  _id: string | undefined,
  _flags: SystemFlags & { localPort?: string; json?: boolean },
  _host: Host,
): Promise<void> {
  return Promise.reject(new StartJupyterError('unexpected', 'not built yet'));
}
