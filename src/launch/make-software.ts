/** The software that Jupyter runs in: planned, and then made here as the job will make it. */
import { join } from 'node:path';
import { changesEnvironment } from '../jupyter/environment-plan.js';
import {
  asItIs,
  resolveEnvironment,
  type ResolveContext,
  type ResolvedEnvironment,
} from '../jupyter/resolve.js';
import type { ProbeResult } from '../jupyter/probe.js';
import { stateDirectory } from '../session/store.js';
import type { System } from '../site/system.js';
import type { LaunchContext } from './context.js';
import { planEnvironment } from './environment.js';
import type { LaunchOptions } from './options.js';

/**
 * `asked`: the Jupyter of what is active here, when that is being asked for already.
 * @throws StartJupyterError for what is wrong with the options, the modules, conda or the image
 */
export async function makeSoftware(
  context: LaunchContext,
  options: LaunchOptions,
  system: System,
  directories: ResolveContext['directories'],
  asked?: Promise<ProbeResult>,
): Promise<ResolvedEnvironment> {
  const { env, packageFolder, signal, progress } = context;
  const { check, dryRun } = options;
  const plan = planEnvironment(options, system, context.cwd, directories.home);
  if (!changesEnvironment(plan)) return asItIs(env, asked);
  const condaFolder = join(stateDirectory(env, directories.home), 'conda');
  if (plan.conda?.kind === 'yml') {
    // What lies among the environments that were built before is taken for one of ours, and its scripts run: nobody else
    // may be able to put anything there.
    const { checkSafePlace } = await import('../session/examine.js');
    await checkSafePlace(condaFolder);
  }
  return await resolveEnvironment(plan, {
    ...{ env, packageFolder, condaFolder, directories, signal, check, dryRun },
    doing: (text) => progress.doing(text),
    warn: (text) => progress.warn(text),
  });
}

/** Whether a person asks for software of their own; systems and profiles may do so as well. */
export function namesSoftware({ modules, condaEnv, condaYml, image, profile }: LaunchOptions): boolean {
  return [modules, condaEnv, condaYml, image, profile].some((value) => value !== undefined);
}
