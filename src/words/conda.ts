/** What is said of conda environments. */
import { StartJupyterError } from '../errors.js';

function noConda(message: string, hint: string, detail = ''): StartJupyterError {
  return new StartJupyterError('no-conda', message, { hint, ...(detail === '' ? {} : { detail }) });
}

/** Where the environment of a file is meant: `of course.yml`. `file`: without its folders. */
export function ofFile(file: string): string {
  return `of ${file}`;
}

/** For a bracket, with what else there is. `environment`: its name, or of which file. */
export function condaEnvironment(environment: string): string {
  return `conda environment ${environment}`;
}

export const MAKING_CONDA_KNOWN = 'Making conda known';

export function activatingConda(name: string): string {
  return `Activating the conda environment ${JSON.stringify(name)}`;
}

/** `tool`: conda, mamba or micromamba. */
export function askingWhere(tool: string, name: string): string {
  return `Asking ${tool} where the environment ${JSON.stringify(name)} is`;
}

/** In a dry run. */
export function notBuiltYet(file: string): string {
  return `The conda environment of ${file} is not built yet: a launch without --dry-run builds it first, which takes some minutes.`;
}

const OF_CONDA_INIT = 'It is conda_init of the system, in systems.yaml.';

export function unreadableCondaInit(script: string, why: string): StartJupyterError {
  return noConda(`${JSON.stringify(script)} cannot be read (${why}).`, OF_CONDA_INIT);
}

export function condaInitFailed(script: string, timedOut: boolean, said: string): StartJupyterError {
  const shown = JSON.stringify(script);
  return noConda(
    timedOut ? `${shown} did not come to its end.` : `${shown} ended the shell that ran it.`,
    OF_CONDA_INIT,
    said,
  );
}

/** `scripts`: the folder of those that it runs. `seconds`: it took longer; undefined: it did not. */
export function condaNotActivated(
  name: string,
  { scripts, seconds, said }: { scripts: string; seconds: number | undefined; said: string },
): StartJupyterError {
  const within = seconds === undefined ? '' : ` within ${seconds} seconds`;
  return noConda(
    `The conda environment ${name} could not be activated${within}.`,
    `A script in ${JSON.stringify(scripts)} is in the way.`,
    said,
  );
}

/** `install`: how conda is told which environment. */
export function noJupyterInConda(name: string, install: string): StartJupyterError {
  return new StartJupyterError('no-jupyter', `There is no Jupyter in the conda environment ${name}.`, {
    hint: `conda install ${install} jupyterlab notebook`,
  });
}

export function noJupyterInBuiltConda(name: string, file: string): StartJupyterError {
  return new StartJupyterError('no-jupyter', `There is no Jupyter in the conda environment ${name}.`, {
    hint: `Add "- jupyterlab" to the dependencies in ${file}.`,
  });
}

// A file that describes one.

const DESCRIBES = 'It should describe a conda environment.';

export function noCondaFile(file: string): StartJupyterError {
  return noConda(`There is no file ${file}.`, 'It should describe a conda environment (environment.yml).');
}

export function unreadableCondaFile(file: string, why: string): StartJupyterError {
  return noConda(`${file} cannot be read (${why}).`, DESCRIBES);
}

export function isNoFile(file: string): StartJupyterError {
  return noConda(`${file} is no file.`, DESCRIBES);
}

export function condaFileTooLarge(file: string): StartJupyterError {
  return noConda(`${file} is larger than 1 MiB.`, 'Is it the right one?');
}

export function condaFileNotUtf8(file: string): StartJupyterError {
  return noConda(`${file} is no text in UTF-8.`, DESCRIBES);
}

export function noDependencies(file: string): StartJupyterError {
  return noConda(
    `${file} describes no conda environment: there is no "dependencies:" in it.`,
    'Such a file is what "conda env export" writes.',
  );
}

export function namesAnotherFile(file: string, line: number, text: string): StartJupyterError {
  return noConda(
    `${file}, line ${line}: ${text} names another file.`,
    'The environment is built from a copy of this file alone: write here what the other one says.',
  );
}

export function namesNoJupyter(file: string): StartJupyterError {
  return new StartJupyterError('no-jupyter', `${file} names no Jupyter.`, {
    hint: 'Add "- jupyterlab" to its dependencies (or "- notebook").',
  });
}

// Building one.

export function noBuilder(): StartJupyterError {
  return noConda(
    'Neither mamba, micromamba nor conda was found here, and one of them has to build the environment.',
    'If a module brings it, load it (-e NAME). Your centre says which.',
  );
}

/** `file`: without its folders. */
export function buildingConda(file: string, tool: string): string {
  return `Building the conda environment of ${file} with ${tool}, once, and here: nodes often have no way to the packages. It takes some minutes`;
}

