/** Directories that are seen inside an image, in the words of apptainer's --bind. */
import { join, relative, resolve } from 'node:path';
import { StartJupyterError } from '../errors.js';

/** What stands between the parts of --bind, and what older versions read as CSV. None of it can be escaped in all of them. */
const UNSAYABLE = /[,"\\\p{Cc}]/u;

/** Shown over those of the image they would hide the software for which it was chosen. */
const OF_EVERY_IMAGE =
  /^\/(?:bin|boot|dev|etc|lib|lib32|lib64|opt|proc|run|sbin|srv|sys|usr|usr\/(?:bin|lib|lib64|local|local\/bin|local\/lib|sbin|share)|var)?$/;

/**
 * `path`, `path:/inside` or `path:/inside:ro`, with the path made absolute. It becomes an argument, never a shell's text.
 * @throws StartJupyterError 'bad-option' naming the option (or the key) that gave it
 */
export function checkedBind(option: string, text: string, cwd: string): string {
  const [source = '', inside, mode, ...more] = text.split(':');
  const refuse = (why: string): never => {
    throw new StartJupyterError('bad-option', `${option} cannot have ${JSON.stringify(text)}: ${why}.`, {
      hint: 'What there is: --bind /path, --bind /path:/inside, --bind /path:/inside:ro; several times for several paths.',
    });
  };
  const path = resolve(cwd, source);
  if (UNSAYABLE.test(text)) {
    return refuse(
      'a comma, a double quote, a backslash or a line break in a path cannot be said to apptainer',
    );
  }
  if (more.length > 0) return refuse('a path with a colon cannot be said to apptainer');
  if (source === '') return refuse('there is no path before the colon');
  if (unsayable(path))
    return refuse(`the path in full, ${JSON.stringify(path)}, cannot be said to apptainer`);
  if (inside !== undefined && !inside.startsWith('/')) {
    return refuse(`${JSON.stringify(inside)} is no place inside the image, as it does not begin with /`);
  }
  if (mode !== undefined && mode !== 'ro' && mode !== 'rw') {
    return refuse(`the last part has to be ro (read only) or rw, not ${JSON.stringify(mode)}`);
  }
  return [path, inside, mode].filter((part) => part !== undefined).join(':');
}

/** What an image must show, whatever it shows by default. Absolute paths. */
export interface ShownDirectories {
  home: string;
  /** The notebook's top-level directory. */
  notebook: string;
  session: string;
}

/**
 * The binds of home and notebook directory; the session's is for the job to bind. `real`: the same without symbolic links,
 * which lead nowhere in an image that does not show where they point to.
 * @throws StartJupyterError 'bad-directory' for one that cannot be shown
 */
export function directoryBinds(
  { home, notebook, session }: ShownDirectories,
  real: Pick<ShownDirectories, 'home' | 'notebook'>,
): string[] {
  const elsewhere = isBelow(notebook, home) ? linkedTo(real, relative(home, notebook)) : [notebook];
  for (const directory of [home, session, ...elsewhere]) {
    if (!unsayable(directory)) continue;
    throw notShown(
      directory,
      'a comma, colon, double quote, backslash or line break in a path cannot be said to apptainer',
    );
  }
  const hiding = elsewhere.find((directory) => OF_EVERY_IMAGE.test(directory));
  if (hiding !== undefined) throw notShown(hiding, 'it would hide the image’s own');
  return [home, ...elsewhere];
}

/** Where a directory in the home really is, when a link leads there. */
function linkedTo(real: Pick<ShownDirectories, 'home' | 'notebook'>, inHome: string): string[] {
  return real.notebook === join(real.home, inHome) ? [] : [real.notebook];
}

function unsayable(path: string): boolean {
  return path.includes(':') || UNSAYABLE.test(path);
}

/** Or the same. */
function isBelow(path: string, above: string): boolean {
  return path === above || path.startsWith(above.endsWith('/') ? above : `${above}/`);
}

function notShown(directory: string, why: string): StartJupyterError {
  return new StartJupyterError(
    'bad-directory',
    `The directory ${JSON.stringify(directory)} cannot be shown inside an image: ${why}.`,
    { hint: 'Name another directory with --dir, one below it for example.' },
  );
}
