/** conda environments: found by name or path, or built from a file. */
import type { EnvironmentPlan } from './environment-plan.js';
import type { ResolveContext, ResolvedEnvironment } from './resolve.js';

export async function activateConda(
  conda: NonNullable<EnvironmentPlan['conda']>,
  condaInit: string | undefined,
  resolved: ResolvedEnvironment,
  context: ResolveContext,
): Promise<ResolvedEnvironment> {
  return Promise.reject(
    new Error(`not yet: ${JSON.stringify([conda, condaInit, resolved.words, context.dryRun])}`),
  );
}
