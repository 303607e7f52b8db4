/** Environment modules: Lmod and Environment Modules. */
import { stat } from 'node:fs/promises';
import type { StartJupyterError } from '../errors.js';
import {
  badModuleName,
  loadingModules,
  moduleNotLoaded,
  modulesEndedShell,
  modulesTooSlow,
  namedModules,
  noModuleCommand,
  noModuleFolder,
  unfitModuleFolder,
} from '../words/modules.js';
import type { EnvironmentPlan } from './environment-plan.js';
import { lookWithBash, type Looked } from './login-look.js';
import { probeJupyter } from './probe.js';
import type { ResolveContext, ResolvedEnvironment } from './resolve.js';

const LONGEST_NAME = 200;

/**
 * A folder that every module system can be told. Lmod 8.6 without its own Tcl runs `$(...)` in a folder's name (seen), and
 * Environment Modules reads `$NAME` as a variable.
 */
const SAYABLE = /^[\p{L}\p{M}\p{N} _.,+@%=~/-]+$/u;

/** Lmod without its cache reads every module file of a site, from a cold parallel file system. */
const TIMEOUT_MS = 120_000;

/** Statuses of login/environment.sh. */
const NO_COMMAND = 3;
const NOT_LOADED = 4;

/**
 * The name of a module as `module load` takes it: `gcc/12.2`, `astro`, `cuda@12`. It becomes an argument, never a shell's
 * text; what modules call options (`-f`) is no name. Throws 'bad-option' naming the option.
 */
export function checkedModule(option: string, name: string): string {
  if (name.length <= LONGEST_NAME && /^[A-Za-z0-9_][A-Za-z0-9_.+@:=~/-]*$/.test(name)) return name;
  throw badModuleName(option, name);
}

/**
 * Loads the plan's modules on top of an environment. The job loads them again on its node, by the full names that they have
 * here (`sj_modules`), whatever the defaults are by then.
 * @throws StartJupyterError 'no-modules' with what the module system said; 'bad-option' for what is no name
 */
export async function loadModules(
  plan: Pick<EnvironmentPlan, 'modules' | 'modulepath' | 'moduleStart'>,
  resolved: ResolvedEnvironment,
  context: ResolveContext,
): Promise<ResolvedEnvironment> {
  // Those of the system were not checked so far.
  for (const name of plan.modules) checkedModule('modules', name);
  for (const folder of plan.modulepath) await checkFolder(folder);
  context.doing(loadingModules(plan.modules));
  const args = ['modules', plan.moduleStart, ...plan.modulepath, '--', ...plan.modules];
  const looked = await lookWithBash({ args, env: resolved.env, timeoutMs: TIMEOUT_MS }, context);
  if (looked.env === undefined) throw notLoaded(plan.modules, looked);
  const { env, modules } = looked;
  const before = resolved.recorded['sj_modules'];
  return {
    env,
    words: [resolved.words, namedModules(modules)].filter(Boolean).join(', '),
    recorded: {
      ...resolved.recorded,
      sj_modules: [...(before === undefined ? [] : [before]), ...modules].join(' '),
      sj_module_start: plan.moduleStart,
    },
    probe: (signal) => probeJupyter(env, signal),
  };
}

async function checkFolder(folder: string): Promise<void> {
  if (!SAYABLE.test(folder)) throw unfitModuleFolder(folder);
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) throw noModuleFolder(folder, found !== undefined);
}

/** The script stops at the first module that it cannot load; it has reported those before it. */
function notLoaded(
  asked: readonly string[],
  { exitCode, timedOut, words, modules }: Looked,
): StartJupyterError {
  const facts = words === '' ? {} : { detail: words };
  if (exitCode === NO_COMMAND) return noModuleCommand(asked);
  if (timedOut) return modulesTooSlow(asked, TIMEOUT_MS / 1000, facts);
  if (exitCode !== NOT_LOADED) return modulesEndedShell(asked, facts);
  return moduleNotLoaded(asked[modules.length] ?? asked.join(', '), facts);
}
