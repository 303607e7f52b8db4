/** What the job must restore on its node so that it runs the Jupyter that the check found. */
import { assignments } from '../script/quote.js';
import { optionClasses, type Family } from './family.js';
import type { JupyterFound } from './probe.js';
import type { ResolvedEnvironment } from './resolve.js';

/**
 * Recorded as they are and restored as they were; the rest of the login environment does not travel. The two of the module
 * systems only help the job to find its `module` command.
 */
const RESTORED = [
  'PATH',
  'LD_LIBRARY_PATH',
  'MODULEPATH',
  'LOADEDMODULES',
  'MODULESHOME',
  'LMOD_PKG',
  'CONDA_PREFIX',
  'CONDA_DEFAULT_ENV',
  'VIRTUAL_ENV',
  'LANG',
  'LC_ALL',
] as const;

/** The text of the session's `environment` file (docs/architecture.md). `umask` as a number, 0o022. */
export function environmentFile(
  { env, recorded }: Pick<ResolvedEnvironment, 'env' | 'recorded'>,
  jupyter: JupyterFound | undefined,
  family: Family,
  umask: number,
): string {
  const values: Record<string, string> = {
    sj_jupyter: jupyter?.path ?? '',
    sj_python: jupyter?.python ?? '',
    sj_classes: optionClasses(family).join(' '),
    sj_umask: umask.toString(8).padStart(4, '0'),
    ...recorded,
  };
  for (const name of RESTORED) {
    const value = env[name];
    if (value !== undefined && value !== '') values[`sj_${name}`] = value;
  }
  return assignments(values);
}

/** The conda environment or virtual environment that is active here, in words; undefined: none. */
export function activeEnvironment(env: NodeJS.ProcessEnv): string | undefined {
  if (env['VIRTUAL_ENV']) return `virtual environment ${env['VIRTUAL_ENV']}`;
  if (env['CONDA_PREFIX']) return `conda environment ${env['CONDA_DEFAULT_ENV'] ?? env['CONDA_PREFIX']}`;
  return undefined;
}
