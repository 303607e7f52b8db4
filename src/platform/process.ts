/** The only door to child processes: argv only, no shell, no inherited input, a limit on every run. */

/** What became of a child process. It never throws: the caller knows what an exit status means. */
export interface RunResult {
  stdout: string;
  stderr: string;
  /** Undefined when it did not exit by itself (not found, timed out, aborted or killed) or said far too much. */
  exitCode: number | undefined;
  /** The program does not exist or may not be executed. */
  notFound: boolean;
  timedOut: boolean;
  /** The caller's signal ended it. */
  aborted: boolean;
}

export interface RunOptions {
  /** After this it is terminated, then killed, with everything that it started. */
  timeoutMs: number;
  /** The whole environment of the child; nothing of ours is added. */
  env: NodeJS.ProcessEnv;
  cwd?: string;
  input?: string;
  signal?: AbortSignal;
  /** Gets what the child says, on both streams, as it comes; then none of it is kept, and there may be any amount. */
  heard?: (text: string) => void;
}

/** Between SIGTERM and SIGKILL. */
const KILL_DELAY_MS = 2000;
/** After its exit something that it left behind may hold its output open: that long it is waited for. */
const OUTPUT_GRACE_MS = 500;
/** What says more than that does not answer what it was asked: its output is closed then. */
const MAX_OUTPUT_CHARACTERS = 4 * 1024 * 1024;
/** Of what a program said, in a message. */
const SHOWN_CHARACTERS = 2000;

/**
 * Runs a program to its end. On POSIX it gets a session of its own: the terminal's Ctrl-C does not reach it (the caller's
 * signal does), and it is ended together with its children, which could otherwise keep the caller waiting.
 */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  // Loaded here: commands that start no process do not pay for it.
  const { execa } = await import('execa');
  const ownGroup = process.platform !== 'win32';
  const child = execa(file, args, {
    env: options.env,
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: MAX_OUTPUT_CHARACTERS,
    buffer: options.heard === undefined,
    detached: ownGroup,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const { heard } = options;
  if (heard !== undefined) {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', heard);
    }
  }
  let why: 'timedOut' | 'aborted' | undefined;
  const timers: NodeJS.Timeout[] = [];
  const end = (reason: typeof why): void => {
    why ??= reason;
    killGroup(child.pid, ownGroup, 'SIGTERM');
    timers.push(setTimeout(() => killGroup(child.pid, ownGroup, 'SIGKILL'), KILL_DELAY_MS));
  };
  const abort = (): void => end('aborted');
  timers.push(setTimeout(() => end('timedOut'), options.timeoutMs));
  options.signal?.addEventListener('abort', abort, { once: true });
  if (options.signal?.aborted) abort();
  child.once('exit', () => {
    const close = (): void => {
      child.stdout.destroy();
      child.stderr.destroy();
    };
    timers.push(setTimeout(close, OUTPUT_GRACE_MS));
  });

  const result = await child;
  timers.forEach(clearTimeout);
  // Its children may have stayed when it went.
  if (why !== undefined) killGroup(child.pid, ownGroup, 'SIGKILL');
  options.signal?.removeEventListener('abort', abort);
  const errno = (result.cause as NodeJS.ErrnoException | undefined)?.code ?? result.code;
  return {
    stdout: result.stdout,
    stderr: result.stderr,
    exitCode: why === undefined && !result.isMaxBuffer ? result.exitCode : undefined,
    notFound: result.exitCode === undefined && ['ENOENT', 'EACCES', 'ENOTDIR'].includes(errno ?? ''),
    timedOut: why === 'timedOut',
    aborted: why === 'aborted',
  };
}

function killGroup(pid: number | undefined, ownGroup: boolean, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(ownGroup ? -pid : pid, signal);
  } catch {
    // It has ended.
  }
}

/** One line that says why a child process gave no answer, for messages. */
export function failureOf(command: string, result: RunResult): string {
  if (result.notFound) return `${command} was not found`;
  if (result.timedOut) return `${command} did not answer in time`;
  if (result.aborted) return `${command} was interrupted`;
  return saidLast(result) || `${command} ended with status ${String(result.exitCode ?? 'unknown')}`;
}

/** The end of what it said, which tells most; what it said of errors, if anything. */
export function saidLast({ stderr, stdout = '' }: { stderr: string; stdout?: string }): string {
  return (stderr.trim() || stdout.trim()).slice(-SHOWN_CHARACTERS);
}
