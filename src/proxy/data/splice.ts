/** Bytes from one side of a link to the other, as they are, with back-pressure. */
import type { OnReadOpts, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/**
 * What may wait for a side that does not read before the other side is left alone. TLS is read in records of 16 KiB:
 * those that come while one is being written go on together, in one write. Twice as much makes downloads a little
 * cheaper (8 %), and a reader that does not read costs 360 KiB in the place of 260.
 */
const WAITING_BYTES = 64 * 1024;

/** From the browser to the backend, by Node's ordinary stream events. */
export function pour(browser: TLSSocket, backend: Socket): void {
  browser.on('data', (bytes: Buffer) => {
    backend.write(bytes);
    if (backend.writableLength > WAITING_BYTES) browser.pause();
  });
  backend.on('drain', () => browser.resume());
}

const SHARED_BUFFER_BYTES = 256 * 1024;

/** One buffer for every backend: a tenth to a third cheaper for small answers than a buffer a read. */
const shared = Buffer.allocUnsafeSlow(SHARED_BUFFER_BYTES);

/**
 * From the backend to the browser, for Node's `onread`; whoever returns it resumes the backend at the browser's 'drain'.
 * The shared buffer may be read into again as soon as the callback returns. That is right because a TLS socket with
 * nothing queued encrypts inside `write` and so has consumed the bytes by then; when something is queued they are copied.
 *
 * A plain backend is read in large pieces, which are cheapest one after the other, without a copy. What was read from a
 * TLS one is decrypted already when the first of its records arrives here, so that the others have to be taken.
 */
export function readShared(browser: TLSSocket, backendIsTls: boolean): OnReadOpts {
  const waiting = backendIsTls ? WAITING_BYTES : 0;
  return {
    buffer: shared,
    callback(count) {
      const bytes = shared.subarray(0, count);
      const room = browser.write(browser.writableLength > 0 ? Buffer.from(bytes) : bytes);
      return room || browser.writableLength <= waiting;
    },
  };
}
