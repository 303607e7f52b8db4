/** `start-jupyter doctor` */
import type { Host } from '../host.js';

export async function doctorCommand(flags: { system?: string; json?: boolean }, host: Host): Promise<number> {
  return Promise.reject(new Error(`not yet: ${JSON.stringify([flags, host.cwd])}`));
}
