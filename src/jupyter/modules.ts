/** Environment modules: Lmod and Environment Modules. */
import { StartJupyterError } from '../errors.js';
import type { EnvironmentPlan } from './environment-plan.js';
import type { ResolveContext, ResolvedEnvironment } from './resolve.js';

const LONGEST_NAME = 200;

/**
 * The name of a module as `module load` takes it: `gcc/12.2`, `astro`, `cuda@12`. It becomes an argument, never a shell's
 * text; what modules call options (`-f`) is no name. Throws 'bad-option' naming the option.
 */
export function checkedModule(option: string, name: string): string {
  if (name.length <= LONGEST_NAME && /^[A-Za-z0-9_][A-Za-z0-9_.+@:=~/-]*$/.test(name)) return name;
  throw new StartJupyterError('bad-option', `${option} cannot have a module ${JSON.stringify(name)}`, {
    hint: 'Names of modules stand with commas between them, without spaces: -e gcc/12,astro.',
  });
}

export async function loadModules(
  plan: EnvironmentPlan,
  resolved: ResolvedEnvironment,
  context: ResolveContext,
): Promise<ResolvedEnvironment> {
  return Promise.reject(new Error(`not yet: ${JSON.stringify([plan, resolved.words, context.dryRun])}`));
}
