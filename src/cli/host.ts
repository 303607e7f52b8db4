/** What the entry hands to everything below it, so that nothing there reaches for the process by itself. */
export interface Host {
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Asked for only where a person is asked something: it is opened then. */
  readonly stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  platform: NodeJS.Platform;
  /** With --json: what is kept for the one object at the end. */
  held: Held;
  /** The user's own file mode mask, 0o022. */
  umask: number;
  /** The folder of the package: `systems.yaml` and `batch-templates/` are in it. */
  packageRoot: URL;
  /** Calls back for every SIGINT, SIGTERM and SIGHUP from now on. */
  onSignal(listener: (name: NodeJS.Signals) => void): void;
}

export interface Held {
  warnings: string[];
  info: Record<string, string>;
}
