/** What is said of environment modules. */
import { StartJupyterError } from '../errors.js';

/** `the module astro/1.2`, for the middle of a sentence. */
export function namedModules(modules: readonly string[]): string {
  return `module${modules.length === 1 ? '' : 's'} ${modules.join(', ')}`;
}

export function loadingModules(modules: readonly string[]): string {
  return `Loading ${namedModules(modules)}`;
}

export function badModuleName(option: string, name: string): StartJupyterError {
  return new StartJupyterError('bad-option', `${option} cannot have a module ${JSON.stringify(name)}`, {
    hint: 'Names of modules stand with commas between them, without spaces: -e gcc/12,astro.',
  });
}

export function unfitModuleFolder(folder: string): StartJupyterError {
  return new StartJupyterError('bad-option', `Modules cannot be looked for in ${JSON.stringify(folder)}.`, {
    hint: 'A colon separates the folders of MODULEPATH, and module systems hand what else is special to shells on to them: the path may have letters, digits, blanks and _ . , + @ % = ~ / -',
  });
}

/** `isThere`: it is something else. */
export function noModuleFolder(folder: string, isThere: boolean): StartJupyterError {
  const shown = JSON.stringify(folder);
  return new StartJupyterError(
    'no-modules',
    isThere ? `${shown} is no folder to look for modules in.` : `There is no folder ${shown} for modules.`,
    { hint: 'It was named by --modulepath, or by modulepath of the system.' },
  );
}

export function noModuleCommand(asked: readonly string[]): StartJupyterError {
  return new StartJupyterError(
    'no-modules',
    `There is no module command here, so ${namedModules(asked)} cannot be loaded.`,
    {
      hint: 'Where the command "module" works in your shell, load them there and leave them out of the command line. Your centre says how it is set up.',
    },
  );
}

/** What the module system said, if it said anything. */
interface Said {
  detail?: string;
}

export function modulesTooSlow(asked: readonly string[], seconds: number, said: Said): StartJupyterError {
  const named = namedModules(asked);
  return new StartJupyterError(
    'no-modules',
    `${named.charAt(0).toUpperCase()}${named.slice(1)} could not be loaded within ${seconds} seconds.`,
    { ...said, hint: 'Try "module load" with it: it may wait for an answer, or its file system be slow.' },
  );
}

export function modulesEndedShell(asked: readonly string[], said: Said): StartJupyterError {
  return new StartJupyterError('no-modules', `Loading ${namedModules(asked)} ended the shell.`, said);
}

export function moduleNotLoaded(name: string, said: Said): StartJupyterError {
  const base = name.split('/')[0] ?? name;
  return new StartJupyterError('no-modules', `The module ${name} could not be loaded.`, {
    ...said,
    hint: [
      `"module avail ${base}" lists what there is (with Lmod "module spider ${base}" also what needs others first).`,
      'Modules that lie elsewhere are found with --modulepath DIR.',
    ].join('\n'),
  });
}
