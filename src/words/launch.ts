/** What is said while everything for a launch is looked at. */
import { sentence, StartJupyterError } from '../errors.js';
import { formatMinutes } from '../scheduler/duration.js';
import { notTogether } from './options.js';

export const FINDING_OUT_SYSTEM = 'Finding out which system this is';

/** `why`: it is taken for this one. */
export function because(what: string, why: string): string {
  return `${what} (${why})`;
}

export function systemRetired(name: string): string {
  return `${name} is retired: its entry is kept as an example.`;
}

export const CHECKING = 'Checking Jupyter and the scheduler';
export const STILL_CLEANING_UP = 'Still cleaning up: a moment, please.';

export function noAccount(system: string): StartJupyterError {
  return new StartJupyterError('account-required', `${system} needs an account to charge the job to.`, {
    hint: 'Name your allocation with -A NAME; your centre’s user portal lists the ones that you have.',
  });
}

export function noJupyter(why: string): StartJupyterError {
  return new StartJupyterError('no-jupyter', why, {
    hint: [
      'Activate the environment that has it (conda activate NAME, module load NAME, source VENV/bin/activate),',
      'or make one: python3 -m venv ~/jupyter && ~/jupyter/bin/pip install jupyterlab notebook',
      'and then: source ~/jupyter/bin/activate',
      'To see the script without it: --dry-run --no-check.',
    ].join('\n'),
  });
}

export function wantsConda(system: string): string {
  return `${system} wants an active conda environment, and none is.`;
}

export function noActiveConda(system: string): StartJupyterError {
  return new StartJupyterError('no-conda', wantsConda(system), {
    hint: 'conda activate NAME. If "conda" is not found: module load anaconda (or miniconda), or run its "conda init" once.',
  });
}

// Options of the software that do not go together.

export function twoEnvironments(one: string, other: string): StartJupyterError {
  return notTogether(one, other, 'Each of them names the environment.');
}

export function imageAndConda(image: string, conda: string): StartJupyterError {
  return notTogether(
    image,
    conda,
    'An image brings its own software: a conda environment outside is not seen in it.',
  );
}

export function onlyWithImage(option: string): StartJupyterError {
  return onlyWith(option, 'an image', 'Name the image with --image.');
}

export function onlyWithModules(option: string): StartJupyterError {
  return onlyWith(option, 'modules', 'Name the modules with --modules.');
}

function onlyWith(option: string, what: string, hint: string): StartJupyterError {
  return new StartJupyterError('bad-option', `${option} means something only with ${what}.`, { hint });
}

// Files and folders.

export function noHome(): StartJupyterError {
  return new StartJupyterError('bad-directory', 'Nobody says where your home directory is.', {
    hint: 'Set HOME to it: export HOME=/home/NAME.',
  });
}

/** The notebook's. */
export function badDirectory(path: string, what: string, hint: string): StartJupyterError {
  return new StartJupyterError('bad-directory', `The directory ${JSON.stringify(path)} ${what}.`, { hint });
}

export const BAD_DIRECTORY = {
  missing: ['does not exist', 'Name an existing directory with --dir, or make it first.'],
  hidden: (why: string) =>
    [`cannot be looked at (${why})`, 'Name an existing directory with --dir, or make it first.'] as const,
  file: ['is not a directory', 'Name the directory that the file is in.'],
  closed: ['may not be read by you', 'Name a directory of your own with --dir.'],
} as const;

/** `isOption`: it was typed, and not in a configuration file. */
export function badAuthority(file: string, what: string, isOption: boolean): StartJupyterError {
  return new StartJupyterError(
    isOption ? 'bad-option' : 'bad-configuration',
    `The certificate authority ${JSON.stringify(file)} ${what}.`,
    { hint: 'It is a PEM file, with a line "-----BEGIN CERTIFICATE-----".' },
  );
}

export const BAD_AUTHORITY = {
  unreadable: (why: string) => `cannot be read (${why})`,
  empty: 'holds no certificate',
} as const;

/** `what` finishes the sentence, `why` says what happened. */
export function couldNot(what: string, why: string): string {
  return `Could not ${what}: ${why}`;
}

// While it is carried out.

export const RESERVING = 'Reserving a name';
export const STARTING = 'Starting Jupyter';
export const SUBMITTING = 'Submitting the job';
export const REGISTERING = 'Registering the job';
export const GIVING_BACK = 'Giving back what was taken';

/** `done`: what has happened all the same. */
export function notRegistered(done: string, why: string): string {
  return sentence(
    `${done}, but the proxy was not told its number, so that its page cannot show the job's state: ${why}`,
  );
}

// Where it leads.

export function badEndpoint(text: string): StartJupyterError {
  return new StartJupyterError('bad-option', `${JSON.stringify(text)} is no endpoint.`, {
    hint: 'It is the proxy’s domain without https:// and manage., with a port if that is not 443: jupyter.example.org or jupyter.example.org:8443.',
  });
}

export function noEndpoint(system: string): StartJupyterError {
  return new StartJupyterError('bad-configuration', `No proxy is known for the system ${system}.`, {
    hint: 'Name its domain with --endpoint HOST[:PORT], or with "endpoint:" in systems.yaml. Without a proxy: --connect ssh.',
  });
}

export function onWindows(): StartJupyterError {
  return new StartJupyterError('unsupported-platform', 'Jobs cannot be started from Windows.', {
    hint: 'Log in to your cluster (ssh) and run start-jupyter there. Here you can look: --dry-run --no-check --system NAME, --help.',
  });
}

// Its result.

/** `partition`, `minutes`: where they are known. */
export function jobWords(id: string, partition: string | undefined, minutes: number | undefined): string {
  const where = partition === undefined ? '' : ` in partition ${partition}`;
  const time = minutes === undefined ? '' : `, for ${formatMinutes(minutes)}`;
  return `${id}${where}${time}`;
}

export function notebookIsHere(url: string): string {
  return `Your notebook is here:\n${url}\n`;
}

/** A comment under the script of a dry run. */
export function wouldRun(command: string, inPlace: boolean): string {
  return `# ${inPlace ? 'Started' : 'Submitted'} with: ${command}\n`;
}

export function lastsAsLong(minutes: number | undefined): string {
  const time = minutes === undefined ? '' : `, for ${formatMinutes(minutes)} at most`;
  return `It runs as long as this command does${time}. Ctrl-C ends it.`;
}

/** In an allocation, without a proxy elsewhere. */
export function onlyOn(host: string): string {
  return `It can be opened in a browser on ${host} alone: no proxy is known here (--endpoint names one; --connect ssh needs none).\n`;
}

/** `authority`: the file. */
export function browserWillWarn(authority: string): string {
  return `Your browser will warn about the certificate, because it was made just now on this machine:
choose "Advanced" and go on. Or let the browser trust ${authority} (only while this runs).
`;
}