/** `line`: what the tool said last. */
export function stillBuildingConda(file: string, minutes: number, line: string): string {
  return `Building the conda environment of ${file}${minutes === 0 ? '' : ` (${minutes} min)`}: ${line}`;
}

export const REMOVING_HALF_BUILT = 'Removing what was half built';

export interface FailedBuild {
  tool: string;
  file: string;
  /** Its exit status; undefined when it has none. */
  status: number | undefined;
  timedOut: boolean;
  /** The last that it said. */
  detail: string;
}

const FULL =
  'The disk or your quota is full. Free some space ("conda clean --all" deletes cached packages), or set XDG_STATE_HOME to a place with room that the compute nodes see as well.';

/** `elsewhere`: the command that builds it by hand. */
export function condaNotBuilt(
  { tool, file, status, timedOut, detail }: FailedBuild,
  why: { full: true } | { full: false; elsewhere: string },
): StartJupyterError {
  const how = timedOut ? 'did not end within two hours' : `ended with status ${String(status ?? 'unknown')}`;
  return new StartJupyterError('no-conda', `${tool} could not build ${file}: it ${how}.`, {
    detail,
    hint: why.full
      ? FULL
      : [
          'If this is not allowed on login nodes, or the way out is closed here, build it where it is, and name it by its path:',
          `  ${why.elsewhere}`,
          '  start-jupyter --conda-env DIR',
        ].join('\n'),
  });
}

export function condaFolderNotWritable(
  folder: string,
  code: string,
  { full, cause }: { full: boolean; cause: unknown },
): StartJupyterError {
  return new StartJupyterError('bad-directory', `${JSON.stringify(folder)} cannot be written to (${code}).`, {
    cause,
    hint: full ? FULL : 'conda environments are kept there: set XDG_STATE_HOME to another place.',
  });
}

/** `file`: without its folders; `by`: undefined where that is not known yet. */
export function waitingForBuild(
  file: string,
  by: { host: string; since: string; pid: number } | undefined,
): string {
  const what = `the conda environment of ${file}`;
  if (by === undefined) return `Waiting for ${what}, which is being built by another start-jupyter`;
  return `Waiting for ${what}, which another start-jupyter of yours is building on ${by.host} since ${by.since} (process ${by.pid})`;
}

// Finding one.

export function notAbsolute(path: string): StartJupyterError {
  return noConda(
    `The environment ${JSON.stringify(path)} is neither a name nor an absolute path.`,
    'The system names it so, in systems.yaml: a path begins with / or ~/ there.',
  );
}

export function colonInPath(path: string): StartJupyterError {
  return noConda(
    `The environment ${JSON.stringify(path)} cannot be put on PATH.`,
    'Its path has a colon in it.',
  );
}

export function isVirtualEnvironment(path: string): StartJupyterError {
  return noConda(
    `${JSON.stringify(path)} is a virtual environment, not one of conda.`,
    'Activate it (source it with bin/activate), and start without a conda environment: what is active is used.',
  );
}

/** `isThere`: it is something else. */
export function noEnvironmentAt(path: string, isThere: boolean): StartJupyterError {
  const shown = JSON.stringify(path);
  return noConda(
    isThere
      ? `${shown} is no conda environment: there is no conda-meta in it.`
      : `There is no conda environment ${shown}.`,
    '"conda env list" shows those that there are.',
  );
}

export function severalEnvironments(name: string, paths: readonly string[]): StartJupyterError {
  return noConda(
    `There is more than one conda environment ${JSON.stringify(name)}.`,
    ['Name the one that you mean by its path:', ...paths.map((one) => `  ${one}`)].join('\n'),
  );
}

const MOST_LISTED = 20;

/** `silent`: the paths of tools that gave no answer; `hasTools`: there is one at all. */
export function noEnvironmentNamed(
  name: string,
  there: readonly string[],
  { hasTools, silent }: { hasTools: boolean; silent: readonly string[] },
): StartJupyterError {
  const some = there.slice(0, MOST_LISTED).join(', ');
  const more = there.length > MOST_LISTED ? ` and ${there.length - MOST_LISTED} more` : '';
  const lines = there.length === 0 ? [whyNone(hasTools, silent.length > 0)] : [`There are: ${some}${more}.`];
  for (const path of silent)
    lines.push(
      `${path} did not say which there are: try "${path} info --json", or name the environment by its path.`,
    );
  return noConda(`There is no conda environment ${JSON.stringify(name)}.`, lines.filter(Boolean).join('\n'));
}

function whyNone(hasTools: boolean, isSilent: boolean): string {
  if (!hasTools)
    return 'Neither conda, mamba nor micromamba was found here. If a module brings it, load it (-e NAME); else name the environment by its path.';
  return isSilent ? '' : 'There is none yet: "conda create -n NAME python jupyterlab" makes one.';
}
