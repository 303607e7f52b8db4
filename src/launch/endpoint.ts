/** Which proxy a launch goes to. */
import { StartJupyterError } from '../errors.js';
import type { Endpoint } from '../satellite/client.js';
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
    throw new StartJupyterError('bad-option', `${JSON.stringify(text)} is no endpoint.`, {
      hint: 'It is the proxy’s domain without https:// and manage., with a port if that is not 443: jupyter.example.org or jupyter.example.org:8443.',
    });
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
    throw new StartJupyterError(
      'bad-configuration',
      `No proxy is known for the system ${prepared.system.name}.`,
      { hint: 'Name its domain with --endpoint HOST[:PORT], or with "endpoint:" in systems.yaml.' },
    );
  }
  return { ...where, protocol, ...(prepared.ca === undefined ? {} : { ca: prepared.ca }) };
}
