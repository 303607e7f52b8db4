import type { ServerResponse } from 'node:http';
import { API_ERRORS, API_HEADER, API_VERSION, type ApiError } from '../../satellite/protocol.js';
import type { Refusal } from '../registry/refusal.js';

/** An answer of our own API. Without a body: 204. */
export function answerJson(response: ServerResponse, status: number, body?: object): void {
  const text = body === undefined ? '' : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    [API_HEADER]: API_VERSION,
    'cache-control': 'no-store',
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    }),
  });
  response.end(text);
}

/** The connection is closed after it: a body that was not read may still be on its way. */
export function answerRefusal(response: ServerResponse, refusal: Refusal): void {
  const body: ApiError = { code: refusal.code, message: refusal.message };
  response.setHeader('connection', 'close');
  if (refusal.retryAfterSeconds !== undefined) response.setHeader('retry-after', refusal.retryAfterSeconds);
  answerJson(response, API_ERRORS[refusal.code], body);
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
