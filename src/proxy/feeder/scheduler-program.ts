import { execFile } from 'node:child_process';
import { StartJupyterError } from '../../errors.js';

/** squeue's listing of 50,000 jobs has about 5 MB. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** The end of what a program said tells most. */
const SHOWN_CHARACTERS = 400;

export interface Asking {
  /** The whole environment of the program. */
  env: NodeJS.ProcessEnv;
  limitMs: number;
  signal: AbortSignal;
  maxOutputBytes?: number;
  /** What it printed is of use whatever its status is. */
  anyStatus?: true;
}

/**
 * What a program of the scheduler answers. Throws StartJupyterError('scheduler-unreachable') when it is not there, does not
 * end in time, says far too much, or ends with anything but 0: half an answer is none.
 */
export function answerOf(
  file: string,
  args: readonly string[],
  { env, limitMs, signal, maxOutputBytes = MAX_OUTPUT_BYTES, anyStatus }: Asking,
): Promise<{ stdout: string; stderr: string }> {
  // KILL at once: it changes nothing, and what ignores TERM would be waited for without end.
  const options = { env, timeout: limitMs, maxBuffer: maxOutputBytes, killSignal: 'SIGKILL' as const };
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      signal.removeEventListener('abort', end);
      if (!error || (anyStatus && typeof error.code === 'number')) resolve({ stdout, stderr });
      else reject(noAnswer(file, signal.aborted ? 'was interrupted' : why(error, limitMs), error, stderr));
    });
    // execFile's own signal sends TERM, whatever killSignal says. What a wrapper started may hold its output open.
    const end = () => {
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.kill('SIGKILL');
    };
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    child.stdin?.end();
  });
}

function noAnswer(file: string, what: string, error: ExecError, stderr: string): StartJupyterError {
  return new StartJupyterError('scheduler-unreachable', `${file} ${what}.`, {
    detail: stderr.trim().slice(-SHOWN_CHARACTERS) || undefined,
    hint: error.code === 'ENOENT' ? `PATH must have the folder of ${file}.` : undefined,
    cause: error,
  });
}

type ExecError = Error & { code?: string | number | null; killed?: boolean };

function why({ code, killed }: ExecError, limitMs: number): string {
  if (code === 'ENOENT') return 'was not found';
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'said far too much';
  if (killed) return `did not answer within ${limitMs / 1000} s`;
  return typeof code === 'number' ? `ended with status ${code}` : `gave no answer (${code ?? 'killed'})`;
}
