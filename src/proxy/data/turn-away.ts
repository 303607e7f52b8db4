/** Short answers, in HTTP, to browsers and callers whose connection goes no further. */
import type { Socket } from 'node:net';
import { lastWords } from '../network/last-words.js';
import { bareAnswer } from '../pages/answers.js';

const CROWDED = bareAnswer(
  '503 Service Unavailable',
  'Too many connections to this notebook are open or being opened. Close other tabs that show it, or try again later.',
  { 'Retry-After': '10' },
);

const TOO_SLOW = bareAnswer('408 Request Timeout', 'The request did not come in time.');

/** For a session that has as many connections as it may have. */
export function sayCrowded(browser: Socket): void {
  lastWords(browser, CROWDED);
}

/** For a request that was not whole in time. Nothing is said where nothing was asked, or an answer has begun. */
export function sayTooSlow(browser: Socket): void {
  lastWords(browser, browser.bytesRead > 0 && browser.bytesWritten === 0 ? TOO_SLOW : '');
}
