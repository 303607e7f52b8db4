/** What is said of schedulers, whichever it is: their answers, what they are asked for, and jobs on this machine. */
import { StartJupyterError } from '../errors.js';

/** There is a job of that number, and it is not the one that was meant. */
export function anotherJob(id: string): string {
  return `${id} is the number of another job by now`;
}

export function isNoJobId(scheduler: string, id: string): string {
  return `${JSON.stringify(id)} is not a job id of ${scheduler}`;
}

/** It is over, and nobody says how it went. */
export function notAnymore(scheduler: string): string {
  return `${scheduler} no longer knows the job`;
}

export function stillAccounted(state: string): string {
  return `squeue has no such job, but sacct says ${state}`;
}

/** @param failure why the accounting did not answer */
export function leftQueueUnasked(failure: string): string {
  return `the job has left the queue, and how it ended cannot be asked for at the moment: ${failure}`;
}

/** @param command what a person can try */
export function notCancelled(id: string, why: string, command?: string): StartJupyterError {
  return new StartJupyterError('scheduler-unreachable', `the job ${id} could not be cancelled`, {
    detail: why,
    ...(command === undefined ? {} : { hint: command }),
  });
}

export function tryAgain(...command: string[]): string {
  return `Try again: ${command.join(' ')}`;
}

export function noProgram(program: string, whereItIs: string): StartJupyterError {
  return new StartJupyterError('no-tool', `${program} was not found`, { hint: whereItIs });
}

export function interruptedSubmission(): StartJupyterError {
  return new StartJupyterError('interrupted', 'interrupted while the job was being submitted');
}

/** @param failure why the program gave no answer */
export function notSubmitted(program: string, failure: string): StartJupyterError {
  return new StartJupyterError('scheduler-unreachable', `${program} did not submit the job`, {
    detail: failure,
  });
}

/** @param said all that the program printed */
export function noJobId(program: string, said: string): StartJupyterError {
  return new StartJupyterError('scheduler-refused', `${program} gave no job id, and there is no such job`, {
    detail: said,
  });
}

/** What is wrong with a value that no directive can hold. */
export function faultOf(value: string): string {
  return value === '' ? 'is empty' : 'has a line break or a NUL character in it';
}

export function notAWord(option: string, value: string, allowed: string): StartJupyterError {
  return badValue(option, value, `It may have ${allowed}, and no spaces.`);
}

export function tooLong(option: string, value: string, longest: number): StartJupyterError {
  return badValue(option, `${value.slice(0, 40)}...`, `It may have ${longest} characters.`);
}

export function noSize(option: string, value: string): StartJupyterError {
  return badValue(option, value, 'A size is a whole number with a unit, such as 4G or 500M.');
}

export function noCount(option: string, value: string): StartJupyterError {
  return badValue(option, value, 'A whole number from 1 is wanted.');
}

function badValue(option: string, value: string, hint: string): StartJupyterError {
  return new StartJupyterError('bad-option', `${option} cannot be ${JSON.stringify(value)}`, { hint });
}

export function noJobsOnWindows(): StartJupyterError {
  return new StartJupyterError('unsupported-platform', 'Jobs cannot run on Windows itself.', {
    hint: 'Use start-jupyter on the login node of a cluster, or inside WSL.',
  });
}

export function interruptedBeforeStart(): StartJupyterError {
  return new StartJupyterError('interrupted', 'interrupted before the job was started');
}

/** @param lacks a program that every machine has is missing */
export function notStartedHere(failure: string, lacks: boolean): StartJupyterError {
  const message = 'the job could not be started on this machine';
  return new StartJupyterError(lacks ? 'no-tool' : 'scheduler-refused', message, {
    detail: failure,
    ...(lacks ? { hint: 'It wants bash and coreutils: install them, or put them on your PATH.' } : {}),
  });
}

export function nowhereSaid(id: string): string {
  return `nobody said where job ${id} lies`;
}

export function lookAtProcess(pid: number): string {
  return `Look at it with: ps -p ${pid}`;
}

export const SUPERVISOR_STAYS = 'its supervisor does not end';

export const LEFT_NO_WORD = 'it ended without leaving word (killed, or a restart)';

export function strangeState(scheduler: string, state: string): string {
  return `${scheduler} says ${JSON.stringify(state)} of the job`;
}

export const OVER_MEMORY = 'it took more memory than it had asked for';
export const OVER_TIME = 'its time was up';
export const NOT_SAID_HOW = 'the scheduler does not say how';
