/** `start-jupyter logs` */
import { StartJupyterError } from '../../errors.js';
import type { Host } from '../host.js';
import type { SystemFlags } from '../options.js';

export function logsCommand(
  _id: string | undefined,
  _flags: SystemFlags & { follow?: boolean; lines?: string },
  _host: Host,
): Promise<void> {
  return Promise.reject(new StartJupyterError('unexpected', 'not built yet'));
}
