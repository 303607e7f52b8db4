/** Bytes from one side of a link to the other, as they are, with back-pressure. */
import type { OnReadOpts, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** For a reading side that is TLS: Node's ordinary stream events. */
export function pour(from: Socket, to: Socket): void {
  from.on('data', (bytes) => {
    if (!to.write(bytes)) from.pause();
  });
  to.on('drain', () => from.resume());
}

const SHARED_BUFFER_BYTES = 256 * 1024;
/** From here up the next read waits until this piece is gone. */
const LARGE_PIECE_BYTES = 16 * 1024;

/** One buffer for every plain backend: a third cheaper for small answers than a buffer a read. */
const shared = Buffer.allocUnsafeSlow(SHARED_BUFFER_BYTES);

/**
 * For a plain backend's reading side, for Node's `onread`. The shared buffer may be read into again as soon as the
 * callback returns. That is right because a TLS socket with nothing queued encrypts inside `write` and so has
 * consumed the bytes by then; when something is queued they are copied.
 */
export function readShared(backend: () => Socket, browser: TLSSocket): OnReadOpts {
  return {
    buffer: shared,
    callback(count) {
      const bytes = shared.subarray(0, count);
      const resume = () => void backend().resume();
      if (browser.writableLength > 0) {
        if (browser.write(Buffer.from(bytes))) return true;
        browser.once('drain', resume);
        return false;
      }
      if (count < LARGE_PIECE_BYTES) {
        browser.write(bytes);
        return true;
      }
      browser.write(bytes, resume);
      return false;
    },
  };
}
