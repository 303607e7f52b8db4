/** What a person can do about well-known refusals of Torque and PBS. */
import { StartJupyterError } from '../../errors.js';

export const NAMES = { torque: 'Torque', pbs: 'PBS' } as const;

/** The first that matches is used. Texts: recorded from Torque 6.1.3 and OpenPBS 23.06. */
const HINTS: [pattern: RegExp, hint: string][] = [
  [
    /directive error|illegal -|invalid option|usage:/i,
    'Look at the #PBS lines of the template, and at --scheduler-arg.',
  ],
  [
    /illegal attribute or resource value/i,
    'A value in a #PBS -l line or in --scheduler-arg has the wrong form.',
  ],
  [
    /feasible nodes/i,
    'No node here is that large, or there are not so many: ask for fewer nodes, CPUs or GPUs; pbsnodes -a lists the nodes.',
  ],
  [/unknown queue/i, 'Choose a queue with -p NAME; qstat -Q lists them.'],
  [
    /queue is not enabled|queue is disabled/i,
    'That queue takes no jobs at the moment: choose another one with -p; qstat -Q lists them.',
  ],
  [
    /walltime/i,
    'Ask for less time with -t, or choose another queue with -p; qstat -q lists the longest of each.',
  ],
  [
    /resource limits/i,
    'Ask for less: time (-t), CPUs (-c), memory (-m) or nodes (-N), or choose another queue with -p; qstat -Qf lists the limits.',
  ],
  [/run as root|bad uid/i, 'Start it as an ordinary user: jobs of root are not taken.'],
  [
    /\baccount|project/i,
    'Name an account that you may use with -A NAME; your centre’s user portal lists yours.',
  ],
  [
    /unknown resource/i,
    'The scheduler does not know one of the resources that are asked for: see --gpus, --gres, #PBS -l lines of the template, and systems.yaml.',
  ],
  [
    /cannot be used with/i,
    'The template’s #PBS -l lines ask in PBS’s old form (nodes=, ncpus=, mem=) and with select= at once: write them all as select=1:ncpus=4:mem=8gb',
  ],
  [
    /maximum number|would exceed|limit/i,
    'You may have as many jobs there as there can be: end one, or choose another queue with -p.',
  ],
  [
    /unauthorized|not allowed|access/i,
    'Ask your centre whether you may send jobs from this host and into this queue.',
  ],
];

/** @param said qsub's own words */
export function refused(kind: keyof typeof NAMES, said: string): StartJupyterError {
  const hint = HINTS.find(([pattern]) => pattern.test(said))?.[1];
  return new StartJupyterError('scheduler-refused', `${NAMES[kind]} refused the job`, {
    // How qsub is used would hide what was wrong.
    detail: said.replace(/\s*^usage:[^]*/m, ''),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The server was never spoken to. */
export function notReached(kind: keyof typeof NAMES, said: string): StartJupyterError {
  return new StartJupyterError(
    'scheduler-unreachable',
    `${NAMES[kind]} cannot be reached, and no job was sent`,
    { detail: said, hint: 'Try again in some minutes. If it lasts, tell your centre.' },
  );
}

/** Nobody can tell whether there is a job: the person is told how to look. */
export function unreachable(kind: keyof typeof NAMES, said: string, jobName: string): StartJupyterError {
  return new StartJupyterError(
    'scheduler-unreachable',
    `${NAMES[kind]} did not say whether it took the job`,
    {
      detail: said,
      hint: `When it answers again, look with: qselect -N ${jobName}; and cancel what that lists with qdel.`,
    },
  );
}

/** What a request asks for and the scheduler has no word for. */
export function cannotSay(message: string, hint: string): StartJupyterError {
  return new StartJupyterError('bad-option', message, { hint });
}
