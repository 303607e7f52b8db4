/**
 * The idle connection that a plain backend is held by. Without a certificate nothing else tells a session's Jupyter
 * from a program that takes its port later: as long as this connection stands, it is the same one that listens.
 */
import { systemClock, type Clock } from '../registry/clock.js';
import type { Tether } from '../registry/outside.js';
import { Refusal } from '../registry/refusal.js';
import type { Backend } from '../registry/session.js';
import { openPlain } from './backend.js';

/** Tornado closes a connection that says nothing for an hour. */
const SIGN_OF_LIFE_MS = 10 * 60 * 1000;
/** Answered without a token. The answer is not looked at: that the connection stands says it all. */
const SIGN_OF_LIFE = 'GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** Between two signs of life: any page fits. What sends more is no idle Jupyter, and reading it would cost everybody. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Resolves once the connection is open. Rejects with a {@link Refusal} when it cannot be opened, after 10 s at the latest. */
export function openTether(
  backend: Backend,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<Tether> {
  return new Promise((resolve, reject) => {
    const socket = openPlain(backend, (fault) => {
      if (fault) {
        reject(new Refusal(fault.code, fault.message));
        return;
      }
      let heard = 0;
      let callOff: (() => void) | undefined;
      const speak = () => {
        heard = 0;
        socket.write(SIGN_OF_LIFE);
        callOff = clock.after(SIGN_OF_LIFE_MS, speak);
      };
      socket.on('data', ({ length }: Buffer) => {
        heard += length;
        if (heard > MAX_ANSWER_BYTES) socket.destroy();
      });
      speak();
      resolve({ closed: closing.then(() => callOff?.()) });
    });
    const giveUp = () => socket.destroy();
    // Not only at 'close', which comes some turns of the event loop after the end was seen: in these a connection to
    // whoever listens there by now could be opened and written to.
    const closing = new Promise<void>((closed) => {
      for (const event of ['end', 'error', 'close']) socket.once(event, () => closed());
    });
    void closing.then(() => {
      signal.removeEventListener('abort', giveUp);
      giveUp();
    });
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}
