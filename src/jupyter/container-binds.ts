/** Directories that are seen inside an image, in the words of apptainer's --bind. */
import { join, relative, resolve } from 'node:path';
import { BAD_BIND, badBind, notShownInImage } from '../words/images.js';

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
    throw badBind(option, text, why);
  };
  const path = resolve(cwd, source);
  if (UNSAYABLE.test(text)) return refuse(BAD_BIND.unsayable);
  if (more.length > 0) return refuse(BAD_BIND.colon);
  if (source === '') return refuse(BAD_BIND.empty);
  if (unsayable(path)) return refuse(BAD_BIND.unsayablePath(path));
  if (inside !== undefined && !inside.startsWith('/')) return refuse(BAD_BIND.notInside(inside));
  if (mode !== undefined && mode !== 'ro' && mode !== 'rw') return refuse(BAD_BIND.mode(mode));
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
    if (unsayable(directory)) throw notShownInImage(directory, 'unsayable');
  }
  const hiding = elsewhere.find((directory) => OF_EVERY_IMAGE.test(directory));
  if (hiding !== undefined) throw notShownInImage(hiding, 'hiding');
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
