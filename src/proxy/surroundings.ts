/** What a command gets from the process, handed in by main.ts. */
export interface Surroundings {
  stdout: (text: string) => void;
  stderr: (text: string) => void;
  /** The working directory. */
  folder: string;
  now: () => Date;
  /** Resolves with the signal that asks to stop. A second one ends the process at once. */
  stopped: () => Promise<string>;
}
