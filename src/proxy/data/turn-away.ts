/** Short answers, in HTTP, to browsers and callers whose connection goes no further. */
import type { Socket } from 'node:net';
import { bareAnswer } from '../pages/answers.js';

/** For the answer to get through; what the other side sends meanwhile is thrown away. */
const LINGER_MS = 2_000;

const CROWDED = bareAnswer(
  '503 Service Unavailable',
  'Too many connections to this notebook are open or being opened. Close other tabs that show it, or try again later.',
  { 'Retry-After': '10' },
);

const TOO_SLOW = bareAnswer('408 Request Timeout', 'The request did not come in time.');

/** For a session that has as many connections as it may have. */
export function sayCrowded(browser: Socket): void {
  close(browser, CROWDED);
}

/** For a request that was not whole in time. Nothing is said where nothing was asked, or an answer has begun. */
export function sayTooSlow(browser: Socket): void {
  close(browser, browser.bytesRead > 0 && browser.bytesWritten === 0 ? TOO_SLOW : '');
}

function close(socket: Socket, text: string): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end(text);
  socket.resume();
}
