/** Finds and reads the template of a job: a shipped one by its name, or a person's own by its path. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { StartJupyterError } from '../errors.js';
import { badTemplate, checkTemplate, templateText } from './check.js';

const LARGEST_BYTES = 1024 * 1024;

/** A shipped template by its full name: `slurm/notebook.sh`. Other scripts in these folders are no templates. */
const SHIPPED_NAME = /^[a-z]+\/(?:notebook|jupyterlab)\.sh$/;

/** Without the folder the scheduler's own is meant; `batch_` is how the first start-jupyter called them. */
const BARE_NAME = /^(?:batch_)?(notebook|jupyterlab)\.sh$/;

export interface TemplateSearch {
  /** What the person or the configuration said. */
  name: string;
  /** The kind of the system's scheduler: the folder of its templates. */
  scheduler: string;
  /** The package's `batch-templates`. */
  templatesFolder: string;
  /**
   * What a relative path starts from. Absent: the configuration said the name, and what lies in a person's current
   * directory, which may be everybody's, is not looked at.
   */
  cwd?: string;
}

export interface Template {
  /** Absolute. */
  path: string;
  /** Checked, as it is in the file. */
  text: string;
}

/** The file of a shipped template, for `--server` and for the default. */
export function shippedTemplatePath(
  templatesFolder: string,
  scheduler: string,
  server: 'notebook' | 'jupyterlab',
): string {
  return join(templatesFolder, scheduler, `${server}.sh`);
}

/**
 * The absolute path of the template that is meant. A shipped name means the shipped template, whatever lies in the current
 * directory; if a file of that name lies there as well, it is refused rather than guessed.
 * @throws StartJupyterError 'unknown-template' with a list of what there is
 */
export async function findTemplate(search: TemplateSearch): Promise<string> {
  const { name, templatesFolder, cwd } = search;
  const own = ownPath(name, cwd);
  const shippedName = fullName(name, search.scheduler);
  const shipped = shippedName === undefined ? undefined : join(templatesFolder, shippedName);
  const [ownExists, shippedExists] = await Promise.all([
    own !== undefined && exists(own),
    shipped !== undefined && exists(shipped),
  ]);
  if (shipped !== undefined && shippedExists) {
    if (ownExists && own !== shipped) throw ambiguous(name, shippedName ?? name);
    return shipped;
  }
  if (own !== undefined && ownExists) return own;
  throw await unknown(search);
}

/**
 * Reads a template and checks it.
 * @throws StartJupyterError 'bad-template' with file and line
 */
export async function readTemplate(path: string): Promise<Template> {
  const bytes = await readSmallFile(path);
  const text = templateText(bytes, path);
  checkTemplate(text, path);
  return { path, text };
}

function fullName(name: string, scheduler: string): string | undefined {
  if (SHIPPED_NAME.test(name)) return name;
  const bare = BARE_NAME.exec(name)?.[1];
  return bare === undefined ? undefined : `${scheduler}/${bare}.sh`;
}

/** The file that a name may be a path of; undefined for a relative one that starts from nowhere. */
function ownPath(name: string, cwd: string | undefined): string | undefined {
  if (cwd !== undefined) return resolve(cwd, name);
  return isAbsolute(name) ? name : undefined;
}

/** What cannot be looked at is taken to be there: reading it says then what is wrong. */
async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    return !['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

/** Looks before it opens: a pipe would wait for ever, a device never end. */
async function readSmallFile(path: string): Promise<Uint8Array> {
  try {
    const found = await stat(path);
    if (!found.isFile()) {
      throw badTemplate(path, undefined, found.isDirectory() ? 'is a directory' : 'is not an ordinary file');
    }
    if (found.size > LARGEST_BYTES) throw badTemplate(path, undefined, 'is larger than 1 MiB');
    return await readFile(path);
  } catch (error) {
    if (error instanceof StartJupyterError) throw error;
    const why = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw badTemplate(path, undefined, `cannot be read (${why})`);
  }
}

function ambiguous(name: string, shippedName: string): StartJupyterError {
  return new StartJupyterError(
    'unknown-template',
    `"${name}" is the name of a shipped template, and a file of that name is here as well`,
    {
      hint: `Write ./${name} for the file here${shippedName === name ? '' : `, ${shippedName} for the shipped one`}.`,
    },
  );
}

async function unknown(search: TemplateSearch): Promise<StartJupyterError> {
  const { name, cwd } = search;
  const there = await shippedNames(search.templatesFolder);
  const own = ownPath(name, cwd);
  return new StartJupyterError(
    'unknown-template',
    `There is no template "${name}": it is no shipped one${own === undefined ? '' : `, and ${own} does not exist`}`,
    { hint: `Shipped are ${there.join(', ')}. A template of your own is given by its path.` },
  );
}

async function shippedNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const names = entries.map((entry) => entry.replaceAll('\\', '/'));
  return names.filter((name) => SHIPPED_NAME.test(name)).sort();
}
