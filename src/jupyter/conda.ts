/** conda environments: found by name or path, or built from a file, and activated as the job activates them. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { StartJupyterError } from '../errors.js';
import { shellQuote } from '../script/quote.js';
import { findCondaEnvironment, type CondaEnvironment } from './conda-find.js';
import { builtEnvironment, type NotBuilt } from './conda-kept.js';
import type { EnvironmentPlan } from './environment-plan.js';
import { lookWithBash } from './login-look.js';
import { probeJupyter } from './probe.js';
import type { ResolveContext, ResolvedEnvironment } from './resolve.js';

/** Scripts of packages, from a file system that may be cold. */
const TIMEOUT_MS = 60_000;

const SHOWN_CHARACTERS = 2000;

/**
 * Activates an environment on top of another; the job does the same on its node, without conda. What was active before is
 * left.
 * @throws StartJupyterError 'no-conda' for an environment that there is not or that cannot be built or activated,
 * 'no-jupyter' for one without Jupyter
 */
export async function activateConda(
  conda: NonNullable<EnvironmentPlan['conda']>,
  condaInit: string | undefined,
  resolved: ResolvedEnvironment,
  context: ResolveContext,
): Promise<ResolvedEnvironment> {
  const env = condaInit === undefined ? resolved.env : await initialized(condaInit, resolved.env, context);
  const found =
    conda.kind === 'env'
      ? await findCondaEnvironment(conda.nameOrPath, env, context)
      : await builtEnvironment(conda.file, env, context);
  if ('notBuilt' in found) return dryRun(found, resolved);
  if (context.check) await checkJupyter(found, conda.kind === 'yml' ? conda.file : undefined);
  const activated = await activate(found, env, context);
  return {
    env: activated,
    words: together(resolved, conda.kind === 'yml' ? ofFile(conda.file) : found.name),
    recorded: { ...resolved.recorded, sj_conda_prefix: found.prefix, sj_conda_name: found.name },
    probe: (signal) => probeJupyter(activated, signal),
  };
}

/** For a bracket: `conda environment astro, module cuda/12`. */
function together({ words }: ResolvedEnvironment, environment: string): string {
  return [`conda environment ${environment}`, words].filter(Boolean).join(', ');
}

function ofFile(file: string): string {
  return `of ${basename(file)}`;
}

/** Nothing is there to be looked at. */
function dryRun({ notBuilt: file, prefix }: NotBuilt, resolved: ResolvedEnvironment): ResolvedEnvironment {
  const notLooked = `The conda environment of ${file} is not built yet: a launch without --dry-run builds it first, which takes some minutes.`;
  return {
    ...resolved,
    // As a system that wants conda looks for it.
    env: { ...resolved.env, CONDA_PREFIX: prefix },
    words: together(resolved, ofFile(file)),
    probe: () => Promise.resolve({ notLooked }),
  };
}

/** The site's script that makes conda known to a shell. */
async function initialized(
  script: string,
  env: NodeJS.ProcessEnv,
  context: ResolveContext,
): Promise<NodeJS.ProcessEnv> {
  const shown = JSON.stringify(script);
  await access(script, constants.R_OK).catch((error: unknown) => {
    const why = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw noConda(`${shown} cannot be read (${why}).`, 'It is conda_init of the system, in systems.yaml.');
  });
  context.doing('Making conda known');
  const looked = await lookWithBash({ args: ['init', script], env, timeoutMs: TIMEOUT_MS }, context);
  if (looked.env) return looked.env;
  throw noConda(
    looked.timedOut ? `${shown} did not come to its end.` : `${shown} ended the shell that ran it.`,
    'It is conda_init of the system, in systems.yaml.',
    looked.words,
  );
}

async function activate(
  { prefix, name }: CondaEnvironment,
  env: NodeJS.ProcessEnv,
  context: ResolveContext,
): Promise<NodeJS.ProcessEnv> {
  context.doing(`Activating the conda environment ${JSON.stringify(name)}`);
  const looked = await lookWithBash({ args: ['conda', prefix, name], env, timeoutMs: TIMEOUT_MS }, context);
  if (looked.env) return looked.env;
  throw noConda(
    `The conda environment ${name} could not be activated${looked.timedOut ? ` within ${TIMEOUT_MS / 1000} seconds` : ''}.`,
    `A script in ${JSON.stringify(join(prefix, 'etc/conda/activate.d'))} is in the way.`,
    looked.words,
  );
}

/** Another Jupyter on PATH would run, with another Python than that of the environment. */
async function checkJupyter({ prefix, name }: CondaEnvironment, file: string | undefined): Promise<void> {
  const there = await access(join(prefix, 'bin', 'jupyter'), constants.X_OK).then(
    () => true,
    () => false,
  );
  if (there) return;
  const install = name.includes('/') ? `-p ${shellQuote(prefix)}` : `-n ${shellQuote(name)}`;
  throw new StartJupyterError(
    'no-jupyter',
    `There is no Jupyter in the conda environment ${file === undefined ? name : ofFile(file)}.`,
    {
      hint:
        file === undefined
          ? `conda install ${install} jupyterlab notebook`
          : `Add "- jupyterlab" to the dependencies in ${file}.`,
    },
  );
}

function noConda(message: string, hint: string, words = ''): StartJupyterError {
  const detail = words.slice(-SHOWN_CHARACTERS);
  return new StartJupyterError('no-conda', message, { hint, ...(detail === '' ? {} : { detail }) });
}
