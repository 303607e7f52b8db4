/** Environment modules: Lmod and Environment Modules. */
import { stat } from 'node:fs/promises';
import { StartJupyterError } from '../errors.js';
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

/** The end of what a module system says tells most. */
const SHOWN_CHARACTERS = 2000;

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
  context.doing(`Loading ${named(plan.modules)}`);
  const args = ['modules', plan.moduleStart, ...plan.modulepath, '--', ...plan.modules];
  const looked = await lookWithBash({ args, env: resolved.env, timeoutMs: TIMEOUT_MS }, context);
  if (looked.env === undefined) throw notLoaded(plan.modules, looked);
  const { env, modules } = looked;
  const before = resolved.recorded['sj_modules'];
  return {
    env,
    words: [resolved.words, named(modules)].filter(Boolean).join(', '),
    recorded: {
      ...resolved.recorded,
      sj_modules: [...(before === undefined ? [] : [before]), ...modules].join(' '),
      sj_module_start: plan.moduleStart,
    },
    probe: (signal) => probeJupyter(env, signal),
  };
}

/** `the module astro/1.2`, for the middle of a sentence. */
function named(modules: readonly string[]): string {
  return `module${modules.length === 1 ? '' : 's'} ${modules.join(', ')}`;
}

async function checkFolder(folder: string): Promise<void> {
  const shown = JSON.stringify(folder);
  if (!SAYABLE.test(folder)) {
    throw new StartJupyterError('bad-option', `Modules cannot be looked for in ${shown}.`, {
      hint: 'A colon separates the folders of MODULEPATH, and module systems hand what else is special to shells on to them: the path may have letters, digits, blanks and _ . , + @ % = ~ / -',
    });
  }
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  throw new StartJupyterError(
    'no-modules',
    found ? `${shown} is no folder to look for modules in.` : `There is no folder ${shown} for modules.`,
    { hint: 'It was named by --modulepath, or by modulepath of the system.' },
  );
}

/** The script stops at the first module that it cannot load; it has reported those before it. */
function notLoaded(
  asked: readonly string[],
  { exitCode, timedOut, words, modules }: Looked,
): StartJupyterError {
  const detail = words.slice(-SHOWN_CHARACTERS);
  const facts = detail === '' ? {} : { detail };
  if (exitCode === NO_COMMAND) {
    return new StartJupyterError(
      'no-modules',
      `There is no module command here, so ${named(asked)} cannot be loaded.`,
      {
        hint: 'Where the command "module" works in your shell, load them there and leave them out of the command line. Your centre says how it is set up.',
      },
    );
  }
  const name = asked[modules.length] ?? asked.join(', ');
  if (timedOut) {
    return new StartJupyterError(
      'no-modules',
      `${sentenceStart(named(asked))} could not be loaded within ${TIMEOUT_MS / 1000} seconds.`,
      { ...facts, hint: 'Try "module load" with it: it may wait for an answer, or its file system be slow.' },
    );
  }
  if (exitCode !== NOT_LOADED) {
    return new StartJupyterError('no-modules', `Loading ${named(asked)} ended the shell.`, facts);
  }
  return new StartJupyterError('no-modules', `The module ${name} could not be loaded.`, {
    ...facts,
    hint: [
      `"module avail ${base(name)}" lists what there is (with Lmod "module spider ${base(name)}" also what needs others first).`,
      'Modules that lie elsewhere are found with --modulepath DIR.',
    ].join('\n'),
  });
}

function base(name: string): string {
  return name.split('/')[0] ?? name;
}

function sentenceStart(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
