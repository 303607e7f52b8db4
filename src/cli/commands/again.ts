/** `start-jupyter again` */
import type { Command } from 'commander';
import { StartJupyterError } from '../../errors.js';
import type { Host } from '../host.js';
import type { LaunchFlags } from '../options.js';

export function againCommand(
  _id: string | undefined,
  _given: { typed: LaunchFlags; program: Command },
  _host: Host,
): Promise<number> {
  return Promise.reject(new StartJupyterError('unexpected', 'not built yet'));
}
