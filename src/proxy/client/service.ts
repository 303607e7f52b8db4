/** Which service a command calls, as its options name it. */
import { resolve } from 'node:path';
import { manageHost } from '../../satellite/protocol.js';
import { readText } from '../configuration/files.js';
import { valueOf, type Reader } from '../configuration/reader.js';

export interface Service {
  /** `https://manage.DOMAIN[:PORT]` */
  origin: URL;
  /** PEM; replaces the roots that Node trusts by itself. */
  ca?: string;
}

/** Throws StartJupyterError: 'bad-option' for --to, 'bad-configuration' for --ca. */
export function readService({ to, ca }: { to: string; ca?: string | undefined }, folder: string): Service {
  const origin = valueOf({ value: to, where: '--to', folder, code: 'bad-option' }, serviceUrl);
  return { origin, ca: ca === undefined ? undefined : readText(resolve(folder, ca), '--ca') };
}

const serviceUrl: Reader<URL> = {
  read: (value) => serviceOrigin(String(value)),
  expected: 'https://manage.DOMAIN or https://manage.DOMAIN:PORT, or DOMAIN or DOMAIN:PORT for short',
};

/** `https://manage.DOMAIN[:PORT]`, or `DOMAIN[:PORT]` for short. Undefined for what is neither. */
export function serviceOrigin(text: string): URL | undefined {
  const url = text.includes('://') ? text : `https://${text.startsWith('manage.') ? text : manageHost(text)}`;
  if (!URL.canParse(url)) return undefined;
  const origin = new URL(url);
  const bare = origin.protocol === 'https:' && origin.href === `${origin.origin}/`;
  return bare && /^[^.].*\.[^.]/.test(origin.hostname) ? origin : undefined;
}
