/** Records every execve below a command or daemon, with the whole argv and environment, and looks for secrets. */
import { existsSync, readFileSync } from 'node:fs';
import { type Running, start, until } from './processes.js';
import { secretsIn, type Secrets } from './secrets.js';

const OPTIONS = ['-f', '-v', '-e', 'trace=execve', '-s', '200000'];

/** The command line that runs a command under strace. The file must be writable for the user who runs it. */
export function recorded(traceFile: string, command: readonly string[]): string[] {
  return ['/usr/bin/strace', ...OPTIONS, '-o', traceFile, '--', ...command];
}

/**
 * Follows a running process and all that it starts from now on: with slurmd's pid, every job. Needs root. Resolves
 * once strace is attached; end it with `signal('SIGTERM')`.
 */
export async function recordBelow(traceFile: string, pid: number): Promise<Running> {
  const strace = start(['/usr/bin/strace', ...OPTIONS, '-o', traceFile, '-p', String(pid)], {
    env: { PATH: '/usr/bin:/bin' },
  });
  await strace.printed('stderr', /attached/, 10_000);
  return strace;
}

/** The calls of a record: one text each, program, argv and environment, as strace writes them. */
export function execCalls(traceFile: string): string[] {
  if (!existsSync(traceFile)) throw new Error(`strace wrote no ${traceFile}`);
  return readFileSync(traceFile, 'utf8')
    .split('\n')
    .filter((line) => line.includes('execve('));
}

/** In which of these calls is a part of a secret: `/usr/bin/sbatch: token`. */
export function told(calls: readonly string[], secrets: Secrets): string[] {
  return calls.flatMap((call) => secretsIn(call, secrets).map((name) => `${programOf(call)}: ${name}`));
}

function programOf(call: string): string {
  return /execve\("([^"]*)"/.exec(call)?.[1] ?? '?';
}

/** Waits until a call that matches has been recorded. */
export async function execSeen(traceFile: string, pattern: RegExp, limitMs: number): Promise<boolean> {
  const found = await until(
    () => (execCalls(traceFile).some((call) => pattern.test(call)) ? true : undefined),
    limitMs,
    100,
  );
  return found ?? false;
}

/**
 * Which programs were given which of the secrets, in argv or environment: `curl: token`. A secret of several lines
 * (a key) counts when one of its lines is there. The answer never holds the secret itself.
 */
export function leaks(traceFile: string, secrets: Record<string, string>): string[] {
  const calls = execCalls(traceFile);
  if (calls.length === 0) throw new Error(`${traceFile} holds no execve: a search in it would prove nothing`);
  return Object.entries(secrets).flatMap(([name, secret]) => {
    const lines = secret.split('\n').filter((line) => line.length >= 8 && !line.startsWith('-----'));
    if (lines.length === 0) throw new Error(`The ${name} is too short to look for`);
    return calls
      .filter((call) => lines.some((line) => call.includes(line)))
      .map((call) => `${programOf(call)}: ${name}`);
  });
}
