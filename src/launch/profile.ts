/** Profiles: named sets of options in systems.yaml. */
import type { System } from '../site/system.js';
import type { LaunchContext } from './context.js';
import type { LaunchOptions } from './options.js';

/**
 * The options with those of the profile that was chosen, where the person said nothing themselves.
 * @throws StartJupyterError 'unknown-profile', or 'locked-option' for what the site does not leave open
 */
export async function withProfile(
  context: LaunchContext,
  options: LaunchOptions,
  system: System,
): Promise<LaunchOptions> {
  if (options.profile === undefined) return options;
  return Promise.reject(new Error(`not yet: ${context.cwd} ${system.name}`));
}
