import { resolve } from 'node:path';
import { VERSION } from '../../version.js';
import { readConfiguration } from '../configuration.js';
import { readCertificates, readToken } from '../files.js';
import { jsonLog } from '../log.js';
import { givenOptions, readSettings, type Key } from '../options.js';
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
  const proxy = await startProxy({
    ...settings,
    certificates: readCertificates(settings),
    feederSecret: readToken(settings.feederSecretFile, 'feeder_secret_file'),
    adminToken: readToken(settings.adminTokenFile, 'admin_token_file'),
    store: undefined,
    log,
  });
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
