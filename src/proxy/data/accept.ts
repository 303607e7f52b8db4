/** What becomes of a connection whose handshake is done: control, a session's Jupyter, or a page of ours. */
import type { TLSSocket } from 'node:tls';
import { logLimit } from '../limiting/limit-reached.js';
import type { FrontDeps } from './front.js';
import { openLink } from './link.js';
import { destinationOf, type Destination } from './server-name.js';
import type { SessionLinks } from './session-links.js';
import { sayCrowded, sayTooSlow } from './turn-away.js';

export function accept(browser: TLSSocket, deps: FrontDeps, links: SessionLinks): void {
  // 'close' follows every error, and is what is acted upon.
  browser.on('error', () => undefined);
  const destination = destinationOf(browserName(browser), deps.domain);
  if (destination.kind === 'control') {
    limitAnswer(browser, deps);
    deps.control.emit('connection', browser);
    return;
  }
  // Closed without a word: a browser that opened it in advance would take an answer for that to its next request.
  const silent = setTimeout(() => {
    logLimit(deps.log, 'first-byte-time', browser);
    browser.destroy();
  }, deps.limits.firstByteTimeout);
  browser.once('close', () => clearTimeout(silent));
  // 'readable' tells of the first byte and leaves it where it is, for whoever is to have it.
  browser.once('readable', () => {
    clearTimeout(silent);
    route(browser, destination, deps, links);
  });
}

function route(
  browser: TLSSocket,
  destination: Exclude<Destination, { kind: 'control' }>,
  deps: FrontDeps,
  links: SessionLinks,
): void {
  // An end without a byte is 'readable' as well.
  if (browser.readableLength === 0) {
    browser.destroy();
    return;
  }
  const session = destination.kind === 'session' ? deps.sessions.lookup(destination.name) : undefined;
  if (session?.phase !== 'ready') {
    limitAnswer(browser, deps);
    deps.pages.accept(browser, destination);
    return;
  }
  const { name } = session;
  const limit = links.limitReached(name);
  if (limit) {
    logLimit(deps.log, limit, browser, name);
    sayCrowded(browser);
    return;
  }
  browser.setTimeout(deps.limits.idleTimeout, () => browser.destroy());
  const link = links.keep(name, browser);
  openLink(browser, session, (fault) => {
    if (!fault) {
      link.opened();
      return;
    }
    link.forget();
    const { code: refusedFor, message } = fault;
    deps.log('backend-refused', { session: name, refused: refusedFor, message });
    limitAnswer(browser, deps);
    deps.pages.accept(browser, destination, refusedFor);
  });
}

/** A connection of ours alone, to control or to a page, has this long for its one answer. */
function limitAnswer(browser: TLSSocket, deps: FrontDeps): void {
  const timer = setTimeout(() => {
    logLimit(deps.log, 'answer-time', browser);
    sayTooSlow(browser);
  }, deps.limits.answerTimeout);
  browser.once('close', () => clearTimeout(timer));
}

/** Node's types do not know the server's side of this property: the name, or false when none was sent. */
function browserName(browser: TLSSocket): unknown {
  return (browser as TLSSocket & { servername?: unknown }).servername;
}
