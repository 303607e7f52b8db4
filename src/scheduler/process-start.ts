/** When a process started: with its number it names one process for good, because numbers are used again. */
import { readFile } from 'node:fs/promises';
import { failureOf, run } from '../platform/process.js';

/** `gone`: there is no such process (a zombie counts as none). `why`: nobody can tell. */
export type ProcessStart = { mark: string } | { gone: true } | { why: string };

/** The mark is digits: clock ticks since boot on Linux, seconds since the epoch elsewhere. */
export async function processStart(pid: number, env: NodeJS.ProcessEnv): Promise<ProcessStart> {
  return process.platform === 'linux' ? await fromProc(pid) : await fromPs(pid, env);
}

async function fromProc(pid: number): Promise<ProcessStart> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The program's name may hold blanks and brackets. After it: field 3, the state, to field 22, the start (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = '', mark] = [fields[0], fields[19]];
    if (/[ZX]/.test(state)) return { gone: true };
    return mark === undefined ? { why: `/proc/${pid}/stat is not understood` } : { mark };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return { gone: true };
    return { why: `/proc/${pid}/stat cannot be read (${code ?? 'unknown'})` };
  }
}

async function fromPs(pid: number, env: NodeJS.ProcessEnv): Promise<ProcessStart> {
  const result = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    env: { ...env, LC_ALL: 'C', TZ: 'UTC0' },
    timeoutMs: 10_000,
  });
  const [, state = '', started = ''] = /^(\S+)\s+(.+)$/.exec(result.stdout.trim()) ?? [];
  const seconds = Date.parse(`${started} UTC`) / 1000;
  if (state.includes('Z')) return { gone: true };
  if (!Number.isNaN(seconds)) return { mark: String(seconds) };
  // ps exits with 1 and says nothing when there is no such process.
  if (result.exitCode === 1 && result.stdout.trim() === '' && result.stderr.trim() === '')
    return { gone: true };
  return { why: failureOf('ps', result) };
}
