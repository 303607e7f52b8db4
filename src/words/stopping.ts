/** What `stop` says. */
import { sentence, StartJupyterError } from '../errors.js';

/** What a person calls a session: its job, and the name in its link. */
export function sessionCalled(job: string, name: string | undefined): string {
  return name === undefined ? job : `${job} (${name})`;
}

export const STOPPING = {
  stopped: (what: string) => `Stopped ${what}.`,
  /** The scheduler was told, and has not said yet that it is over. */
  goingOn: (what: string, id: string) =>
    `${what} is being stopped, and its job is not over yet. To look: start-jupyter status ${id}`,
  over: (what: string, cause: string) => `${what} was over already. ${sentence(cause)}`,
  elsewhere: (what: string, host: string | undefined, id: string) =>
    host === undefined
      ? `${what} does not run here but on the machine where it was started. There Ctrl-C ends it, or: start-jupyter stop ${id}`
      : `${what} runs on ${host} itself. There Ctrl-C ends it, or: start-jupyter stop ${id}`,
  /** Whoever knows it cannot be asked: nothing was done. */
  unknown: (what: string, why: string, id: string) =>
    `${what} was left alone, because it cannot be told whether it runs: ${sentence(why)} To look again: start-jupyter status ${id}`,
  failed: (what: string, why: string) => `${what} could not be stopped, and may still run: ${sentence(why)}`,
} as const;

export function nothingRuns(): string {
  return 'None of your sessions waits or runs.';
}

export function waitingForEnds(count: number): string {
  return count === 1 ? 'Waiting until it is over' : `Waiting until all ${count} are over`;
}

export function allAndSome(): StartJupyterError {
  return new StartJupyterError('bad-option', 'Sessions are named, and --all is given as well.', {
    hint: 'Leave one of them out: --all stops every session that waits or runs.',
  });
}
