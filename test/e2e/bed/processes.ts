/** Starts programs for tests, with a limit on every wait, and ends what a test file left running. */
import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll } from 'vitest';

export interface StartOptions {
  /** The whole environment. */
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** Given to standard input, which is then closed. Absent: standard input is /dev/null. */
  input?: string;
}

export interface Ended {
  stdout: string;
  stderr: string;
  /** Null when a signal ended it. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

export interface Running {
  readonly pid: number;
  /** What it has printed so far. */
  stdout(): string;
  stderr(): string;
  /** To the whole process group, as Ctrl-C on a terminal is. */
  signal(name: NodeJS.Signals): void;
  /** Types on its terminal (see startOnTerminal). */
  write(text: string): void;
  /** Resolves when it ended and its output was read; throws after the limit, and kills it. */
  ended(limitMs: number): Promise<Ended>;
  /** Resolves with the match once the output so far holds the pattern; throws after the limit or at its end. */
  printed(stream: 'stdout' | 'stderr', pattern: RegExp, limitMs: number): Promise<RegExpExecArray>;
}

const started = new Set<ChildProcess>();

/** Starts a program in a process group of its own. */
export function start(command: readonly string[], options: StartOptions, keepInput = false): Running {
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    env: options.env,
    cwd: options.cwd ?? '/',
    detached: true,
    stdio: [keepInput || options.input !== undefined ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  started.add(child);
  if (options.input !== undefined) child.stdin?.end(options.input);
  // A program that ended before it read its input is no failure of the test.
  child.stdin?.on('error', () => undefined);
  return watch(child, command.join(' '));
}

/** Runs a program to its end. */
export async function run(
  command: readonly string[],
  options: StartOptions & { limitMs?: number },
): Promise<Ended> {
  return start(command, options).ended(options.limitMs ?? 60_000);
}

function watch(child: ChildProcess, title: string): Running {
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => (output[stream] += text));
  }
  let startError: Error | undefined;
  let end: Ended | undefined;
  child.on('error', (error) => (startError = error));
  child.on('close', (exitCode, signal) => {
    started.delete(child);
    end = { ...output, exitCode, signal };
  });
  const said = () => `\nstdout: ${output.stdout}\nstderr: ${output.stderr}`;

  return {
    pid: child.pid ?? 0,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    signal: (name) => killGroup(child, name),
    write: (text) => void child.stdin?.write(text),
    async ended(limitMs) {
      const done = await until(() => startError ?? end, limitMs);
      if (done instanceof Error) throw done;
      if (done) return done;
      killGroup(child, 'SIGKILL');
      throw new Error(`${title} did not end within ${limitMs} ms${said()}`);
    },
    async printed(stream, pattern, limitMs) {
      const found = await until(() => pattern.exec(output[stream]) ?? startError ?? end, limitMs);
      if (Array.isArray(found)) return found;
      if (found instanceof Error) throw found;
      const why = found ? `ended with ${String(found.exitCode ?? found.signal)}` : `took over ${limitMs} ms`;
      throw new Error(`${title} ${why} without printing ${String(pattern)}${said()}`);
    },
  };
}

/** Asks until there is an answer; undefined after the limit. */
export async function until<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  limitMs: number,
  pauseMs = 25,
): Promise<T | undefined> {
  const end = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || performance.now() > end) return answer;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  // What still holds its output may be a child of it, after its own end.
  if (child.pid === undefined || !started.has(child)) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

// Registered in every test file that imports this module.
afterAll(() => {
  for (const child of started) killGroup(child, 'SIGKILL');
});
