import type { LineWriter } from '../operation/line-writer.js';

/** What a command gets from the process, handed in by main.ts. */
export interface Surroundings {
  stdout: (text: string) => void;
  /** What `serve` logs to; it never waits for its reader. */
  openLog: () => LineWriter;
  stderr: (text: string) => void;
  /** The working directory. */
  folder: string;
  env: NodeJS.ProcessEnv;
  now: () => Date;
  /** Calls back at each SIGHUP. */
  onHangup: (listener: () => void) => void;
  /** Resolves with the signal that asks to stop. A second one ends the process at once. */
  stopped: () => Promise<string>;
}
