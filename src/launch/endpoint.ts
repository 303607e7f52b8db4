/** How a browser gets to what is launched: through which proxy, or by ssh. */
import type { Endpoint } from '../satellite/client.js';
import { badEndpoint, noEndpoint } from '../words/launch.js';
import { endpointWithSsh, onlyWithSsh } from '../words/ssh.js';
import type { LaunchOptions } from './options.js';
import type { Prepared } from './prepare.js';

/** `DOMAIN` or `DOMAIN:PORT`, without scheme and without `manage.`; no address, there are names below it. Throws 'bad-option'. */
export function parseEndpoint(text: string): { domain: string; port: number } {
  const [, domain = '', port = '443'] = /^([a-z0-9]+(?:[-.][a-z0-9]+)*)(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const name =
    // What the DNS can hold, with a session's name before it.
    domain.split('.').every(({ length }) => length > 0 && length <= 63) &&
    domain.length <= 200 &&
    !/^manage\./i.test(domain) &&
    URL.canParse(`https://manage.${domain}`);
  if (!name || Number(port) < 1 || Number(port) > 65_535) {
    throw badEndpoint(text);
  }
  return { domain: domain.toLowerCase(), port: Number(port) };
}

/** Undefined: the system has no proxy of its own and nobody named one. */
export function endpointOf(
  options: Pick<LaunchOptions, 'endpoint'>,
  prepared: Pick<Prepared, 'system' | 'ca'> & { scheduler: Pick<Prepared['scheduler'], 'kind'> },
): Endpoint | undefined {
  const { endpoint, protocol } = prepared.system.values;
  const where = options.endpoint ?? (endpoint === undefined ? undefined : parseEndpoint(endpoint));
  if (where === undefined) {
    if (prepared.scheduler.kind === 'local') return undefined;
    throw noEndpoint(prepared.system.name);
  }
  return { ...where, protocol, ...(prepared.ca === undefined ? {} : { ca: prepared.ca }) };
}

export type Reach = Endpoint | 'ssh';

/** Undefined: by a proxy inside the command. */
export function reachOf(
  options: Parameters<typeof isBySsh>[0],
  prepared: Parameters<typeof endpointOf>[1],
): Reach | undefined {
  return isBySsh(options, prepared.system) ? 'ssh' : endpointOf(options, prepared);
}

/**
 * What was typed beats a variable, and a proxy that was named beats what the system says.
 * @throws StartJupyterError 'bad-option' for what contradicts itself
 */
export function isBySsh(
  options: Pick<LaunchOptions, 'endpoint' | 'connect' | 'sshWay' | 'localPort' | 'from'>,
  system: { values: { connect?: 'proxy' | 'ssh' } },
): boolean {
  const { endpoint, connect } = options;
  const named = (key: 'endpoint' | 'connect' | 'ssh_way' | 'local_port') => options.from(key);
  const typed = (key: Parameters<typeof named>[0]) => named(key).startsWith('--');
  if (connect === 'ssh' && endpoint !== undefined && typed('connect') === typed('endpoint')) {
    throw endpointWithSsh(named('connect'), named('endpoint'));
  }
  const proxyNamed = endpoint !== undefined && !(connect === 'ssh' && typed('connect'));
  const ssh = !proxyNamed && (connect ?? system.values.connect) === 'ssh';
  if (!ssh && options.sshWay !== undefined && typed('ssh_way')) throw onlyWithSsh(named('ssh_way'));
  if (!ssh && options.localPort !== undefined && typed('local_port')) throw onlyWithSsh(named('local_port'));
  return ssh;
}
