/** What is said of Torque and PBS: their refusals and what a person can do about them, and what cannot be said to them. */
import { StartJupyterError } from '../errors.js';
import { faultOf } from './scheduler.js';

export const NAMES = { torque: 'Torque', pbs: 'PBS' } as const;

type Kind = keyof typeof NAMES;

export const WHERE_QSUB_IS =
  'The scheduler’s commands have to be on PATH; on some clusters a module (torque, pbs) puts them there.';

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
export function refused(kind: Kind, said: string): StartJupyterError {
  const hint = HINTS.find(([pattern]) => pattern.test(said))?.[1];
  return new StartJupyterError('scheduler-refused', `${NAMES[kind]} refused the job`, {
    // How qsub is used would hide what was wrong.
    detail: said.replace(/\s*^usage:[^]*/m, ''),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The server was never spoken to. */
export function notReached(kind: Kind, said: string): StartJupyterError {
  return new StartJupyterError(
    'scheduler-unreachable',
    `${NAMES[kind]} cannot be reached, and no job was sent`,
    { detail: said, hint: 'Try again in some minutes. If it lasts, tell your centre.' },
  );
}

/** Nobody can tell whether there is a job: the person is told how to look. */
export function unreachable(kind: Kind, said: string, jobName: string): StartJupyterError {
  return new StartJupyterError(
    'scheduler-unreachable',
    `${NAMES[kind]} did not say whether it took the job`,
    {
      detail: said,
      hint: `When it answers again, look with: qselect -N ${jobName}; and cancel what that lists with qdel.`,
    },
  );
}

/** @param said qdel's own words */
export function notYourJob(kind: Kind, id: string, said: string): StartJupyterError {
  return new StartJupyterError('scheduler-refused', `${NAMES[kind]} does not let you cancel the job ${id}`, {
    detail: said,
    hint: 'It belongs to somebody else.',
  });
}

export function onlySlurmsQsub(kind: Kind): StartJupyterError {
  return new StartJupyterError(
    'bad-configuration',
    `This system is said to have ${NAMES[kind]}, but the qsub here only stands in front of Slurm.`,
    { hint: 'Put "scheduler: slurm" into the entry of this system in systems.yaml.' },
  );
}

export function anotherQsub(kind: Kind, found: Kind): string {
  return `The qsub here belongs to ${NAMES[found]}, but systems.yaml says "scheduler: ${kind}" of this system, and that is what counts. If it is wrong, put "scheduler: ${found}" there.`;
}

/** @param line its number from 1 */
export function continuedDirective(line: number, text: string): StartJupyterError {
  return new StartJupyterError(
    'bad-template',
    `Line ${line} of the template, ${JSON.stringify(text)}, goes on in the next line`,
    { hint: 'Write each #PBS directive on one line, or several -l of them on lines of their own.' },
  );
}

/** A directive is a line, and has a value. */
export function notInDirective(letter: string, value: string): StartJupyterError {
  return new StartJupyterError('bad-option', `the value of qsub's -${letter} ${faultOf(value)}`, {
    hint: 'qsub takes each directive on one line.',
  });
}

export function notOneQueue(queue: string): StartJupyterError {
  return cannotSay(`A job goes into one queue, and ${JSON.stringify(queue)} is none.`, 'Name one queue.');
}

export function noQosInPbs(): StartJupyterError {
  return noSuchThing('--qos', 'a QOS');
}

export function noConstraintInPbs(): StartJupyterError {
  const instead = 'Ask for what your centre calls it with --gres NAME=VALUE.';
  return noSuchThing('--constraint', 'constraints', instead);
}

function noSuchThing(option: string, what: string, instead = ''): StartJupyterError {
  const hint = `What your centre has in its place goes to qsub with --scheduler-arg, or into #PBS lines of a template.`;
  return cannotSay(
    `${option} means nothing here: PBS has no such thing as ${what}.`,
    `${instead}${instead && ' '}${hint}`,
  );
}

export function noPbsReservation(name: string): StartJupyterError {
  return cannotSay(
    `--reservation ${JSON.stringify(name)} is no reservation of PBS.`,
    'Their names are like R123 or S45: pbs_rstat lists them.',
  );
}

export function queueAndReservation(queue: string, reservation: string): StartJupyterError {
  return cannotSay(
    `A job cannot go into the queue ${queue} and into the reservation ${reservation}.`,
    'A reservation of PBS is a queue: leave --partition or --reservation out.',
  );
}

export function pbsTemplatesOwnWay(select: string | undefined, nodes: string | undefined): StartJupyterError {
  const said =
    select === undefined ? (nodes === undefined ? '' : ` (-l nodes=${nodes})`) : ` (-l select=${select})`;
  return cannotSay(
    `The template asks for nodes and memory in its own way${said}, which --nodes, --cpus, --gpus, --memory and --gres cannot change.`,
    'Leave those options out, or let the template ask for one kind of chunk: #PBS -l select=1:ncpus=4:mem=8gb',
  );
}

export function noPbsResource(entry: string): StartJupyterError {
  return cannotSay(
    `--gres ${JSON.stringify(entry)} is no resource of PBS.`,
    'A resource and how much of it on each node is wanted: --gres lscratch=10gb; several with commas.',
  );
}

export function torqueTemplatesOwnWay(nodes: string): StartJupyterError {
  return cannotSay(
    `The template asks for nodes of its own (-l nodes=${nodes}), which nodes, CPUs and GPUs of the options cannot change.`,
    'Leave --nodes, --cpus, --gpus and --constraint out, or let the template ask for one kind of node: #PBS -l nodes=1:ppn=4',
  );
}

export function noTorqueConstraint(constraint: string): StartJupyterError {
  return cannotSay(
    `--constraint ${JSON.stringify(constraint)} is more than Torque can say.`,
    'It takes properties that a node must have, all of them: intel&ib. pbsnodes lists them.',
  );
}

export function oneNameForTorque(option: string, value: string): StartJupyterError {
  return cannotSay(`${option} takes one name with Torque, not ${JSON.stringify(value)}.`, 'Name one.');
}

/** What a request asks for and the scheduler has no word for. */
function cannotSay(message: string, hint: string): StartJupyterError {
  return new StartJupyterError('bad-option', message, { hint });
}
