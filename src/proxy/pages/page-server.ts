/** Answers on connections whose session is not ready, or whose backend cannot be used. */
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { PAGE_HEADER } from '../../satellite/protocol.js';
import type { BackendFault } from '../data/backend.js';
import type { Destination } from '../data/server-name.js';
import type { Session } from '../registry/session.js';
import { CONTENT_SECURITY_POLICY, renderPage } from './page.js';
import { broughtKey, isOwners, viewerCookie } from './viewer.js';
import { brokenView, NEUTRAL, ownersView, type View } from './view.js';

export interface PageServer {
  /** Takes over a browser's connection, with what it has sent and nobody has read. */
  accept(browser: TLSSocket, visit: Visit, fault?: BackendFault['code']): void;
}

/** Where the handshake said that the connection goes: a page is never told its name by the request. */
type Visit = Exclude<Destination, { kind: 'control' }>;

/** The path that a waiting page looks at: Jupyter answers there without a token. */
const LOOK_PATH = '/api';
/** From the connection's first byte to the end of its one answer; a server that does not listen keeps no times. */
const ANSWER_MS = 15_000;

const HEADERS = {
  [PAGE_HEADER]: '1',
  Connection: 'close',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Content-Type-Options': 'nosniff',
};

export function createPageServer(lookup: (name: string) => Session | undefined): PageServer {
  const visits = new WeakMap<Duplex, { visit: Visit; fault: BackendFault['code'] | undefined }>();
  const server = createServer((request, response) => {
    const known = visits.get(request.socket);
    if (!known) throw new Error('a page is served only on connections that were handed over');
    const refusal = refusalOf(request, known.visit.host);
    if (refusal) {
      sendText(response, ...refusal);
      return;
    }
    const session = known.visit.kind === 'session' ? lookup(known.visit.name) : undefined;
    const key = broughtKey(request);
    const owner = key !== undefined && session !== undefined && isOwners(key, session.viewerKeySha256);
    const view = viewOf(session, owner, known.fault);
    sendView(request, response, view, owner ? { 'Set-Cookie': viewerCookie(key) } : {});
  });
  // Websockets of a notebook that is not there any more: Jupyter's own page tries again later.
  server.on('upgrade', (_request, socket) => {
    socket.end(
      `HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n${PAGE_HEADER}: 1\r\n\r\n`,
    );
  });
  return {
    accept(browser, visit, fault) {
      visits.set(browser, { visit, fault });
      const timer = setTimeout(() => browser.destroy(), ANSWER_MS);
      browser.once('close', () => clearTimeout(timer));
      server.emit('connection', browser);
    },
  };
}

function viewOf(session: Session | undefined, owner: boolean, fault: BackendFault['code'] | undefined): View {
  // It may have ended since: then the fault is no news any more.
  if (fault !== undefined && session?.phase === 'ready') return brokenView(fault);
  return owner && session ? ownersView(session) : NEUTRAL;
}

/** What a page server does not answer: other hosts than the connection's, other methods than a browser's reading. */
function refusalOf(request: IncomingMessage, host: string | undefined): [number, string] | undefined {
  const hosts = request.rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host');
  if (hosts.length !== 1) return [400, 'A request names one host.'];
  if (!request.url?.startsWith('/')) return [400, 'A request names a path alone.'];
  const asked = request.headers.host?.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
  if (host !== undefined && asked !== host) return [421, 'This connection was opened for another host.'];
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return [405, 'There is no notebook here that could take this.'];
  return undefined;
}

function sendView(
  request: IncomingMessage,
  response: ServerResponse,
  view: View,
  extra: OutgoingHttpHeaders,
): void {
  const { status, ...shown } = view;
  const json = /^[^?]*/.exec(request.url ?? '')?.[0] === LOOK_PATH;
  const body = json ? JSON.stringify(shown) : renderPage(view);
  response.writeHead(status, {
    ...HEADERS,
    'Content-Type': json ? 'application/json' : 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    ...extra,
  });
  response.end(body);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  const body = `${text}\n`;
  response.writeHead(status, {
    ...HEADERS,
    ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
