/** How a page goes out: as HTML, as JSON for the page's own looks, or as a line of text. One answer a connection. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { PAGE_HEADER } from '../../satellite/protocol.js';
import { CONTENT_SECURITY_POLICY, renderPage } from './page.js';
import type { View } from './view.js';

/** The path that a waiting page looks at: Jupyter answers there without a token. */
const LOOK_PATH = '/api';

const HEADERS = {
  [PAGE_HEADER]: '1',
  Connection: 'close',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Content-Type-Options': 'nosniff',
};

export function sendView(
  request: IncomingMessage,
  response: ServerResponse,
  view: View,
  extra: OutgoingHttpHeaders,
): void {
  const { status, ...shown } = view;
  const json = /^[^?]*/.exec(request.url ?? '')?.[0] === LOOK_PATH;
  // The page asks how far it is, and gets told: no error, which would stand in the browser's console each time.
  const look = json && request.headers[PAGE_HEADER] !== undefined;
  const body = json ? JSON.stringify(shown) : renderPage(shown);
  response.writeHead(look ? 200 : status, {
    ...HEADERS,
    'Content-Type': json ? 'application/json' : 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    ...extra,
  });
  response.end(body);
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  const body = `${text}\n`;
  response.writeHead(status, {
    ...HEADERS,
    ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** A whole answer as text, where there is no request that could be answered. `status` is the code with its words. */
export function bareAnswer(status: string, text: string, more: Record<string, string> = {}): string {
  const body = text === '' ? '' : `${text}\n`;
  const headers = {
    ...HEADERS,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    ...more,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`;
}
