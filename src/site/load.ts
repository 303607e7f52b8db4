/** The systems that are known here: what we ship, what the site and the user say. */
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { badConfiguration, MISTAKES } from '../words/configuration.js';
import { readLayer } from './layer.js';
import type { LayerName } from './origin.js';
import { mergeLayers, type System } from './system.js';
import { plainTree, type ConfigTree, type PlainConfig, type Problem } from './tree.js';

/**
 * systems.yaml as it was when the program was bundled: its text and what YAML makes of it. Parsing would cost 12 ms and a
 * library on every start, so it is done only when somebody changed the file. Absent when the program runs from its sources.
 */
declare const __SYSTEMS__: { text: string; value: PlainConfig } | undefined;

export interface ConfigurationFile {
  layer: LayerName;
  file: string;
  /** Somebody named it: it has to be there. */
  required: boolean;
}

export interface ConfigurationPlaces {
  env: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  homeDirectory: string;
}

/**
 * The site's and the user's files, lowest first; they need not exist. `START_JUPYTER_CONFIG` is what a site's module file
 * sets, and so the site's word.
 */
export function configurationFiles({
  env,
  platform,
  homeDirectory,
}: ConfigurationPlaces): ConfigurationFile[] {
  const files: ConfigurationFile[] = [];
  if (platform !== 'win32') {
    files.push({ layer: 'site', file: '/etc/start-jupyter/systems.yaml', required: false });
  }
  if (env.START_JUPYTER_CONFIG) {
    files.push({ layer: 'site', file: env.START_JUPYTER_CONFIG, required: true });
  }
  files.push({
    layer: 'user',
    file: join(configFolder(env, homeDirectory), 'systems.yaml'),
    required: false,
  });
  return files;
}

/** The XDG specification has a relative XDG_CONFIG_HOME ignored. */
function configFolder(env: NodeJS.ProcessEnv, homeDirectory: string): string {
  const named = env.XDG_CONFIG_HOME ?? '';
  return join(isAbsolute(named) ? named : join(homeDirectory, '.config'), 'start-jupyter');
}

export interface LoadOptions {
  /** The package's systems.yaml. */
  shippedFile: string;
  /** From {@link configurationFiles}, lowest first. */
  files: readonly ConfigurationFile[];
  /** Reads a time as `--time` does and gives minutes; throws for one it does not understand. */
  minutes: (text: string) => number;
}

/**
 * Every known system, in the order in which {@link detectSystem} tries them.
 * @throws StartJupyterError 'bad-configuration' with every mistake in every file
 */
export async function loadSystems({ shippedFile, files, minutes }: LoadOptions): Promise<System[]> {
  const shipped: ConfigurationFile = { layer: 'shipped', file: shippedFile, required: true };
  const all = [shipped, ...files];
  const keys = join(dirname(shippedFile), 'docs/configuration.md');
  const trees = await Promise.all(all.map(readTree));
  const problems = trees.flatMap((tree) => tree.problems);
  const layers = all.map((file, index) => readLayer(trees[index]?.root, file, minutes, problems));
  if (problems.length > 0) throw badConfiguration(problems, keys);
  const systems = mergeLayers(layers, problems);
  if (problems.length > 0) throw badConfiguration(problems, keys);
  return systems;
}

async function readTree({ file, required }: ConfigurationFile): Promise<ConfigTree> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return { root: undefined, problems: unreadable(file, required, error as NodeJS.ErrnoException) };
  }
  if (typeof __SYSTEMS__ !== 'undefined' && text === __SYSTEMS__.text) return plainTree(__SYSTEMS__.value);
  const { yamlTree } = await import('./yaml-tree.js');
  return yamlTree(text, file);
}

function unreadable(
  file: string,
  required: boolean,
  { code = 'unknown error' }: NodeJS.ErrnoException,
): Problem[] {
  const missing = code === 'ENOENT' || code === 'ENOTDIR';
  return missing && !required ? [] : [{ file, what: MISTAKES.unreadable(code) }];
}
