/** What a command's work may look at, from what the entry hands in. */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { LaunchContext } from '../launch/context.js';
import type { Progress } from '../launch/progress.js';
import type { Host } from './host.js';

/** `onAgain`: at a second Ctrl-C, and those after it. */
export function createContext(host: Host, progress: Progress, onAgain?: () => void): LaunchContext {
  const interrupted = new AbortController();
  host.onSignal(() => {
    if (interrupted.signal.aborted) onAgain?.();
    else interrupted.abort();
  });
  return {
    ...{ env: host.env, cwd: host.cwd, platform: host.platform, umask: host.umask },
    packageFolder: fileURLToPath(host.packageRoot),
    progress,
    signal: interrupted.signal,
    now: () => new Date(),
    random: randomBytes,
  };
}

/** The system that was named: by the option or by its variable, which is read into the same flag. */
export function namedSystem(
  { system: name }: { system?: string },
  { env }: Host,
): { system?: { name: string; from: '--system' | 'START_JUPYTER_SYSTEM' } } {
  if (name === undefined) return {};
  return {
    system: { name, from: name === env['START_JUPYTER_SYSTEM'] ? 'START_JUPYTER_SYSTEM' : '--system' },
  };
}
