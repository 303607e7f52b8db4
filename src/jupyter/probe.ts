/** Which Jupyter is here: found on PATH, asked for its packages' versions without starting it. */
import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { sentence } from '../errors.js';
import { failureOf, run, type RunResult } from '../platform/process.js';

export interface JupyterFound {
  /** Absolute path of `jupyter`. */
  path: string;
  /** Absolute path of its Python, when it is a Python script. */
  python?: string;
  versions: JupyterVersions;
  /** It is in a container image, and so are these paths. */
  image?: {
    path: string;
    /** Configuration files there, or in the home directory, could name its options. */
    configured: boolean;
  };
}

/** Versions as their packages say them; absent: not installed. */
export interface JupyterVersions {
  notebook?: string;
  jupyterlab?: string;
  jupyter_server?: string;
}

/** 0 for what is not installed. */
export function majorVersion(version: string | undefined): number {
  return Number.parseInt(version ?? '0', 10);
}

export type ProbeResult = { found: JupyterFound } | { missing: string };

export const PACKAGES = ['notebook', 'jupyterlab', 'jupyter_server'] as const;

/** importlib.metadata takes 0.07 s where `jupyter lab --version` takes 2.7 s. */
const ASK_VERSIONS = `
import json, importlib.metadata as m
out = {}
for name in ${JSON.stringify(PACKAGES)}:
    try: out[name] = m.version(name)
    except m.PackageNotFoundError: pass
print(json.dumps(out))
`;

/** An import on a cold parallel file system can take many seconds. */
const TIMEOUT_MS = 60_000;

/** Finds the Jupyter that this environment would start. Never throws: what is wrong is in `missing`. */
export async function probeJupyter(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<ProbeResult> {
  const path = await findOnPath('jupyter', env['PATH']);
  if (path === undefined) return { missing: 'There is no "jupyter" on your PATH.' };
  const python = await interpreterOf(path);
  const ask = (file: string, args: string[]): Promise<RunResult> =>
    // Beside the script, as when it runs: Python looks for modules there, and not where the person happens to be.
    run(file, args, { env, cwd: dirname(path), timeoutMs: TIMEOUT_MS, ...(signal ? { signal } : {}) });

  if (python !== undefined) {
    const versions = parseVersions(await ask(python, ['-c', ASK_VERSIONS]));
    if (versions !== undefined) return { found: { path, python, versions } };
  }
  // Slower, but it is there in every version: importlib.metadata came with Python 3.8.
  const result = await ask(path, ['--version']);
  // It is there: what cannot be run is the program that its first line names.
  if (result.notFound) {
    const needed = python ?? 'the program that its first line names';
    return {
      missing: `${path} is there, but ${needed}, which has to run it, is not, or may not be run by you: an environment that was moved, or whose Python is gone, has to be made again.`,
    };
  }
  if (result.exitCode !== 0) {
    const why = sentence(lastLine(failureOf(path, result)));
    return { missing: `${path} is there but does not work: ${why}` };
  }
  const versions = versionsOfListing(result.stdout);
  return { found: { path, versions, ...(python === undefined ? {} : { python }) } };
}

/** The first executable of that name on a PATH; relative entries are left out, the job runs elsewhere. */
export async function findOnPath(name: string, path = ''): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    if (!folder.startsWith('/') && process.platform !== 'win32') continue;
    const candidate = join(folder, name);
    try {
      await access(candidate, constants.X_OK);
      // A folder may be "executed" as well.
      if ((await stat(candidate)).isFile()) return candidate;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/**
 * The Python of a script's first line. pip and conda write a shell trampoline where that line would be too long or
 * hold a space: `#!/bin/sh`, then `'''exec' /path/python "$0" "$@"`. `/usr/bin/env python3` and programs that are
 * no Python scripts (pyenv's shims) give undefined.
 */
async function interpreterOf(script: string): Promise<string | undefined> {
  const file = await open(script, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(2048), position: 0 });
  await file.close();
  const [first = '', second = ''] = buffer.toString('utf8', 0, bytesRead).split('\n');
  // With options, too: Fedora and Red Hat write `#!/usr/bin/python3 -s`.
  const direct = /^#!\s*(\/\S*python[\d.]*)(?:\s|$)/.exec(first)?.[1];
  if (direct !== undefined) return direct;
  const trampoline = /^'''exec' (?:"([^"]+)"|(\S+)) /.exec(second);
  const path = trampoline?.[1] ?? trampoline?.[2];
  if (path?.startsWith('/')) return path;
  const beside = join(dirname(script), 'python3');
  if (/^#!\s*\/usr\/bin\/env python/.test(first) && (await findOnPath('python3', dirname(script))) === beside)
    return beside;
  return undefined;
}

/** Undefined for no answer. A site's own start-up code may print as well. */
export function parseVersions({
  stdout,
  exitCode,
}: Pick<RunResult, 'stdout' | 'exitCode'>): JupyterVersions | undefined {
  const line = stdout.split('\n').findLast((text) => text.startsWith('{'));
  if (exitCode !== 0 || line === undefined) return undefined;
  try {
    return JSON.parse(line) as JupyterVersions;
  } catch {
    return undefined;
  }
}

/** `jupyter --version` prints `notebook         : 6.4.12` or `jupyterlab : not installed`, a line each. */
export function versionsOfListing(stdout: string): JupyterVersions {
  const versions: JupyterVersions = {};
  for (const name of PACKAGES) {
    const version = new RegExp(`^${name}\\s*:\\s*(\\d\\S*)`, 'm').exec(stdout)?.[1];
    if (version !== undefined) versions[name] = version;
  }
  return versions;
}

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
