/** Starts a program that lives on by itself, as a browser does: nothing of it holds the terminal or the caller. */
import { spawn } from 'node:child_process';

/** Whoever has nothing to open ends at once; a browser that is still there then has come up. */
const SOON_MS = 1500;

/**
 * Resolves to undefined when the program runs, or has done what it was to do; else to why not. Argv only, no shell, no
 * input, and what it says is dropped.
 */
export async function startDetached(
  file: string,
  args: readonly string[],
  { env, cwd }: { env: NodeJS.ProcessEnv; cwd: string },
): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const child = spawn(file, args, { env, cwd, detached: true, stdio: 'ignore', shell: false });
    const soon = setTimeout(() => resolve(undefined), SOON_MS);
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(soon);
      resolve(error.code === 'ENOENT' ? `${file} was not found` : error.message);
    });
    child.once('exit', (status, signal) => {
      clearTimeout(soon);
      resolve(status === 0 ? undefined : `${file} ended with ${signal ?? `status ${String(status)}`}`);
    });
    child.unref();
  });
}
