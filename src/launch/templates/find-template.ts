/** The template that a name means: one of the folders', or a file. */
import { stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import type { StartJupyterError } from '../../errors.js';
import { SCHEDULER_FOLDERS, SHIPPED_NAME, templateNames } from '../../script/templates.js';
import { nearest } from '../../site/nearest.js';
import { typedPath } from '../home.js';
import { noSuchTemplate, perhapsMeant, sayInFull, templateOrFile } from '../../words/templates.js';
import type { LayerName, TemplateFolder } from './template-folders.js';

export interface TemplateSearch {
  /** What the person or the configuration said. */
  name: string;
  /** Kinds of schedulers whose folders a bare name is looked for in, the first before the second. */
  schedulers: readonly string[];
  /** Those that may be looked into, the highest first. */
  folders: readonly TemplateFolder[];
  /** What a relative path starts from: the current directory, or the folder of the configuration file. */
  base: string;
  /** Of the person: a path that was typed may begin with `~/`. */
  home?: string;
  /** A file is what is most likely meant: nothing is refused for being a template's name as well. */
  preferFile?: boolean;
}

export interface FoundTemplate {
  /** Absolute. */
  path: string;
  /** `slurm/astro.sh` or `astro.sh`; absent: it was found as a file. */
  name?: string;
  layer?: LayerName;
}

type NamedTemplate = Required<FoundTemplate>;

/** `astro`, `astro.sh`, `slurm/astro`; anything else is a path only. */
const NAME = new RegExp(`^(?:(${SCHEDULER_FOLDERS.join('|')})/)?([^./~\\p{Cc}][^/\\p{Cc}]*)$`, 'u');

/**
 * The template that is meant. A name is looked for in one folder after the other; if a file of that name lies in `base` as
 * well, it is refused rather than guessed.
 * @throws StartJupyterError 'unknown-template' with what there is
 */
export async function findTemplate(search: TemplateSearch): Promise<FoundTemplate> {
  const { name, preferFile = false } = search;
  const file = pathOf(search);
  const [named, there] = await Promise.all([findByName(search), whatIsAt(file)]);
  const isFile = there === 'file';
  if (isFile && preferFile) return { path: file };
  if (named === undefined) {
    // Of a folder it is said that it is one.
    if (there !== undefined) return { path: file };
    throw await unknown(search, file);
  }
  if (isFile && file !== named.path) throw ambiguous(name, named, file);
  return named;
}

/** Undefined for what is no template's name, and for one that is in no folder. */
async function findByName({ name, schedulers, folders }: TemplateSearch): Promise<NamedTemplate | undefined> {
  const [, kind, bare] = NAME.exec(name) ?? [];
  if (bare === undefined) return undefined;
  const prefixes = kind === undefined ? [...new Set(schedulers.map((one) => `${one}/`)), ''] : [`${kind}/`];
  for (const file of filesOf(bare)) {
    for (const one of folders) {
      for (const inFolder of prefixes.map((prefix) => prefix + file)) {
        if (one.layer === 'shipped' && !SHIPPED_NAME.test(inFolder)) continue;
        const path = join(one.folder, inFolder);
        if ((await whatIsAt(path)) === 'file') return { path, name: inFolder, layer: one.layer };
      }
    }
  }
  return undefined;
}

/** Which files a bare name may mean. `batch_` is how the first start-jupyter called its templates. */
function filesOf(bare: string): string[] {
  const file = bare.endsWith('.sh') ? bare : `${bare}.sh`;
  const old = /^batch_((?:notebook|jupyterlab)\.sh)$/.exec(file)?.[1];
  return old === undefined ? [file] : [file, old];
}

function pathOf({ name, base, home }: TemplateSearch): string {
  return home === undefined ? resolve(base, name) : typedPath(name, home, base);
}

/** What cannot be looked at is taken for a file: reading it says then what is wrong. */
async function whatIsAt(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '') ? undefined : 'file';
  }
}

function ambiguous(name: string, named: NamedTemplate, file: string): StartJupyterError {
  return templateOrFile(
    name,
    { ...named, full: named.name === name ? named.path : named.name },
    { folder: dirnameOf(file, name), full: isAbsolute(name) ? name : `./${name}` },
  );
}

function dirnameOf(file: string, name: string): string {
  return file.endsWith(`/${name}`) ? file.slice(0, -name.length - 1) || '/' : file;
}

async function unknown(search: TemplateSearch, file: string): Promise<StartJupyterError> {
  const { name, schedulers } = search;
  const isName = NAME.test(name);
  const there = await allNames(search.folders);
  const fitting = there.filter(
    (one) => !one.includes('/') || schedulers.some((kind) => one.startsWith(`${kind}/`)),
  );
  const meant = isName ? meantName(name, fitting, there) : undefined;
  return noSuchTemplate(name, { isName, file, there: fitting.length > 0 ? fitting : there, meant });
}

async function allNames(folders: readonly TemplateFolder[]): Promise<string[]> {
  const names = await Promise.all(
    folders.map(async ({ layer, folder }) => {
      const all = await templateNames(folder);
      return layer === 'shipped' ? all.filter((one) => SHIPPED_NAME.test(one)) : all;
    }),
  );
  return [...new Set(names.flat())].sort();
}

/** The template of another scheduler, or one with a name as near as a slip. */
function meantName(name: string, fitting: readonly string[], there: readonly string[]): string | undefined {
  const bare = (one: string): string => one.replace(/^[a-z]+\//, '').replace(/\.sh$/, '');
  const others = there.filter((one) => bare(one) === bare(name));
  if (others.length > 0) return sayInFull(others);
  const meant = nearest(bare(name), fitting.map(bare));
  return meant === undefined ? undefined : perhapsMeant(meant);
}
