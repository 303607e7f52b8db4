/** conda environments: found by name or path, or built from a file, and activated as the job activates them. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { shellQuote } from '../script/quote.js';
import {
  activatingConda,
  condaEnvironment,
  condaInitFailed,
  condaNotActivated,
  MAKING_CONDA_KNOWN,
  noJupyterInBuiltConda,
  noJupyterInConda,
  notBuiltYet,
  ofFile,
  unreadableCondaInit,
} from '../words/conda.js';
import { findCondaEnvironment, type CondaEnvironment } from './conda-find.js';
import { builtEnvironment, type NotBuilt } from './conda-kept.js';
import type { EnvironmentPlan } from './environment-plan.js';
import { lookWithBash } from './login-look.js';
import { probeJupyter } from './probe.js';
import type { ResolveContext, ResolvedEnvironment } from './resolve.js';

/** Scripts of packages, from a file system that may be cold. */
const TIMEOUT_MS = 60_000;

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
    words: together(resolved, conda.kind === 'yml' ? ofFile(basename(conda.file)) : found.name),
    recorded: { ...resolved.recorded, sj_conda_prefix: found.prefix, sj_conda_name: found.name },
    probe: (signal) => probeJupyter(activated, signal),
  };
}

/** For a bracket: `conda environment astro, module cuda/12`. */
function together({ words }: ResolvedEnvironment, environment: string): string {
  return [condaEnvironment(environment), words].filter(Boolean).join(', ');
}

/** Nothing is there to be looked at. */
function dryRun({ notBuilt: file, prefix }: NotBuilt, resolved: ResolvedEnvironment): ResolvedEnvironment {
  const notLooked = notBuiltYet(file);
  return {
    ...resolved,
    // As a system that wants conda looks for it.
    env: { ...resolved.env, CONDA_PREFIX: prefix },
    words: together(resolved, ofFile(basename(file))),
    probe: () => Promise.resolve({ notLooked }),
  };
}

/** The site's script that makes conda known to a shell. */
async function initialized(
  script: string,
  env: NodeJS.ProcessEnv,
  context: ResolveContext,
): Promise<NodeJS.ProcessEnv> {
  await access(script, constants.R_OK).catch((error: unknown) => {
    throw unreadableCondaInit(script, (error as NodeJS.ErrnoException).code ?? 'unknown error');
  });
  context.doing(MAKING_CONDA_KNOWN);
  const looked = await lookWithBash({ args: ['init', script], env, timeoutMs: TIMEOUT_MS }, context);
  if (looked.env) return looked.env;
  throw condaInitFailed(script, looked.timedOut, looked.words);
}

async function activate(
  { prefix, name }: CondaEnvironment,
  env: NodeJS.ProcessEnv,
  context: ResolveContext,
): Promise<NodeJS.ProcessEnv> {
  context.doing(activatingConda(name));
  const looked = await lookWithBash({ args: ['conda', prefix, name], env, timeoutMs: TIMEOUT_MS }, context);
  if (looked.env) return looked.env;
  throw condaNotActivated(name, {
    scripts: join(prefix, 'etc/conda/activate.d'),
    seconds: looked.timedOut ? TIMEOUT_MS / 1000 : undefined,
    said: looked.words,
  });
}

/** Another Jupyter on PATH would run, with another Python than that of the environment. */
async function checkJupyter({ prefix, name }: CondaEnvironment, file: string | undefined): Promise<void> {
  const there = await access(join(prefix, 'bin', 'jupyter'), constants.X_OK).then(
    () => true,
    () => false,
  );
  if (there) return;
  if (file !== undefined) throw noJupyterInBuiltConda(ofFile(basename(file)), file);
  const install = name.includes('/') ? `-p ${shellQuote(prefix)}` : `-n ${shellQuote(name)}`;
  throw noJupyterInConda(name, install);
}
