/** Writes a log to stdout: byte by byte as it is into a file or pipe, and so that it can do nothing on a terminal. */
import { unwritable } from '../words/logs.js';
import type { Host } from './host.js';
import { createLogText } from './log-text.js';

export interface LogWriter {
  write: (bytes: Uint8Array) => Promise<void>;
  /** Shows what is left of a line that has no end. */
  finish: () => Promise<void>;
  /** The reader has gone, as `head` does when it has enough. */
  isClosed: () => boolean;
}

/** @throws StartJupyterError 'no-output' when it cannot be written, and not because nobody reads it */
export function createLogWriter({ stdout }: Pick<Host, 'stdout'>): LogWriter {
  const text = stdout.isTTY ? createLogText() : undefined;
  let closed = false;
  stdout.once('close', () => (closed = true));
  const put = async (part: string | Uint8Array): Promise<void> => {
    if (closed || part.length === 0) return;
    const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) =>
      stdout.write(part, resolve),
    );
    if (!error) return;
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw unwritable(error);
    closed = true;
  };
  return {
    write: (bytes) => put(text?.take(bytes) ?? bytes),
    finish: () => put(text?.rest() ?? ''),
    isClosed: () => closed,
  };
}
