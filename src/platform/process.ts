/** The only door to child processes: argv only, no shell, no inherited input, a limit on every run. */

/** What became of a child process. It never throws: the caller knows what an exit status means. */
export interface RunResult {
  stdout: string;
  stderr: string;
  /** Undefined when it did not exit by itself: not found, timed out, aborted or killed. */
  exitCode: number | undefined;
  /** The program does not exist or may not be executed. */
  notFound: boolean;
  timedOut: boolean;
  /** The caller's signal ended it. */
  aborted: boolean;
}

export interface RunOptions {
  /** After this it is terminated, then killed. */
  timeoutMs: number;
  /** The whole environment of the child; nothing of ours is added. */
  env: NodeJS.ProcessEnv;
  cwd?: string;
  input?: string;
  signal?: AbortSignal;
  /** In a session of its own, out of reach of the terminal's Ctrl-C. */
  detached?: boolean;
}

export async function run(file: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  // Loaded here: commands that start no process do not pay for it.
  const { execa } = await import('execa');
  const result = await execa(file, args, {
    env: options.env,
    extendEnv: false,
    timeout: options.timeoutMs,
    forceKillAfterDelay: 2000,
    reject: false,
    stripFinalNewline: false,
    detached: options.detached ?? false,
    // A detached child would otherwise keep running when the launcher is done for.
    cleanup: !(options.detached ?? false),
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  const errno = (result.cause as NodeJS.ErrnoException | undefined)?.code ?? result.code;
  return {
    stdout: result.stdout,
    stderr: result.stderr,
    exitCode: result.exitCode,
    notFound:
      result.exitCode === undefined && (errno === 'ENOENT' || errno === 'EACCES' || errno === 'ENOTDIR'),
    timedOut: result.timedOut,
    aborted: result.isCanceled,
  };
}

/** One line that says why a child process gave no answer, for messages. */
export function failureOf(command: string, result: RunResult): string {
  if (result.notFound) return `${command} was not found`;
  if (result.timedOut) return `${command} did not answer in time`;
  if (result.aborted) return `${command} was interrupted`;
  const said = result.stderr.trim() || result.stdout.trim();
  return said || `${command} ended with status ${String(result.exitCode ?? 'unknown')}`;
}
