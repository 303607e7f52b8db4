/** What is said of sessions in place: in an allocation, on a machine of one's own, on a login node. */
import { StartJupyterError } from '../errors.js';
import { formatMinutes } from '../scheduler/duration.js';

/** `job`: the allocation's, as `Slurm job 123`. */
export function lookingAtAllocation(job: string): string {
  return `Looking at ${job}`;
}

export function insideOfJob(job: string): string {
  return `This shell belongs to ${job}. What you start now is a job of its own; to use the one that you have: start-jupyter --here`;
}

const GET_ANOTHER = 'Get a new allocation and start it there, or leave --here out: then a job is submitted.';

export const ALLOCATION_QUEUED = 'has not started yet';

/** `how`: its outcome, where it is known. */
export function allocationOver(how: string | undefined): string {
  return `is over${how === undefined ? '' : ` (${how})`}`;
}

/** `variables`: those that say that this shell belongs to it. */
export function allocationNotRunning(job: string, what: string, variables: string): StartJupyterError {
  return new StartJupyterError('not-here', `This shell belongs to ${job}, and that ${what}.`, {
    hint: [GET_ANOTHER, `If this shell has nothing to do with that job any more: unset ${variables}`].join(
      '\n',
    ),
  });
}

/** `nodes`: those of the job, where they are known. */
export function notOnItsNodes(
  host: string,
  job: string,
  { nodes, isSlurm }: { nodes: string; isSlurm: boolean },
): StartJupyterError {
  const where = nodes === '' ? 'other nodes' : nodes;
  return new StartJupyterError(
    'not-here',
    `This shell is on ${host}, and ${job} has ${where}: Jupyter would not run where you have room for it.`,
    {
      hint: isSlurm
        ? 'Start it on a node of yours: srun --nodes=1 --ntasks=1 --pty start-jupyter --here (with your other options behind it)'
        : 'Start it in the shell that the scheduler gave you on the node.',
    },
  );
}

export function allocationEndNotKnown(job: string, why: string): string {
  return `How long ${job} still lasts cannot be told (${why}): -t says it, if you know.`;
}

export function allocationEndsNow(job: string): StartJupyterError {
  return new StartJupyterError('not-here', `${job} ends in less than a minute.`, { hint: GET_ANOTHER });
}

export function allocationLeft(job: string, minutes: number): string {
  return `${job}, ${formatMinutes(minutes)} left`;
}

// A login node.

/** `without`: what to leave out; `get`: the command that gives a node. */
export function loginNode(
  system: string,
  why: string,
  { without, get }: { without: string; get: string },
): StartJupyterError {
  return new StartJupyterError(
    'not-here',
    `This is a login node of ${system} (${why}), and your site does not allow notebooks on it.`,
    {
      hint: [
        `Without ${without} a job is submitted, and the notebook runs on a compute node.`,
        `Or get a node first (${get}) and start it there: start-jupyter --here`,
        'What is allowed is said by here_on_login_node in the site’s systems.yaml.',
      ].join('\n'),
    },
  );
}

export function likeLoginNode(host: string): StartJupyterError {
  return new StartJupyterError(
    'not-here',
    `${host} has the commands of a scheduler and is in no job: it may be a login node, where notebooks are not allowed.`,
    {
      hint: [
        'Get a node first (salloc, qsub -I) and start it there: start-jupyter --here',
        'If this is a machine of your own: --system local',
      ].join('\n'),
    },
  );
}

// Without a scheduler.

/** `byOption`: by --here; else there is none. */
export function ignoredHere(options: readonly string[], byOption: boolean): string {
  const why = byOption ? '--here submits nothing' : 'there is no scheduler here';
  return `Ignored, because ${why}: ${options.join(', ')}.`;
}

/** `what`: an allocation, or a profile. */
export function endsEarlier(what: string, minutes: number): string {
  return `${what} ends earlier than you asked for: in ${formatMinutes(minutes)}.`;
}

// In the foreground.

export const STARTING_PROXY = 'Starting a proxy of your own';
export const WAITING_FOR_JUPYTER = 'Waiting for Jupyter';

const FOREGROUND_FAILED = {
  silent: 'Jupyter does not answer.',
  notStarted: 'Jupyter could not be started.',
  brokeDown: 'Jupyter broke down.',
} as const;

/** `lines`: the end of its log. */
export function foregroundFailed(what: keyof typeof FOREGROUND_FAILED, lines: string): StartJupyterError {
  return new StartJupyterError('job-failed', FOREGROUND_FAILED[what], {
    detail: lines,
    hint: 'The lines above are the end of what it wrote.',
  });
}

export const FOREGROUND_ENDED = {
  allocation: (job: string) => `${job} has ended: stopping Jupyter.`,
  interrupted: 'Stopping Jupyter.',
  timeUp: 'Its time is up: Jupyter has ended.',
  byItself: 'Jupyter has ended.',
} as const;
