import { closeSync, openSync, write } from 'node:fs';

export interface LineWriter {
  /** Never waits, and never throws. */
  write: (text: string) => void;
  /** Resolves when everything is written, or after a second: what reads it may hang. The rest is given up then. */
  close: () => Promise<void>;
}

const MAX_PENDING_BYTES = 4 * 1024 * 1024;
const RETRY_MS = 50;
const CLOSE_MS = 1_000;

/**
 * Writes lines to a descriptor beside everything else. What reads a log may hang: then lines wait in memory up to a
 * limit, further ones are lost and counted, and no notebook notices.
 */
export function lineWriter(descriptor: number): LineWriter & { written: () => Promise<void> } {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let lostLines = 0;
  let writing: Promise<void> | undefined;
  let givenUp = false;

  async function writeAll(): Promise<void> {
    while (pending.length > 0 && !givenUp) {
      const chunk = Buffer.concat(pending);
      pending = [];
      await writeChunk(chunk);
      pendingBytes -= chunk.length;
      if (lostLines === 0) continue;
      const text = `${JSON.stringify({ event: 'log-lines-lost', lines: lostLines })}\n`;
      lostLines = 0;
      add(text);
    }
    writing = undefined;
  }

  /** Gives up what cannot be written: a full disk or a reader that is gone is no reason to end notebooks. */
  async function writeChunk(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length && !givenUp;) {
      const result = await writeOnce(descriptor, chunk.subarray(at));
      if (typeof result === 'number') at += result;
      else if (result.code === 'EAGAIN') await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      else return;
    }
  }

  function add(text: string): void {
    const bytes = Buffer.from(text);
    if (pendingBytes + bytes.length > MAX_PENDING_BYTES) {
      lostLines++;
      return;
    }
    pending.push(bytes);
    pendingBytes += bytes.length;
    writing ??= writeAll();
  }

  /** Resolves when everything is written, however long that takes. */
  const written = () => writing ?? Promise.resolve();

  return {
    write: add,
    written,
    close: async () => {
      if (writing) await Promise.race([writing, new Promise((resolve) => setTimeout(resolve, CLOSE_MS))]);
      givenUp = true;
    },
  };
}

function writeOnce(descriptor: number, bytes: Buffer): Promise<number | NodeJS.ErrnoException> {
  return new Promise((resolve) => write(descriptor, bytes, (error, written) => resolve(error ?? written)));
}

/**
 * A file that is appended to, mode 0600, and opened anew when asked (after a rotation). Both throw when it cannot be
 * opened; the former one stays then.
 */
export function fileWriter(file: string): LineWriter & { reopen: () => void } {
  const open = () => {
    const descriptor = openSync(file, 'a', 0o600);
    return { descriptor, writer: lineWriter(descriptor) };
  };
  let current = open();
  // Not before the last write is over: by then another file or connection could have this descriptor.
  const retire = ({ descriptor, writer }: typeof current) =>
    void writer.written().then(() => closeSync(descriptor));
  return {
    write: (text) => current.writer.write(text),
    reopen() {
      const former = current;
      current = open();
      retire(former);
    },
    async close() {
      await current.writer.close();
      retire(current);
    },
  };
}
