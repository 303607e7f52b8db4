/** The files that the configuration names: certificates, keys, secrets. */
import { readFileSync, statSync } from 'node:fs';
import { StartJupyterError } from '../errors.js';
import type { CertificatePair } from './data/certificates.js';
import type { Key, Settings } from './options.js';

/** Throws StartJupyterError('bad-configuration') for what cannot be read and for a key that everybody may read. */
export function readCertificates({ certificateFiles, keyFiles }: Settings): CertificatePair[] {
  return certificateFiles.map((file, index) => ({
    certificatePem: readText(file, 'certificate'),
    keyPem: readSecret(keyFiles[index] ?? '', 'key'),
  }));
}

/** A secret of one line. Undefined where none is configured; throws as {@link readCertificates}. */
export function readToken(file: string | undefined, key: Key): string | undefined {
  return file === undefined ? undefined : readSecret(file, key).trim();
}

function readText(file: string, key: Key): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StartJupyterError('bad-configuration', `${key}: ${file} cannot be read.`, {
      detail: cause instanceof Error ? cause.message : undefined,
      hint: 'A relative path starts from the folder of the configuration file.',
      cause,
    });
  }
}

function readSecret(file: string, key: Key): string {
  const text = readText(file, key);
  if (text.trim() === '') throw new StartJupyterError('bad-configuration', `${key}: ${file} is empty.`);
  if (process.platform !== 'win32' && (statSync(file).mode & 0o007) !== 0) {
    throw new StartJupyterError(
      'bad-configuration',
      `${key}: every user of this machine may read or change ${file}.`,
      {
        hint: `chmod 600 ${file}`,
      },
    );
  }
  return text;
}
