/** Container images, run by apptainer or singularity. */
import type { ImagePlan } from './environment-plan.js';
import type { ResolveContext, ResolvedEnvironment } from './resolve.js';

export async function enterImage(
  image: ImagePlan,
  resolved: ResolvedEnvironment,
  context: ResolveContext,
): Promise<ResolvedEnvironment> {
  return Promise.reject(new Error(`not yet: ${JSON.stringify([image, resolved.words, context.dryRun])}`));
}
