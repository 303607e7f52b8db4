/** Submits a job with a scheduler's own program at most once, whatever that says, and however it is interrupted. */
import type { StartJupyterError } from '../errors.js';
import { failureOf, type RunResult } from '../platform/process.js';
import { interruptedSubmission, noJobId, noProgram, notSubmitted } from '../words/scheduler.js';
import type { JobId } from './scheduler.js';

const LOOKS = 3;

export interface SubmitSteps {
  program: 'sbatch' | 'qsub';
  /** Where the program may be found when it is not on PATH. */
  whereItIs: string;
  submit: () => Promise<RunResult>;
  /** The id in what the program printed. */
  readId: (stdout: string) => JobId | undefined;
  /** What the program's own end says, when there is surely no job. */
  refusal: (result: RunResult) => StartJupyterError | undefined;
  /** The jobs of the unique name; undefined: the scheduler cannot be asked. */
  look: () => Promise<JobId[] | undefined>;
  /** Milliseconds before each look for a job that the scheduler may only just be taking in. */
  lookMs: number;
  /** Nobody can tell whether there is a job. */
  unreachable: (said: string) => StartJupyterError;
  cancel: (job: JobId) => Promise<void>;
}

/** See {@link Scheduler.submit}. */
export async function submitOnce(steps: SubmitSteps, signal: AbortSignal | undefined): Promise<JobId> {
  if (signal?.aborted) throw interruptedSubmission();
  const result = await steps.submit();
  const jobs = await submittedJobs(steps, result);
  if (signal?.aborted) {
    for (const job of jobs) await steps.cancel(job);
    throw interruptedSubmission();
  }
  const [job] = jobs;
  if (job === undefined) throw noJob(steps.program, result);
  return job;
}

/** The job as the program names it, else what the scheduler has under its unique name. */
async function submittedJobs(steps: SubmitSteps, result: RunResult): Promise<JobId[]> {
  const { program } = steps;
  if (result.notFound) {
    throw noProgram(program, steps.whereItIs);
  }
  const id = result.exitCode === 0 ? steps.readId(result.stdout) : undefined;
  if (id) return [id];
  const refusal = steps.refusal(result);
  if (refusal) throw refusal;
  const found = await lookForJob(steps);
  if (found === undefined) throw steps.unreachable(failureOf(program, result));
  return found;
}

/** Several looks, because the scheduler may still be taking the job in. Undefined: it cannot be asked. */
async function lookForJob({ look, lookMs }: SubmitSteps): Promise<JobId[] | undefined> {
  let found: JobId[] | undefined;
  for (let looks = 0; looks < LOOKS; looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, lookMs));
    found = await look();
    if (found !== undefined && found.length > 0) return found;
  }
  return found;
}

function noJob(program: string, result: RunResult): StartJupyterError {
  if (result.exitCode !== 0) return notSubmitted(program, failureOf(program, result));
  return noJobId(program, [result.stdout, result.stderr].join('\n').trim());
}
