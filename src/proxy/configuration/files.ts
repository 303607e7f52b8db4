/** The files that the configuration names: certificates, keys, secrets. */
import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { messageOf, StartJupyterError } from '../../errors.js';
import type { CertificatePair } from '../proxy-options.js';
import type { Settings } from './settings.js';

/**
 * Throws StartJupyterError('bad-configuration') for what cannot be read and for a key that everybody may read. Asynchronous,
 * because it is done again and again while the proxy runs, and a file system may hang.
 */
export function readCertificates({
  certificateFiles,
  keyFiles,
}: Pick<Settings, 'certificateFiles' | 'keyFiles'>): Promise<CertificatePair[]> {
  return Promise.all(
    certificateFiles.map(async (file, index) => {
      const keyFile = keyFiles[index] ?? '';
      const read = (path: string, key: string) =>
        readFile(path, 'utf8').catch((cause: unknown) => Promise.reject(cannotRead(path, key, cause)));
      const [certificatePem, keyPem] = [await read(file, 'certificate'), await read(keyFile, 'key')];
      checkSecret(keyPem, keyFile, 'key');
      return { certificatePem, keyPem };
    }),
  );
}

/** A secret of one line; `key` is the setting or option that names its file. Undefined where none does; throws as {@link readCertificates}. */
export function readToken(file: string | undefined, key: string): string | undefined {
  if (file === undefined) return undefined;
  const text = readText(file, key);
  checkSecret(text, file, key);
  return text.trim();
}

/** `key` is the setting or option that names the file. Throws as {@link readCertificates}. */
export function readText(file: string, key: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw cannotRead(file, key, cause);
  }
}

function cannotRead(file: string, key: string, cause: unknown): StartJupyterError {
  return new StartJupyterError('bad-configuration', `${key}: ${file} cannot be read.`, {
    detail: messageOf(cause),
    hint: 'A relative path starts from the folder of the configuration file, that of an option from the current folder.',
    cause,
  });
}

function checkSecret(text: string, file: string, key: string): void {
  if (text.trim() === '') throw new StartJupyterError('bad-configuration', `${key}: ${file} is empty.`);
  if (process.platform !== 'win32' && (statSync(file).mode & 0o007) !== 0) {
    throw new StartJupyterError(
      'bad-configuration',
      `${key}: every user of this machine may read or change ${file}.`,
      {
        hint: `chmod o= ${file}`,
      },
    );
  }
}
