/** What the doctor finds, and what to do about it. A pair is both: what is so, and the cure. */
import { StartJupyterError } from '../errors.js';
import { wantsConda } from './launch.js';
import { PERHAPS_BUSY, REFUSES_CLASSIC } from './proxy-answers.js';

type Found = [text: string, cure: string];

export const LOOKING = 'Looking at everything that a launch needs';

export const VARIABLE_CURE = 'Correct it, or unset it.';

export const UNEXPECTED = {
  text: (why: string) => `Something happened that should not: ${why}`,
  cure: 'Please report it.',
} as const;

export function noAnswerWithin(seconds: number): Found {
  return [
    `No answer within ${seconds} seconds.`,
    'The machine or its file systems are slow now: try again later.',
  ];
}

export const MORE_TIME = {
  label: 'More time',
  asked: (program: string) => `"start-jupyter extend" asks ${program}`,
  cannotRun: (program: string): Found => [
    `${program}, which "start-jupyter extend" asks, cannot be run`,
    'It has to be a file that everybody may execute: "hooks:" in systems.yaml.',
  ],
} as const;

export const SYSTEM = {
  shippedAlone: 'what start-jupyter ships; no file of the site’s or yours',
  files: (files: readonly string[]) => `what start-jupyter ships, ${files.join(', ')}`,
  retired: (name: string, why: string): Found => [
    `${name} (${why}), which is retired`,
    'Its entry in systems.yaml is kept as an example.',
  ],
  notFoundOut: (seconds: number): Found => [
    `Which system this is could not be found out within ${seconds} seconds: the scheduler, which is asked for that, does not answer.`,
    'Name it: start-jupyter doctor --system NAME.',
  ],
} as const;

export const SCHEDULER = {
  noneNeeded: 'none is needed: notebooks run on this machine',
  someName: 'The scheduler',
  slow: (name: string, seconds: number) => `${name} does not answer within ${seconds} seconds.`,
  silent: (name: string) => `${name} does not answer.`,
  perhapsBusy: PERHAPS_BUSY,
  noProgram: (system: string | undefined, scheduler: string, program: string): Found => [
    `${system ?? 'This machine'} has ${scheduler}, but there is no "${program}" on your PATH.`,
    'Log in to a login node, or load the module that brings it.',
  ],
  correctIt: 'Correct "scheduler:" in systems.yaml.',
  answers: (name: string, partitions: string) => `${name} answers; ${partitions}`,
  closed: (partition: string) => `${partition} (closed)`,
  /** `names`: some of as many as there are. */
  partitions: (isSlurm: boolean, count: number, names: readonly string[]) => {
    const more = count > names.length ? ` and ${count - names.length} more` : '';
    return `${isSlurm ? 'partition' : 'queue'}${count === 1 ? '' : 's'} ${names.join(', ')}${more}`;
  },
} as const;

/** The one that is used when nobody names another. */
export const PARTITION = {
  usual: (name: string) => `${name}, unless you name another`,
  missing: (name: string, there: readonly string[]): Found => [
    `There is no partition ${JSON.stringify(name)}.`,
    `Choose another one with -p: ${there.join(', ')}.`,
  ],
  closed: (name: string): Found => [`${name} takes no jobs now.`, 'Choose another one with -p.'],
  down: (name: string): Found => [
    `${name} takes no jobs now.`,
    'A job waits until it does; -p names another one.',
  ],
} as const;

export const INSTALL_JUPYTER = `Activate the environment that has it (conda activate NAME, module load NAME), or make one:
  python3 -m venv ~/jupyter
  ~/jupyter/bin/pip install jupyterlab notebook
  source ~/jupyter/bin/activate`;

export const CONDA = {
  none: 'none here; only --conda-env and --conda-yml need it',
  there: (program: string) => `${program}, no environment is active`,
  active: (environment: string) => `${environment} is active`,
  wanted: (system: string): Found => [
    wantsConda(system),
    'conda activate NAME; if "conda" is not found, run its "conda init" once.',
  ],
} as const;

function loadedModules(names: readonly string[]): string {
  return names.length === 0 ? 'none is loaded' : `loaded: ${names.join(', ')}`;
}

export const MODULES = {
  none: 'none here; only --modules needs them',
  lmod: (version: string, loaded: readonly string[]) => `Lmod ${version}, ${loadedModules(loaded)}`,
  classic: (home: string, loaded: readonly string[]) =>
    `Environment Modules in ${home}, ${loadedModules(loaded)}`,
} as const;

export const CONTAINERS = {
  none: 'neither apptainer nor singularity; only --image needs one',
  broken: (program: string): Found => [
    `${program} does not work.`,
    'Only --image needs it. Your support can mend it.',
  ],
} as const;

export const SESSIONS = {
  /** `free`: how much room there is. */
  place: (directory: string, isThere: boolean, free: string) =>
    `${directory}: ${isThere ? 'nobody else can write there' : 'will be made'}, ${free} free`,
  littleRoom: 'Free some space, or set XDG_STATE_HOME to a directory with room.',
} as const;

// The proxy.

export function notOwnProxy(host: string): StartJupyterError {
  return new StartJupyterError('proxy-too-old', `${host} answers, but not as start-jupyter-proxy does.`, {
    hint: REFUSES_CLASSIC,
  });
}

export const PROXY = {
  noneNeeded: 'none is needed: your browser connects to this machine itself',
  notLooked: [
    'not looked at: which one it is depends on the system',
    'Mend what is above, or name it: --endpoint HOST.',
  ] satisfies Found,
  own: (host: string) => `${host} is start-jupyter-proxy, and serves this machine`,
  classic: (host: string) =>
    `${host} answers; not as start-jupyter-proxy, so it is taken for a classic service`,
  trusted: (names: string, until: string) => `trusted, for ${names}, until ${until}`,
  otherName: (names: string, domain: string): Found => [
    `The certificate (${names}) does not hold for *.${domain}: browsers would refuse the notebooks.`,
    'The proxy needs one for that name: tell your support.',
  ],
  expires: (days: number) => `It expires in ${days} days: tell your support.`,
  clock: 'agrees with the proxy’s',
  wrongClock: (ms: number, isAhead: boolean): Found => [
    `This machine is ${duration(ms)} ${isAhead ? 'ahead of' : 'behind'} the proxy.`,
    'One of the two clocks is wrong (chronyc tracking): tell your support.',
  ],
} as const;

function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} minute${minutes === 1 ? '' : 's'}`;
  return `${Math.round(minutes / 60)} hours`;
}
