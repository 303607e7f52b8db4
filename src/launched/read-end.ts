/** `end.json` of a session. */
import { join } from 'node:path';
import { parseEnd } from '../session/parse-end.js';
import type { SessionEnd } from '../session/record.js';
import { readSmallFile } from '../session/small-file.js';

/** As it was written down; what cannot be read is found out again. */
export async function readEnd(directory: string): Promise<SessionEnd | undefined> {
  const json = await readSmallFile(join(directory, 'end.json')).catch(() => undefined);
  return json === undefined ? undefined : parseEnd(json);
}
