/** The end of a log, however long it is, and what is added to it. */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { noFile } from '../session/small-file.js';

const BLOCK_BYTES = 64 * 1024;
/** Of a line that is longer than that the end is shown. */
const LONGEST_LINE_BYTES = 16 * 1024 * 1024;

/** How much of a log has been read. */
export interface Position {
  offset: number;
  /** Which file it was: another one may have taken its place. */
  inode: number;
}

export interface Read {
  position: Position;
  /** It has become shorter, or is another file: what was read now is its beginning. */
  anew: boolean;
}

/**
 * Gives what stands behind `from` to `write`, block by block; without it the last lines alone (Infinity: all of them).
 * Undefined: there is no such file.
 */
export async function readLog(
  path: string,
  from: Position | { lastLines: number },
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<Read | undefined> {
  const file = await openLog(path);
  if (file === undefined) return undefined;
  try {
    const { size, ino: inode } = await file.stat();
    let anew = false;
    let offset: number;
    if ('lastLines' in from) offset = await startOfLast(file, size, from.lastLines);
    else {
      anew = from.inode !== inode || size < from.offset;
      offset = anew ? 0 : from.offset;
    }
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    // What is added meanwhile is for the next time: it would never end with a job that writes quickly.
    while (offset < size) {
      const { bytesRead } = await file.read(block, 0, Math.min(BLOCK_BYTES, size - offset), offset);
      if (bytesRead === 0) break;
      await write(Buffer.from(block.subarray(0, bytesRead)));
      offset += bytesRead;
    }
    return { position: { offset, inode }, anew };
  } finally {
    await file.close();
  }
}

/** For a message: a few lines, as text; empty where there are none. */
export async function lastLinesOf(path: string, lines: number): Promise<string> {
  const blocks: Uint8Array[] = [];
  await readLog(path, { lastLines: lines }, (bytes) => {
    blocks.push(bytes);
    return Promise.resolve();
  }).catch(() => undefined);
  // A log of one endless line must not fill the screen.
  return Buffer.concat(blocks).subarray(-BLOCK_BYTES).toString('utf8').trimEnd();
}

/** Windows has no pipes among its files. */
const { O_RDONLY, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;

async function openLog(path: string): Promise<FileHandle | undefined> {
  let file: FileHandle;
  try {
    // Not to wait for whoever writes into a pipe: Ctrl-C would not end that.
    file = await open(path, (O_RDONLY ?? 0) | O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw noFile();
}

/** Where the last lines begin, looked for from the end. */
async function startOfLast(file: FileHandle, size: number, lines: number): Promise<number> {
  if (lines === Infinity) return 0;
  if (lines === 0) return size;
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let missing = lines;
  let start = size;
  let lineEnd = size;
  while (start > 0 && lineEnd - start < LONGEST_LINE_BYTES) {
    const length = Math.min(BLOCK_BYTES, start);
    start -= length;
    const { bytesRead } = await file.read(block, 0, length, start);
    for (let at = bytesRead - 1; at >= 0; at -= 1) {
      // The line break at the very end ends the last line.
      if (block[at] !== 0x0a || start + at === size - 1) continue;
      lineEnd = start + at;
      missing -= 1;
      if (missing === 0) return start + at + 1;
    }
  }
  return start;
}
