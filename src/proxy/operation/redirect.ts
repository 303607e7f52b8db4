/** Plain HTTP, for people who write an address without https://: they are sent on, and nothing is served. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { destinationOf } from '../data/server-name.js';
import type { Limits } from '../limiting/limits.js';
import { listen } from '../network/listen.js';
import { originOf } from '../network/origins.js';
import type { Place } from '../proxy-options.js';

export interface Redirect {
  address: AddressInfo;
  close: () => void;
}

export interface RedirectSettings {
  domain: string;
  /** Where HTTPS is, as browsers reach it; 443 is left out. */
  publicPort: number;
  limits: Pick<Limits, 'maxHeaderSize'>;
}

/** For a whole request: it is one packet, and nobody has to be waited for. */
const REQUEST_MS = 10_000;
const MAX_CONNECTIONS = 256;

/**
 * Resolves once it listens. Sessions' hosts are answered with 308 to the same path by HTTPS, everything else with 404,
 * control too: what sends secrets in the clear shall fail and not seem to work. Throws as {@link listen} does.
 */
export async function startRedirect(place: Place, settings: RedirectSettings): Promise<Redirect> {
  const server = createServer(
    {
      maxHeaderSize: settings.limits.maxHeaderSize,
      headersTimeout: REQUEST_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: REQUEST_MS / 4,
    },
    (request, response) => {
      const target = targetOf(request, settings);
      const text = target === undefined ? 'There is nothing here. Sessions are served by HTTPS alone.\n' : '';
      response.writeHead(target === undefined ? 404 : 308, {
        ...(target === undefined ? {} : { Location: target }),
        'Content-Type': 'text/plain; charset=utf-8',
        'Content-Length': text.length,
        // The query may hold a token: it belongs into no cache. HSTS is for HTTPS alone (RFC 6797, 7.2).
        'Cache-Control': 'no-store',
        'Referrer-Policy': 'no-referrer',
        Connection: 'close',
      });
      response.end(request.method === 'HEAD' ? undefined : text);
    },
  );
  server.maxRequestsPerSocket = 1;
  server.maxConnections = MAX_CONNECTIONS;
  // Also those that send nothing, or do not read.
  server.setTimeout(REQUEST_MS, (socket) => socket.destroy());
  const address = await listen(server, place, '--redirect-listen');
  server.on('error', () => undefined);
  return {
    address,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Undefined for what is not a session's host. */
function targetOf(request: IncomingMessage, { domain, publicPort }: RedirectSettings): string | undefined {
  const hosts = request.headersDistinct['host'] ?? [];
  const asked = destinationOf(hosts[0]?.replace(/:\d{1,5}$/, ''), domain);
  if (hosts.length !== 1 || asked.kind !== 'session' || !request.url?.startsWith('/')) return undefined;
  return `${originOf(asked.host, publicPort)}${request.url}`;
}
