/** Which service a command calls, as its options name it. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { StartJupyterError } from '../../errors.js';
import { manageHost } from '../../satellite/protocol.js';

export interface Service {
  /** `https://manage.DOMAIN[:PORT]` */
  origin: URL;
  /** PEM; replaces the roots that Node trusts by itself. */
  ca?: string;
}

/** Throws StartJupyterError: 'bad-option' for --to, 'bad-configuration' for --ca. */
export function readService({ to, ca }: { to: string; ca?: string | undefined }, folder: string): Service {
  const origin = serviceOrigin(to);
  if (!origin) {
    throw new StartJupyterError('bad-option', `--to: ${JSON.stringify(to)} will not do.`, {
      hint: 'Expected: https://manage.DOMAIN or https://manage.DOMAIN:PORT, or DOMAIN or DOMAIN:PORT for short.',
    });
  }
  return ca === undefined ? { origin } : { origin, ca: readCa(resolve(folder, ca)) };
}

/** `https://manage.DOMAIN[:PORT]`, or `DOMAIN[:PORT]` for short. Undefined for what is neither. */
export function serviceOrigin(text: string): URL | undefined {
  const url = text.includes('://') ? text : `https://${text.startsWith('manage.') ? text : manageHost(text)}`;
  if (!URL.canParse(url)) return undefined;
  const origin = new URL(url);
  const bare = origin.protocol === 'https:' && origin.href === `${origin.origin}/`;
  return bare && /^[^.].*\.[^.]/.test(origin.hostname) ? origin : undefined;
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StartJupyterError('bad-configuration', `--ca: ${file} cannot be read.`, {
      detail: cause instanceof Error ? cause.message : undefined,
      cause,
    });
  }
}
