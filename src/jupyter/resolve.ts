/** From the plan of an environment to the variables and the Jupyter that it really has, here on the login node. */
import type { ShownDirectories } from './container-binds.js';
import type { EnvironmentPlan } from './environment-plan.js';
import { loadModules } from './modules.js';
import { probeJupyter, type ProbeResult } from './probe.js';

export interface ResolveContext {
  env: NodeJS.ProcessEnv;
  /** The package's folder: the bash that looks here is the one that the job runs. */
  packageFolder: string;
  /** Where conda environments that files describe are kept: on the file system that the sessions are on. */
  condaFolder: string;
  /** What an image must show whatever it shows by default. */
  directories: ShownDirectories;
  signal: AbortSignal;
  /** False: what may be on the node alone need not be here. */
  check: boolean;
  /** Nothing is built then. */
  dryRun: boolean;
  /** Says what is being done, for what takes long. */
  doing(text: string): void;
  warn(text: string): void;
}

/** An environment that is there. The job makes it again on its node from `env` and `recorded`. */
export interface ResolvedEnvironment {
  /** With what the modules and conda set. */
  env: NodeJS.ProcessEnv;
  /** For people, in a bracket: `conda environment astro`. Absent: what is active here. */
  words?: string;
  /** Jupyter runs in this container image, where nothing of the environment outside is seen. */
  image?: string;
  /** What the session's `environment` file says of it beside the variables, by names that begin with `sj_`. */
  recorded: Readonly<Record<string, string>>;
  /** Asks for the Jupyter in it; see {@link probeJupyter}. `notLooked` where it cannot be looked at from here. */
  probe(signal?: AbortSignal): Promise<ProbeResult | { notLooked: string }>;
}

/**
 * Loads the modules, finds or builds the conda environment, looks into the image. Takes nothing but what is built into the
 * cache of conda environments.
 * @throws StartJupyterError 'no-modules', 'no-conda' or 'no-image' with what was tried
 */
export async function resolveEnvironment(
  plan: EnvironmentPlan,
  context: ResolveContext,
): Promise<ResolvedEnvironment> {
  let resolved = asItIs(context.env);
  // Those that bring apptainer are loaded with the others, here and in the job.
  const modules = [...plan.modules, ...(plan.image?.modules ?? [])];
  if (modules.length > 0) resolved = await loadModules({ ...plan, modules }, resolved, context);
  // Loaded here: who asks for neither does not pay for them.
  if (plan.conda !== undefined) {
    const { activateConda } = await import('./conda.js');
    resolved = await activateConda(plan.conda, plan.condaInit, resolved, context);
  }
  if (plan.image !== undefined) {
    const { enterImage } = await import('./container.js');
    resolved = await enterImage(plan.image, resolved, context);
  }
  return resolved;
}

/** What is active where the command was typed. `asked`: its Jupyter, when that is being asked for already. */
export function asItIs(env: NodeJS.ProcessEnv, asked?: Promise<ProbeResult>): ResolvedEnvironment {
  return { env, recorded: {}, probe: (signal) => asked ?? probeJupyter(env, signal) };
}
