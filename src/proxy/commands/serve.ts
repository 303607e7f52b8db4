import { resolve } from 'node:path';
import { StartJupyterError } from '../../errors.js';
import { VERSION } from '../../version.js';
import { readCertificates, readToken } from '../configuration/files.js';
import type { Key } from '../configuration/keys.js';
import { readConfiguration } from '../configuration/proxy-yaml.js';
import { givenOptions, readSettings, type Settings } from '../configuration/settings.js';
import { placeText } from '../network/addresses.js';
import { createEvents } from '../operation/events.js';
import type { Metrics } from '../operation/metrics.js';
import { startRedirect } from '../operation/redirect.js';
import { watchCertificates } from '../operation/renewal.js';
import { takeSockets } from '../operation/systemd.js';
import type { Place, RunningProxy } from '../proxy-options.js';
import { systemClock } from '../registry/clock.js';
import { startProxy } from '../server.js';
import { storeFolder } from '../store/folder.js';
import { openStore } from '../store/open-store.js';
import type { Surroundings } from './surroundings.js';

/** Resolves once it was asked to stop and has. */
export async function serve(
  config: string | undefined,
  given: Partial<Record<Key, unknown>>,
  { folder, env, stderr, openLog, now, onHangup, stopped }: Surroundings,
): Promise<void> {
  const handed = takeSockets(env, process.pid);
  const configured = config === undefined ? {} : readConfiguration(resolve(folder, config));
  const settings = readSettings({ ...configured, ...givenOptions(given, folder) });
  const metrics = settings.metricsListen && (await import('../operation/metrics.js')).createMetrics();
  const { auditLogFile } = settings;
  const events = createEvents({ main: openLog(), auditLogFile, count: metrics?.count }, now);
  const { log } = events;
  // Asked for before anything listens: a signal from now on ends the proxy in order.
  const stop = stopped();
  let reload: () => void = () => undefined;
  onHangup(() => {
    events.reopen();
    reload();
  });
  let storeDied: (error: Error) => void = () => undefined;
  const dead = new Promise<Error>((resolve) => (storeDied = resolve));
  const certificates = await readCertificates(settings);
  const stateFolder = storeFolder(settings.store, env);
  const proxy = await startProxy({
    ...settings,
    listen: handed.https ?? settings.listen,
    certificates,
    feederSecret: readToken(settings.feederSecretFile, 'feeder_secret_file'),
    adminToken: readToken(settings.adminTokenFile, 'admin_token_file'),
    ...(stateFolder !== undefined && { openStore: () => openStore(stateFolder, log, storeDied) }),
    log,
  });
  const besides = await listenBeside(settings, proxy, metrics, handed.http ?? settings.redirectListen);
  const renewal = watchCertificates({
    read: () => readCertificates(settings),
    use: proxy.useCertificates,
    current: certificates,
    clock: systemClock,
    log,
  });
  reload = () => void renewal.reload();
  log('listening', { address: proxy.address, port: proxy.port, domain: settings.domain, version: VERSION });
  stderr(
    `start-jupyter-proxy ${VERSION} listens on ${placeText(proxy)} for *.${settings.domain}\n` +
      `Control: ${proxy.controlUrl}, for ${settings.trustedNetworks.join(' ') || 'nobody: set trusted_networks'}\n` +
      (stateFolder === undefined
        ? 'Sessions are kept in memory: a restart forgets them.\n'
        : `Sessions are kept in ${stateFolder}.\n`),
  );
  const why = await Promise.race([stop, dead]);
  renewal.stop();
  besides.forEach((close) => close());
  await proxy.close(settings.limits.drainTimeout);
  log('stopped', why instanceof Error ? { error: why.message } : { signal: why });
  await events.close();
  // Started again it keeps every session; going on it could keep none.
  if (why instanceof Error) {
    throw new StartJupyterError('bad-store', why.message, {
      hint: 'Start the proxy again; its sessions are kept. If it happens again, look at the disk.',
      cause: why,
    });
  }
}

/** What listens besides the proxy; each can be closed. When one cannot listen, the proxy does not either. */
async function listenBeside(
  settings: Settings,
  proxy: RunningProxy,
  metrics: Metrics | undefined,
  redirectPlace: Place | undefined,
): Promise<(() => void)[]> {
  const besides: (() => void)[] = [];
  try {
    const { metricsListen, publicPort = proxy.port } = settings;
    if (metrics && metricsListen) besides.push((await metrics.serve(metricsListen, proxy.status)).close);
    if (redirectPlace) besides.push((await startRedirect(redirectPlace, { ...settings, publicPort })).close);
    return besides;
  } catch (error) {
    besides.forEach((close) => close());
    await proxy.close();
    throw error;
  }
}
