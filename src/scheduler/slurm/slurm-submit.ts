/** Submits a job to Slurm, and finds out what became of it when sbatch gave no clear answer. */
import type { StartJupyterError } from '../../errors.js';
import { delayedAbort } from '../../platform/delayed-abort.js';
import { run, type RunResult } from '../../platform/process.js';
import type { JobId, SubmitOptions } from '../scheduler.js';
import { submitOnce } from '../submit-once.js';
import { cancelSlurmJob } from './slurm-cancel.js';
import { sbatchEnvironment } from './slurm-environment.js';
import { findSlurmJobs } from './slurm-queue.js';
import { refused, unreachable, WHERE_SBATCH_IS } from '../../words/slurm.js';

/** Waits in milliseconds. */
export interface SubmitLimits {
  /** sbatch itself tries for about two minutes when the controller is busy. */
  sbatchMs: number;
  /** After Ctrl-C sbatch may finish for so long: its answer is surer than a search for the job. */
  graceMs: number;
  /** Between two looks for a job that the controller may only just be taking in. */
  lookMs: number;
}

export const SUBMIT_LIMITS: SubmitLimits = { sbatchMs: 150_000, graceMs: 5000, lookMs: 1000 };

/** `--parsable` makes sbatch print the id alone; a site's wrapper may refuse it. */
export function sbatchCommand(scriptPath: string, extraArguments: readonly string[]): string[] {
  return ['sbatch', '--parsable', ...extraArguments, scriptPath];
}

/** See {@link Scheduler.submit}. */
export async function submitToSlurm(
  env: NodeJS.ProcessEnv,
  scriptPath: string,
  options: SubmitOptions,
  limits: SubmitLimits,
): Promise<JobId> {
  const { signal, jobName, extraArguments } = options;
  const steps = {
    program: 'sbatch' as const,
    submit: () => runSbatch(env, sbatchCommand(scriptPath, extraArguments), limits, signal),
    whereItIs: WHERE_SBATCH_IS,
    readId: readJobId,
    refusal,
    look: () => findSlurmJobs(env, jobName),
    lookMs: limits.lookMs,
    unreachable: (said: string) => unreachable(said, jobName),
    cancel: (job: JobId) => cancelSlurmJob(env, job),
  };
  return await submitOnce(steps, signal);
}

async function runSbatch(
  env: NodeJS.ProcessEnv,
  command: string[],
  limits: SubmitLimits,
  signal: AbortSignal | undefined,
): Promise<RunResult> {
  const [file = '', ...args] = command;
  using abort = delayedAbort(signal, limits.graceMs);
  const options = {
    env: sbatchEnvironment(env),
    timeoutMs: limits.sbatchMs,
    signal: abort.signal,
  };
  const result = await run(file, args, options);
  if (!refusesParsable(result) || signal?.aborted) return result;
  return await run(
    file,
    args.filter((argument) => argument !== '--parsable'),
    options,
  );
}

function refusesParsable(result: RunResult): boolean {
  return result.exitCode !== 0 && /parsable/.test(result.stderr + result.stdout);
}

/** sbatch ended by itself with an error that is not about reaching the controller: there is no job. */
function refusal({ exitCode, stderr, stdout }: RunResult): StartJupyterError | undefined {
  if (exitCode === undefined || exitCode === 0) return undefined;
  // 128 and above, but for sbatch's own 255: a wrapper whose sbatch was killed.
  if (exitCode > 128 && exitCode < 255) return undefined;
  const unsure =
    /timed out|unable to contact|connection (refused|reset|failure)|connect failure|zero bytes/i.test(stderr);
  return unsure ? undefined : refused(stderr.trim() || stdout.trim());
}

/**
 * The id in what sbatch printed: the last line that is an id and nothing else (wrappers print balances and notices
 * before it), else sbatch's sentence.
 */
export function readJobId(stdout: string): JobId | undefined {
  const alone = [...stdout.matchAll(/^[ \t]*(\d+)(?:;(\S+))?[ \t\r]*$/gm)].at(-1);
  const match = alone ?? /Submitted batch job (\d+)(?: on cluster (\S+))?/.exec(stdout);
  if (match?.[1] === undefined) return undefined;
  return { id: match[1], ...(match[2] === undefined ? {} : { cluster: match[2] }) };
}
