import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { StartJupyterError } from '../../errors.js';
import { VERSION } from '../../version.js';
import { jsonLog } from '../log.js';
import { readConfiguration } from '../configuration.js';
import { givenOptions, readSettings, type Key, type Settings } from '../options.js';
import { startProxy } from '../server.js';
import type { Surroundings } from '../surroundings.js';

/** Resolves once it was asked to stop and has. */
export async function serve(
  config: string | undefined,
  given: Partial<Record<Key, unknown>>,
  { folder, stdout, stderr, now, stopped }: Surroundings,
): Promise<void> {
  const configured = config === undefined ? {} : readConfiguration(resolve(folder, config));
  const settings = readSettings({ ...configured, ...givenOptions(given, folder) });
  const log = jsonLog(stdout, now);
  // Asked for before anything listens: a signal from now on ends the proxy in order.
  const stop = stopped();
  const proxy = await startProxy({ ...settings, ...readFiles(settings), log });
  const place = proxy.address.includes(':') ? `[${proxy.address}]` : proxy.address;
  log('listening', { address: proxy.address, port: proxy.port, domain: settings.domain, version: VERSION });
  stderr(
    `start-jupyter-proxy ${VERSION} listens on ${place}:${proxy.port} for *.${settings.domain}\n` +
      `Control: ${proxy.controlUrl}, for ${settings.trustedNetworks.join(' ') || 'nobody: set trusted_networks'}\n` +
      'Sessions are kept in memory: a restart forgets them.\n',
  );
  const signal = await stop;
  await proxy.close();
  log('stopped', { signal });
}

function readFiles(settings: Settings) {
  return {
    certificatePem: readText(settings.certificateFile, 'certificate'),
    keyPem: readSecret(settings.keyFile, 'key'),
    feederSecret:
      settings.feederSecretFile === undefined
        ? undefined
        : readSecret(settings.feederSecretFile, 'feeder_secret_file').trim(),
  };
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
