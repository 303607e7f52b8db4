/** From the name or the path of a conda environment to its place. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { StartJupyterError } from '../errors.js';
import {
  askingWhere,
  colonInPath,
  isVirtualEnvironment,
  noEnvironmentAt,
  noEnvironmentNamed,
  notAbsolute,
  severalEnvironments,
} from '../words/conda.js';
import { interrupted } from '../words/interrupted.js';
import { condaTools, knownEnvironments, type CondaTool, type KnownEnvironments } from './conda-tools.js';
import type { ResolveContext } from './resolve.js';

export interface CondaEnvironment {
  /** Absolute path of its folder. */
  prefix: string;
  /** As CONDA_DEFAULT_ENV says it: its name, or its path where it has none. */
  name: string;
}

/**
 * As `conda activate` finds it: the first folder of environments that has the name. Where that finds none, any environment
 * whose folder is called so, if there is just one.
 * @throws StartJupyterError 'no-conda' with the environments that there are
 */
export async function findCondaEnvironment(
  nameOrPath: string,
  env: NodeJS.ProcessEnv,
  { doing, signal }: Pick<ResolveContext, 'doing' | 'signal'>,
): Promise<CondaEnvironment> {
  if (nameOrPath.includes('/')) return byPath(atHome(nameOrPath, env));
  if (nameOrPath === '' || nameOrPath === '.' || nameOrPath === '..')
    throw absent(nameOrPath, [], { tools: [], silent: [] });
  const active = env['CONDA_PREFIX'];
  if (active && env['CONDA_DEFAULT_ENV'] === nameOrPath && (await isEnvironment(active)))
    return { prefix: active, name: nameOrPath };
  const tools = await condaTools(env);
  const known: KnownEnvironments[] = [];
  const silent: CondaTool[] = [];
  for (const tool of tools) {
    doing(askingWhere(tool.kind, nameOrPath));
    const answer = await knownEnvironments(tool, env, signal);
    if (signal.aborted) throw interrupted();
    if (answer === undefined) {
      silent.push(tool);
      continue;
    }
    const prefix = await byName(nameOrPath, answer);
    if (prefix !== undefined) return { prefix, name: nameOrPath };
    known.push(answer);
  }
  known.push(await fromFiles(env));
  const own = await byName(nameOrPath, known.at(-1));
  return own === undefined
    ? byFolderName(nameOrPath, known, { tools, silent })
    : { prefix: own, name: nameOrPath };
}

/** A path in a site's configuration may begin with ~/. */
function atHome(path: string, env: NodeJS.ProcessEnv): string {
  return path.startsWith('~/') ? join(env['HOME'] ?? '/', path.slice(2)) : path;
}

async function byPath(path: string): Promise<CondaEnvironment> {
  const prefix = path.length > 1 ? path.replace(/\/+$/, '') : path;
  if (!prefix.startsWith('/')) {
    throw notAbsolute(prefix);
  }
  if (prefix.includes(':')) {
    throw colonInPath(prefix);
  }
  if (await isEnvironment(prefix)) {
    const named = basename(dirname(prefix)) === 'envs';
    return { prefix, name: named ? basename(prefix) : prefix };
  }
  const isThere = await exists(prefix);
  if (isThere && (await exists(join(prefix, 'pyvenv.cfg')))) {
    throw isVirtualEnvironment(prefix);
  }
  throw noEnvironmentAt(prefix, isThere);
}

async function byName(name: string, known: KnownEnvironments | undefined): Promise<string | undefined> {
  if (known === undefined) return undefined;
  if ((name === 'base' || name === 'root') && known.root && (await isEnvironment(known.root)))
    return known.root;
  for (const folder of known.folders) {
    const prefix = join(folder, name);
    if (await isEnvironment(prefix)) return prefix;
  }
  return undefined;
}

/** What the tools leave in files: where they themselves cannot be asked it is better than nothing. */
async function fromFiles(env: NodeJS.ProcessEnv): Promise<KnownEnvironments> {
  const home = env['HOME'] ?? '/';
  const text = await readFile(join(home, '.conda', 'environments.txt'), 'utf8').catch(() => '');
  const root = env['MAMBA_ROOT_PREFIX'];
  return {
    folders: [...(root ? [join(root, 'envs')] : []), join(home, '.conda', 'envs')],
    prefixes: text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line.startsWith('/')),
  };
}

async function byFolderName(
  name: string,
  known: readonly KnownEnvironments[],
  asked: Asked,
): Promise<CondaEnvironment> {
  const prefixes = [...new Set(known.flatMap((one) => one.prefixes))];
  const [only, ...others] = prefixes.filter((prefix) => basename(prefix) === name);
  if (only === undefined) throw absent(name, await listed(prefixes, known), asked);
  if (others.length > 0) {
    throw severalEnvironments(name, [only, ...others]);
  }
  if (await isEnvironment(only)) return { prefix: only, name: only };
  throw absent(name, await listed(prefixes, known), asked);
}

/** By the names that one can give. */
async function listed(prefixes: readonly string[], known: readonly KnownEnvironments[]): Promise<string[]> {
  const roots = known.map((one) => one.root);
  const folders = known.flatMap((one) => one.folders);
  const there = await Promise.all(prefixes.map((prefix) => isEnvironment(prefix)));
  return prefixes
    .filter((_, index) => there[index])
    .map((prefix) => {
      if (roots.includes(prefix)) return 'base';
      return folders.includes(dirname(prefix)) ? basename(prefix) : prefix;
    });
}

interface Asked {
  tools: readonly CondaTool[];
  /** Those that gave no answer. */
  silent: readonly CondaTool[];
}

function absent(name: string, there: readonly string[], asked: Asked): StartJupyterError {
  const silent = asked.silent.map(({ path }) => path);
  return noEnvironmentNamed(name, [...new Set(there)], { hasTools: asked.tools.length > 0, silent });
}

/** As conda knows one. */
export async function isEnvironment(prefix: string): Promise<boolean> {
  const found = await stat(join(prefix, 'conda-meta')).catch(() => undefined);
  return found?.isDirectory() ?? false;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
