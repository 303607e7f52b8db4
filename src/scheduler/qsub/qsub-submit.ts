/** Submits a job to Torque or PBS, and finds out what became of it when qsub gave no clear answer. */
import { dirname } from 'node:path';
import type { StartJupyterError } from '../../errors.js';
import { delayedAbort } from '../../platform/delayed-abort.js';
import { run, type RunResult } from '../../platform/process.js';
import { cancelQsubJob } from './qsub-cancel.js';
import { qsubEnvironment, queryEnvironment } from './qsub-environment.js';
import { notReached, refused, unreachable, WHERE_QSUB_IS, type NAMES } from '../../words/qsub.js';
import type { JobId, SubmitOptions } from '../scheduler.js';
import { submitOnce } from '../submit-once.js';

/** Waits in milliseconds. */
export interface SubmitLimits {
  /** A server that hangs never answers; a busy one was seen to take a minute. */
  qsubMs: number;
  /** After Ctrl-C qsub may finish for so long: its answer is surer than a search for the job. */
  graceMs: number;
  /** Between two looks for a job that the server may only just be taking in. */
  lookMs: number;
  /** For one look. */
  queryMs: number;
}

export const SUBMIT_LIMITS: SubmitLimits = { qsubMs: 120_000, graceMs: 5000, lookMs: 1000, queryMs: 30_000 };

type Kind = keyof typeof NAMES;

export function qsubCommand(scriptPath: string, extraArguments: readonly string[]): string[] {
  return ['qsub', ...extraArguments, scriptPath];
}

/** See {@link Scheduler.submit}. */
export async function submitWithQsub(
  kind: Kind,
  env: NodeJS.ProcessEnv,
  scriptPath: string,
  options: SubmitOptions,
  limits: SubmitLimits,
): Promise<JobId> {
  const { signal, jobName, extraArguments } = options;
  const command = qsubCommand(scriptPath, extraArguments);
  const steps = {
    program: 'qsub' as const,
    submit: () => runQsub(env, command, dirname(scriptPath), limits, signal),
    whereItIs: WHERE_QSUB_IS,
    readId: readJobId,
    refusal: (result: RunResult) => refusal(kind, result),
    look: () => jobsByName(env, jobName, limits.queryMs),
    lookMs: limits.lookMs,
    unreachable: (said: string) => unreachable(kind, said, jobName),
    cancel: (job: JobId) => cancelQsubJob(kind, env, job),
  };
  return await submitOnce(steps, signal);
}

/** In the session's directory: what qsub is not told a place for lands there. */
async function runQsub(
  env: NodeJS.ProcessEnv,
  command: readonly string[],
  directory: string,
  limits: SubmitLimits,
  signal: AbortSignal | undefined,
): Promise<RunResult> {
  const [file = '', ...args] = command;
  using abort = delayedAbort(signal, limits.graceMs);
  return await run(file, args, {
    env: qsubEnvironment(env),
    cwd: directory,
    timeoutMs: limits.qsubMs,
    signal: abort.signal,
  });
}

/** qsub ended by itself with an error that leaves no doubt: there is no job. */
function refusal(kind: Kind, { exitCode, stderr, stdout }: RunResult): StartJupyterError | undefined {
  if (exitCode === undefined || exitCode === 0) return undefined;
  const said = stderr.trim() || stdout.trim();
  if (/cannot connect to server/i.test(said)) return notReached(kind, said);
  // A wrapper whose qsub was killed: 128 and the signal. The schedulers' own numbers are above those.
  if (exitCode > 128 && exitCode < 145 && said === '') return undefined;
  const unsure =
    /timed? ?out|communicat|connection|end of file|protocol|premature|server is (busy|shutting)/i.test(said);
  return unsure ? undefined : refused(kind, said);
}

/** The jobs of a name that have not ended; undefined: the server cannot be asked. */
export async function jobsByName(
  env: NodeJS.ProcessEnv,
  name: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<JobId[] | undefined> {
  const result = await run('qselect', ['-N', name], {
    env: queryEnvironment(env),
    timeoutMs,
    ...(signal ? { signal } : {}),
  });
  if (result.exitCode !== 0 || result.stderr.trim() !== '') return undefined;
  const lines = result.stdout.split('\n').filter((line) => line.trim() !== '');
  const jobs = lines.map((line) => readJobId(line));
  return jobs.every((job) => job !== undefined) ? jobs : undefined;
}

/** The last line that is an id and nothing else: filters and wrappers of sites print notices before it. */
export function readJobId(stdout: string): JobId | undefined {
  const withServer = [...stdout.matchAll(/^[ \t]*(\d+(?:\[\])?\.[A-Za-z0-9][\w.-]*)[ \t\r]*$/gm)].at(-1);
  const bare = [...stdout.matchAll(/^[ \t]*(\d+)[ \t\r]*$/gm)].at(-1);
  const id = (withServer ?? bare)?.[1];
  return id === undefined ? undefined : { id };
}
