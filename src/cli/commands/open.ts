/** `start-jupyter open` */
import { StartJupyterError } from '../../errors.js';
import type { Host } from '../host.js';
import type { SystemFlags } from '../options.js';

export function openCommand(_id: string | undefined, _flags: SystemFlags, _host: Host): Promise<void> {
  return Promise.reject(new StartJupyterError('unexpected', 'not built yet'));
}
