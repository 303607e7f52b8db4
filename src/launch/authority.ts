/** The certificate authority against which the proxy is checked, when it is a private one. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { StartJupyterError } from '../errors.js';
import type { System } from '../site/system.js';
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
    const code = options.ca === undefined ? 'bad-configuration' : 'bad-option';
    throw new StartJupyterError(code, `The certificate authority ${JSON.stringify(file)} ${why}.`, {
      hint: 'It is a PEM file, with a line "-----BEGIN CERTIFICATE-----".',
    });
  };
  const pem = await readFile(file, 'utf8').catch((error: unknown) =>
    refuse(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`),
  );
  return isCertificate(pem) ? pem : refuse('holds no certificate');
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
