/** `start-jupyter profiles` */
import type { Host } from '../host.js';

export async function listProfiles(flags: { system?: string; json?: boolean }, host: Host): Promise<void> {
  return Promise.reject(new Error(`not yet: ${JSON.stringify([flags, host.cwd])}`));
}
