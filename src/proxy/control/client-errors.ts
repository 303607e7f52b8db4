/** What control says to what is no request of HTTP, or too large a one. */
import type { Server } from 'node:http';
import { Socket } from 'node:net';
import { API_HEADER, API_VERSION, type ApiError } from '../../satellite/protocol.js';
import { logLimit } from '../limiting/limit-reached.js';
import { lastWords } from '../network/last-words.js';
import type { Log } from '../operation/log.js';

/** Answers in the words of our own API, and counts heads that are too large. */
export function answerClientErrors(server: Server, log: Log): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!(socket instanceof Socket)) return;
    // What comes behind a request, or behind a head that was too large, must not cut the answer.
    if (socket.bytesWritten > 0) return;
    const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
    if (tooLarge) logLimit(log, 'header-size', socket);
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const refusal: ApiError = tooLarge
      ? { code: 'too-large', message: "The request's head is too large." }
      : { code: 'bad-request', message: 'That is no request of HTTP.' };
    const body = `${JSON.stringify(refusal)}\n`;
    const status = tooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request';
    lastWords(
      socket,
      `HTTP/1.1 ${status}\r\n${API_HEADER}: ${API_VERSION}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  });
}
