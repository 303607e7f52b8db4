import type { ServerResponse } from 'node:http';
import { API_ERRORS, API_HEADER, API_VERSION, type ApiError } from '../../satellite/protocol.js';
import { LINGER_MS } from '../network/last-words.js';
import type { Refusal } from '../registry/refusal.js';

/** An answer of our own API. Without a body: 204. */
export function answerJson(response: ServerResponse, status: number, body?: object): void {
  response.end(begin(response, status, body));
}

/** Writes the head; gives the text that belongs to it. */
function begin(response: ServerResponse, status: number, body?: object): string {
  const text = body === undefined ? '' : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    [API_HEADER]: API_VERSION,
    'cache-control': 'no-store',
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    }),
  });
  return text;
}

/**
 * The connection is closed after it, but not while the caller still sends: who is cut off then loses the answer, too. A
 * body that was not read is thrown away for a while.
 */
export function answerRefusal(response: ServerResponse, refusal: Refusal): void {
  const body: ApiError = { code: refusal.code, message: refusal.message };
  response.setHeader('connection', 'close');
  if (refusal.retryAfterSeconds !== undefined) response.setHeader('retry-after', refusal.retryAfterSeconds);
  const text = begin(response, API_ERRORS[refusal.code], body);
  const { req: request } = response;
  if (request.complete) {
    response.end(text);
    return;
  }
  response.write(text);
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.once('end', end).once('close', end).resume();
}

/** An answer of a classic endpoint: the words are exact, and clients take them from the end of the body. */
export function answerClassic(
  response: ServerResponse,
  body: string,
  type: 'text/plain' | 'text/html' = 'text/plain',
  status = 200,
): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  response.end(body);
}
