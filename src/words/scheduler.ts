/** What is said of the schedulers' answers. */

/** There is a job of that number, and it is not the one that was meant. */
export function anotherJob(id: string): string {
  return `${id} is the number of another job by now`;
}

export function noJobId(scheduler: string, id: string): string {
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
