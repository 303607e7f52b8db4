/** `start-jupyter templates` */
import type { Host } from '../host.js';

export async function listTemplates(flags: { system?: string; json?: boolean }, host: Host): Promise<void> {
  return Promise.reject(new Error(`not yet: ${JSON.stringify([flags, host.cwd])}`));
}

export async function showTemplate(
  name: string,
  flags: { system?: string; json?: boolean },
  host: Host,
): Promise<void> {
  return Promise.reject(new Error(`not yet: ${JSON.stringify([flags, host.cwd, name])}`));
}

export async function copyTemplate(
  name: string,
  to: string | undefined,
  flags: { system?: string; json?: boolean },
  host: Host,
): Promise<void> {
  return Promise.reject(new Error(`not yet: ${JSON.stringify([flags, host.cwd, name, to])}`));
}

export async function checkTemplateFile(
  file: string,
  flags: { system?: string; json?: boolean },
  host: Host,
): Promise<void> {
  return Promise.reject(new Error(`not yet: ${JSON.stringify([flags, host.cwd, file])}`));
}
