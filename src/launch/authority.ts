/** The certificate authority against which the proxy is checked, when it is a private one. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { System } from '../site/system.js';
import { BAD_AUTHORITY, badAuthority } from '../words/launch.js';
import type { LaunchContext } from './context.js';
import { homeDirectory, typedPath } from './home.js';
import type { LaunchOptions } from './options.js';

/** PEM; undefined: the authorities that everybody trusts. Throws 'bad-option' or 'bad-configuration'. */
export async function authority(
  { env, cwd }: Pick<LaunchContext, 'env' | 'cwd'>,
  options: LaunchOptions,
  system: { values: Pick<System['values'], 'ca'> },
): Promise<string | undefined> {
  const { ca } = options;
  const file = ca === undefined ? system.values.ca : typedPath(ca, homeDirectory(env), cwd);
  if (file === undefined) return undefined;
  const refuse = (why: string): never => {
    throw badAuthority(file, why, options.ca !== undefined);
  };
  const pem = await readFile(file, 'utf8').catch((error: unknown) =>
    refuse(BAD_AUTHORITY.unreadable((error as NodeJS.ErrnoException).code ?? 'unknown error')),
  );
  return isCertificate(pem) ? pem : refuse(BAD_AUTHORITY.empty);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
