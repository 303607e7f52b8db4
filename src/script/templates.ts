/** Folders of templates, and reading one of them. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StartJupyterError } from '../errors.js';
import { badTemplate } from '../words/templates.js';
import { UNREADABLE_TEMPLATE } from '../words/template-problems.js';
import type { Server } from './call.js';
import { checkTemplate, templateText } from './check.js';

const LARGEST_BYTES = 1024 * 1024;

/** The folders within a folder of templates, each for the jobs of one scheduler. */
export const SCHEDULER_FOLDERS = ['slurm', 'torque', 'pbs', 'local'] as const;

/** What we ship; other scripts in these folders are no templates. */
export const SHIPPED_NAME = /^[a-z]+\/(?:notebook|jupyterlab)\.sh$/;

export interface Template {
  /** Absolute. */
  path: string;
  /** Checked, as it is in the file. */
  text: string;
}

/** The file of a shipped template, for `--server` and for the default. */
export function shippedTemplatePath(templatesFolder: string, scheduler: string, server: Server): string {
  return join(templatesFolder, scheduler, `${server}.sh`);
}

/** The templates of a folder, `slurm/astro.sh` or `astro.sh`, sorted; none where there is no folder. */
export async function templateNames(folder: string): Promise<string[]> {
  return (await filesIn(folder)).filter((name) => name.endsWith('.sh'));
}

/** What lies there and is no template, because its name does not end as theirs do. */
export async function otherNames(folder: string): Promise<string[]> {
  return (await filesIn(folder)).filter((name) => !name.endsWith('.sh'));
}

/** Hidden files and what editors leave are passed over. */
async function filesIn(folder: string): Promise<string[]> {
  const within = async (prefix: string): Promise<string[]> => {
    const entries = await readdir(join(folder, prefix), { withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => !entry.isDirectory() && /^[^.].*(?<!~)$/s.test(entry.name))
      .map((entry) => prefix + entry.name);
  };
  const all = await Promise.all(['', ...SCHEDULER_FOLDERS.map((name) => `${name}/`)].map(within));
  return all.flat().sort();
}

/**
 * Reads a template and checks it.
 * @throws StartJupyterError 'bad-template' with file and line
 */
export async function readTemplate(path: string): Promise<Template> {
  const text = templateText(await templateBytes(path));
  if (typeof text !== 'string') throw badTemplate(path, text);
  checkTemplate(text, path);
  return { path, text };
}

/**
 * Reads a template as it is. Looks before it opens: a pipe would wait for ever, a device never end.
 * @throws StartJupyterError 'bad-template'
 */
export async function templateBytes(path: string): Promise<Uint8Array> {
  const refuse = (what: string): never => {
    throw badTemplate(path, { what });
  };
  try {
    const found = await stat(path);
    if (!found.isFile())
      refuse(found.isDirectory() ? UNREADABLE_TEMPLATE.folder : UNREADABLE_TEMPLATE.special);
    if (found.size > LARGEST_BYTES) refuse(UNREADABLE_TEMPLATE.large);
    return await readFile(path);
  } catch (error) {
    if (error instanceof StartJupyterError) throw error;
    return refuse(UNREADABLE_TEMPLATE.closed((error as NodeJS.ErrnoException).code ?? 'unknown error'));
  }
}
