/** What is said when the proxy does not answer, cannot be trusted, or refuses. */
import { sentence, StartJupyterError } from '../errors.js';

export const PERHAPS_BUSY = 'It may be busy or down: try again in a few minutes, then tell your support.';
export const REFUSES_CLASSIC =
  'This system is configured with "protocol: v1", which refuses a classic service.';

/** `host`: with its port. The rest of a URL is never said: a classic one holds the name, which is a credential there. */
export function proxyTooSlow(host: string, seconds: number, cause: unknown): StartJupyterError {
  return new StartJupyterError('proxy-unreachable', `The proxy ${host} did not answer within ${seconds} s.`, {
    cause,
    hint: PERHAPS_BUSY,
  });
}

export function proxyUnreachable(host: string, why: string, cause: unknown): StartJupyterError {
  return new StartJupyterError('proxy-unreachable', sentence(`The proxy ${host} cannot be reached: ${why}`), {
    cause,
    hint: 'Check the host name (--endpoint) and that this machine is inside the network that the proxy serves.',
  });
}

export function proxyUntrusted(host: string, why: string, cause: unknown): StartJupyterError {
  return new StartJupyterError(
    'proxy-untrusted',
    sentence(`The certificate of the proxy ${host} cannot be trusted: ${why}`),
    {
      cause,
      hint: 'If the proxy has a certificate of a private authority, name its file with --ca FILE. Nothing was sent.',
    },
  );
}

/** It speaks no TLS or no HTTP, or sends far too much. */
export function noProxyThere(host: string, why: string, cause: unknown): StartJupyterError {
  return new StartJupyterError('proxy-unintelligible', notAsOurs(host, why), {
    cause,
    hint: 'Check the host name and port (--endpoint).',
  });
}

/** It speaks HTTP, but says nothing that a proxy of ours would. */
export function unintelligibleProxy(
  host: string,
  what: string,
  facts: { detail?: string } = {},
): StartJupyterError {
  return new StartJupyterError('proxy-unintelligible', notAsOurs(host, what), {
    ...facts,
    hint: 'Check the proxy’s domain (--endpoint, or "endpoint:" in systems.yaml). If it is right, tell your support.',
  });
}

function notAsOurs(host: string, why: string): string {
  return `${host} does not answer as a proxy of start-jupyter does (${why}).`;
}

export const BAD_RESERVATION = 'its reservation is of another form';
export const BAD_SESSION = 'what it says of a session is of another form';

/** Classic: what there was before ours. */
export function classicProxy(host: string): StartJupyterError {
  return new StartJupyterError('proxy-too-old', `${host} is a classic service, not start-jupyter-proxy.`, {
    hint: REFUSES_CLASSIC,
  });
}

/** In its own words. */
export function proxyRefused(host: string, words: string): StartJupyterError {
  return new StartJupyterError('proxy-refused', sentence(`The proxy ${host} refused: ${words}`), {
    hint: 'The proxy serves the cluster’s own network only, and may limit how many names are taken at a time.',
  });
}

export function proxyFailed(host: string, status: number, detail: string): StartJupyterError {
  return new StartJupyterError('proxy-refused', `The proxy ${host} answered with HTTP status ${status}.`, {
    detail,
    hint: 'Try again in a few minutes, then tell your support.',
  });
}
