/** Which of conda, mamba and micromamba are here, and what they know of their environments. */
import { basename, dirname, join } from 'node:path';
import { run } from '../platform/process.js';
import { findOnPath } from './probe.js';

export interface CondaTool {
  /** Absolute. */
  path: string;
  kind: 'conda' | 'mamba' | 'micromamba';
}

/** What a tool says of environments; empty where it says nothing. */
export interface KnownEnvironments {
  /** The environment `base`. */
  root?: string;
  /** Folders in which environments have names, the first one counts. */
  folders: readonly string[];
  /** The prefixes of all environments. */
  prefixes: readonly string[];
}

/** conda is a Python program on a file system that may be cold. */
const TIMEOUT_MS = 60_000;

/** Where installers put themselves by default, in a home directory. */
const USUAL_FOLDERS = [
  'miniforge3',
  'mambaforge',
  'miniconda3',
  'anaconda3',
  'miniforge',
  'miniconda',
  'anaconda',
];

/** Those that are here, conda first: by their own variables, on PATH, then in the usual folders of the home directory. */
export async function condaTools(env: NodeJS.ProcessEnv): Promise<CondaTool[]> {
  const home = env['HOME'] ?? '';
  const beside = env['CONDA_EXE'] ? dirname(env['CONDA_EXE']) : '';
  const usual = USUAL_FOLDERS.map((folder) => join(home, folder, 'bin')).join(':');
  const found = [
    await program(env['CONDA_EXE']),
    await findOnPath('conda', env['PATH']),
    await program(env['MAMBA_EXE']),
    await findOnPath('mamba', `${env['PATH'] ?? ''}:${beside}`),
    await findOnPath('micromamba', `${env['PATH'] ?? ''}:${join(home, '.local/bin')}`),
  ].filter((path) => path !== undefined);
  if (found.length === 0)
    for (const name of ['conda', 'mamba'])
      found.push(...[await findOnPath(name, usual)].filter((path) => path !== undefined));
  return [...new Set(found)].map((path) => ({ path, kind: kindOf(path) }));
}

async function program(path: string | undefined): Promise<string | undefined> {
  return path ? findOnPath(basename(path), dirname(path)) : undefined;
}

function kindOf(path: string): CondaTool['kind'] {
  const name = basename(path);
  if (name.startsWith('micromamba')) return 'micromamba';
  return name.startsWith('mamba') ? 'mamba' : 'conda';
}

/** Asks a tool. Undefined: it gave no answer. */
export async function knownEnvironments(
  tool: CondaTool,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<KnownEnvironments | undefined> {
  const ask = async (...args: string[]): Promise<Record<string, unknown> | undefined> => {
    const result = await run(tool.path, args, { env, timeoutMs: TIMEOUT_MS, signal });
    return result.exitCode === 0 ? parseObject(result.stdout) : undefined;
  };
  const info = await ask('info', '--json');
  if (info === undefined) return undefined;
  // mamba 2 and micromamba call these otherwise, and list their environments elsewhere.
  const listed = info['envs'] ?? (await ask('env', 'list', '--json'))?.['envs'];
  const root = textOf(info['root_prefix']) ?? textOf(info['base environment'])?.replace(/ \([a-z -]+\)$/, '');
  return {
    ...(root === undefined ? {} : { root }),
    folders: textsOf(info['envs_dirs'] ?? info['envs directories']),
    prefixes: textsOf(listed),
  };
}

/** Some print a banner or warnings before it. */
function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text.slice(Math.max(0, text.indexOf('{'))));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.startsWith('/') ? value : undefined;
}

function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value])
    .map((one) => textOf(one))
    .filter((one) => one !== undefined);
}
