/** Submits a job with a scheduler's own program at most once, whatever that says, and however it is interrupted. */
import { StartJupyterError } from '../errors.js';
import { failureOf, type RunResult } from '../platform/process.js';
import type { JobId } from './scheduler.js';

const LOOKS = 3;

export interface SubmitSteps {
  program: 'sbatch' | 'qsub';
  submit: () => Promise<RunResult>;
  /** The job as the program names it, else what the scheduler has under its unique name. */
  jobsOf: (result: RunResult) => Promise<JobId[]>;
  cancel: (job: JobId) => Promise<void>;
}

/** See {@link Scheduler.submit}. */
export async function submitOnce(
  { program, submit, jobsOf, cancel }: SubmitSteps,
  signal: AbortSignal | undefined,
): Promise<JobId> {
  if (signal?.aborted) throw interrupted();
  const result = await submit();
  const jobs = await jobsOf(result);
  if (signal?.aborted) {
    for (const job of jobs) await cancel(job);
    throw interrupted();
  }
  const [job] = jobs;
  if (job === undefined) throw noJob(program, result);
  return job;
}

/** Several looks, because the scheduler may still be taking the job in. Undefined: it cannot be asked. */
export async function lookForJob(
  look: () => Promise<JobId[] | undefined>,
  pauseMs: number,
): Promise<JobId[] | undefined> {
  let found: JobId[] | undefined;
  for (let looks = 0; looks < LOOKS; looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    found = await look();
    if (found !== undefined && found.length > 0) return found;
  }
  return found;
}

function interrupted(): StartJupyterError {
  return new StartJupyterError('interrupted', 'interrupted while the job was being submitted');
}

function noJob(program: string, result: RunResult): StartJupyterError {
  if (result.exitCode !== 0) {
    const message = `${program} did not submit the job`;
    return new StartJupyterError('scheduler-unreachable', message, { detail: failureOf(program, result) });
  }
  return new StartJupyterError('scheduler-refused', `${program} gave no job id, and there is no such job`, {
    detail: [result.stdout, result.stderr].join('\n').trim(),
  });
}
