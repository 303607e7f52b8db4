/** Short answers, in HTTP, to browsers and callers whose connection goes no further. */
import type { Socket } from 'node:net';
import { PAGE_HEADER } from '../../satellite/protocol.js';

/** For the answer to get through; what the other side sends meanwhile is thrown away. */
const LINGER_MS = 2_000;

const CROWDED = answer(
  '503 Service Unavailable',
  'Retry-After: 10\r\n',
  'Too many connections to this notebook are open or being opened. Close other tabs that show it, or try again later.\n',
);

const TOO_SLOW = answer('408 Request Timeout', '', 'The request did not come in time.\n');

/** For a session that has as many connections as it may have. */
export function sayCrowded(browser: Socket): void {
  close(browser, CROWDED);
}

/** For a request that was not whole in time. Nothing is said where nothing was asked, or an answer has begun. */
export function sayTooSlow(browser: Socket): void {
  close(browser, browser.bytesRead > 0 && browser.bytesWritten === 0 ? TOO_SLOW : '');
}

function answer(status: string, headers: string, text: string): string {
  return (
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\n` +
    // The page header, so that a waiting page does not take it for Jupyter's answer.
    `${headers}Connection: close\r\nCache-Control: no-store\r\n${PAGE_HEADER}: 1\r\n\r\n${text}`
  );
}

function close(socket: Socket, text: string): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end(text);
  socket.resume();
}
