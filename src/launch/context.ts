/** What a launch works with: everything of the process that it may look at. */
import type { Progress } from './progress.js';

export interface LaunchContext {
  env: NodeJS.ProcessEnv;
  cwd: string;
  platform: NodeJS.Platform;
  /** The package's folder: `systems.yaml` and `batch-templates/` are in it. */
  packageFolder: string;
  progress: Progress;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  now(): Date;
  random(bytes: number): Buffer;
  /** The user's own file mode mask, 0o022. */
  umask: number;
}
