/** `start-jupyter wait` */
import { StartJupyterError } from '../../errors.js';
import type { Host } from '../host.js';
import type { SystemFlags } from '../options.js';

export function waitCommand(
  _id: string | undefined,
  _flags: SystemFlags & { until?: string; timeout?: string; json?: boolean },
  _host: Host,
): Promise<number> {
  return Promise.reject(new StartJupyterError('unexpected', 'not built yet'));
}
