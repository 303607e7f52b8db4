/** Passes on what the job says before the end of its time, in the file `warning`: it has no other way to this terminal. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endsSoon } from '../../words/following.js';
import type { LaunchContext } from '../context.js';

/** The function looks, and says each time once: there is another one when the session got more time. */
export function createEndWarning(
  { progress, now }: Pick<LaunchContext, 'progress' | 'now'>,
  directory: string,
): () => Promise<void> {
  let said = '';
  return async () => {
    const time = (await readFile(join(directory, 'warning'), 'utf8').catch(() => '')).trim();
    const endsAt = new Date(time);
    if (time === said || Number.isNaN(endsAt.getTime())) return;
    said = time;
    progress.warn(endsSoon(endsAt, now()));
  };
}
