/** What file modes keep nobody from, root included, is tried by an ordinary user. */
import { chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const NOBODY = 65_534;

/** Runs it as `nobody` where the tests run as root, with the folder and what is in it theirs; else as it is. */
export async function asNobody<T>(folder: string, action: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return await action();
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const path of ['', ...names]) chownSync(join(folder, path), NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  try {
    return await action();
  } finally {
    process.seteuid?.(0);
  }
}
