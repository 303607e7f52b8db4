/** Which proxy a launch goes to. */
import { StartJupyterError } from '../errors.js';
import type { Endpoint } from '../satellite/client.js';
import type { LaunchOptions } from './options.js';
import type { Prepared } from './prepare.js';

/** `DOMAIN` or `DOMAIN:PORT`, without scheme and without `manage.`. Throws 'bad-option' or the given code. */
export function parseEndpoint(text: string): { domain: string; port: number } {
  const [, domain = '', port = '443'] = /^([a-z0-9]+(?:[-.][a-z0-9]+)*)(?::(\d{1,5}))?$/i.exec(text) ?? [];
  if (domain === '' || Number(port) < 1 || Number(port) > 65_535) {
    throw new StartJupyterError('bad-option', `"${text}" is no endpoint.`, {
      hint: 'It is the proxy’s domain, with a port if that is not 443: --endpoint jupyter.example.org or jupyter.example.org:8443.',
    });
  }
  return { domain: domain.toLowerCase(), port: Number(port) };
}

/** Undefined: the system has no proxy of its own and nobody named one. */
export function endpointOf(options: LaunchOptions, prepared: Prepared): Endpoint | undefined {
  const { endpoint, protocol } = prepared.system.values;
  const where = options.endpoint ?? (endpoint === undefined ? undefined : parseEndpoint(endpoint));
  if (where === undefined) {
    if (prepared.scheduler.kind === 'local') return undefined;
    throw new StartJupyterError(
      'bad-configuration',
      `No proxy is known for the system ${prepared.system.name}.`,
      {
        hint: 'Name its domain with --endpoint HOST[:PORT], or "endpoint:" in systems.yaml.',
      },
    );
  }
  return { ...where, protocol, ...(prepared.ca === undefined ? {} : { ca: prepared.ca }) };
}
