/** What is said of Slurm: its refusals and what a person can do about them, and what cannot be said to it. */
import { StartJupyterError } from '../errors.js';
import { faultOf } from './scheduler.js';

export const WHERE_SBATCH_IS =
  'Slurm’s commands have to be on PATH; on some clusters `module load slurm` puts them there.';

/** The first that matches is used. Texts: slurm_strerror of Slurm 22.05, and what its programs print before it. */
const HINTS: [pattern: RegExp, hint: string][] = [
  [
    /invalid account/i,
    'Choose an account that you may use in this partition with -A NAME; yours are listed by: sacctmgr show associations user=$USER format=account',
  ],
  [
    /invalid partition|partition.*(not available|inactive)/i,
    'Choose a partition with -p NAME; sinfo -s lists them.',
  ],
  [/time.?limit/i, 'Ask for less time with -t; sinfo -o "%R %l" lists the longest of each partition.'],
  [/qos/i, 'Choose a QOS that you may use with --qos NAME, or ask for less.'],
  [/memory/i, 'Ask for less memory with -m, or leave either --mem or --mem-per-cpu out.'],
  [
    /generic resource|gres|gpu/i,
    'The partition has no such resource: see --gpus, --gres and sinfo -o "%R %G".',
  ],
  [/feature/i, 'No node has that --constraint: sinfo -o "%R %f" lists what there is.'],
  [
    /reservation/i,
    'The reservation that you, a profile or your site names has to be there and to be for you: scontrol show reservation lists them.',
  ],
  [
    /node configuration is not available/i,
    'No node there is that large: ask for fewer CPUs, nodes or GPUs, or less memory.',
  ],
];

/** @param said sbatch's own words, as they came */
export function refused(said: string): StartJupyterError {
  const hint = HINTS.find(([pattern]) => pattern.test(said))?.[1];
  return new StartJupyterError('scheduler-refused', 'Slurm refused the job', {
    detail: said,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Nobody can tell whether there is a job: the person is told how to look. */
export function unreachable(said: string, jobName: string): StartJupyterError {
  return new StartJupyterError('scheduler-unreachable', 'Slurm did not say whether it took the job', {
    detail: said,
    hint: `When Slurm answers again, look with: squeue --name=${jobName}; and cancel with: scancel --name=${jobName}`,
  });
}

export function gpusTwice(asked: string, gres: string): StartJupyterError {
  return new StartJupyterError('bad-option', `GPUs are asked for twice: ${asked} and ${gres}`, {
    hint: 'Use either --gpus or a gpu entry in --gres.',
  });
}

/** A directive is a line, and has a value. */
export function notInDirective(option: string, value: string): StartJupyterError {
  return new StartJupyterError('bad-option', `the value of --${option} ${faultOf(value)}`, {
    hint: 'Slurm takes each directive on one line.',
  });
}
