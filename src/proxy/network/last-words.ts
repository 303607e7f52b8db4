import type { Duplex } from 'node:stream';

/** For the words to get through, in milliseconds; what the other side sends meanwhile is thrown away. */
export const LINGER_MS = 2_000;

/**
 * Says something and closes, but not at once: a connection that is closed while the other side still sends is reset, and
 * then the words are lost.
 */
export function lastWords(socket: Duplex, text: string): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.end(text);
  socket.resume();
}
