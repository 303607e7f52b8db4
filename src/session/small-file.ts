/** Small files of a session, read by another process than the one that writes them, often over NFS. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** No file that is read here has a reason to be longer. */
const MOST_BYTES = 1024 * 1024;

/** Windows has none of them: nothing can be put there that would need them. */
const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants as Partial<typeof constants>;

/**
 * The text of the file; undefined: there is none. A handle that the server no longer knows is got anew, once.
 * @throws what the system says; a code ENOTFILE, EFBIG for what is no file or far too long
 */
export async function readSmallFile(path: string): Promise<string | undefined> {
  try {
    return await read(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code !== 'ESTALE') throw error;
  }
  return await read(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
}

async function read(path: string): Promise<string> {
  // Not to wait for whoever writes into a pipe, and not to read what a link leads to.
  const file = await open(path, (O_RDONLY ?? 0) | O_NONBLOCK | O_NOFOLLOW);
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw noFile();
    if (facts.size > MOST_BYTES) throw coded('EFBIG', 'it is far too long');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** What stands there under the name of a file: a folder, a pipe, a device. */
export function noFile(): Error {
  return coded('ENOTFILE', 'it is no file');
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
