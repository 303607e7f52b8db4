/** Answers on connections whose session is not ready, or whose backend cannot be used. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { BackendFault } from '../data/backend.js';
import type { Destination } from '../data/server-name.js';
import { logLimit } from '../limiting/limit-reached.js';
import { DEFAULT_LIMITS, type Limits } from '../limiting/limits.js';
import type { Log } from '../operation/log.js';
import { lastWords } from '../network/last-words.js';
import type { Session } from '../registry/session.js';
import { bareAnswer, sendText, sendView } from './answers.js';
import { brokenView, classicView, NEUTRAL, ownersView, type View } from './view.js';
import { ownersKey, viewerCookie } from './viewer.js';

export interface PageServer {
  /**
   * Takes over a browser's connection, with what it has sent and nobody has read. Who hands it over limits its time: a
   * server that does not listen keeps none.
   */
  accept(browser: TLSSocket, visit: Visit, fault?: BackendFault['code']): void;
}

export interface PageSettings {
  /** Whether a classic session's page tells its state to anybody who has the name, as tokenjobstate.cgi does. Default: false. */
  classicStates?: boolean;
  limits?: Pick<Limits, 'maxHeaderSize'>;
  log?: Log;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** Where the handshake said that the connection goes: a page is never told its name by the request. */
type Visit = Exclude<Destination, { kind: 'control' }>;

interface Visitor {
  visit: Visit;
  fault: BackendFault['code'] | undefined;
  answered: boolean;
}

export function createPageServer(
  lookup: (name: string) => Session | undefined,
  settings: PageSettings = {},
): PageServer {
  const { classicStates = false, limits = DEFAULT_LIMITS, log, now = Date.now } = settings;
  const visitors = new WeakMap<Duplex, Visitor>();
  const server = createServer({ maxHeaderSize: limits.maxHeaderSize }, (request, response) => {
    const visitor = visitors.get(request.socket);
    if (!visitor) throw new Error('a page is served only on connections that were handed over');
    visitor.answered = true;
    answer(visitor, request, response);
  });

  function answer({ visit, fault }: Visitor, request: IncomingMessage, response: ServerResponse): void {
    const refusal = refusalOf(request, visit.host);
    if (refusal) {
      sendText(response, ...refusal);
      return;
    }
    const session = visit.kind === 'session' ? lookup(visit.name) : undefined;
    const key = ownersKey(request, session?.viewerKeySha256);
    const view = viewOf(session, key !== undefined, fault);
    sendView(request, response, view, key === undefined ? {} : { 'Set-Cookie': viewerCookie(key) });
  }

  function viewOf(session: Session | undefined, owner: boolean, fault: Visitor['fault']): View {
    // It may have ended since: then the fault is no news any more.
    if (fault !== undefined && session?.phase === 'ready') return brokenView(fault);
    if (owner && session) return ownersView(session, now());
    return (classicStates && session && classicView(session, now())) || NEUTRAL;
  }

  // Websockets of a notebook that is not there any more: Jupyter's own page tries again later.
  server.on('upgrade', (_request, socket) => {
    socket.end(bareAnswer('503 Service Unavailable', ''));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // What comes behind the one answer must not cut it; the rest of a head that is too large comes here piece by piece.
    const visitor = visitors.get(socket);
    if (visitor?.answered) return;
    if (visitor) visitor.answered = true;
    if (!socket.writable) socket.destroy();
    else if (error.code === 'HPE_HEADER_OVERFLOW') {
      if (log) logLimit(log, 'header-size', socket);
      lastWords(
        socket,
        bareAnswer(
          '431 Request Header Fields Too Large',
          `The head of a request may have ${limits.maxHeaderSize} bytes.`,
        ),
      );
    } else lastWords(socket, bareAnswer('400 Bad Request', 'That is no request that can be read.'));
  });
  return {
    accept(browser, visit, fault) {
      visitors.set(browser, { visit, fault, answered: false });
      server.emit('connection', browser);
    },
  };
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
