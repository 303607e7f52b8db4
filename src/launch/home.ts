/** Where a person's own files are. */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { noHome } from '../words/launch.js';

/** Everything is kept under it. Throws 'bad-directory' where nobody says where it is. */
export function homeDirectory(env: NodeJS.ProcessEnv): string {
  const home = [env['HOME'], homedir()].find((path) => path !== undefined && isAbsolute(path));
  if (home !== undefined) return home;
  throw noHome();
}

/** A path as it was typed, in full. The shell leaves `~` alone in `--dir=~/course`. */
export function typedPath(typed: string, home: string, cwd: string): string {
  if (typed === '~') return home;
  return typed.startsWith('~/') ? join(home, typed.slice(2)) : resolve(cwd, typed);
}
