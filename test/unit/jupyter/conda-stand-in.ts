/** Stand-ins for conda's programs, folders in the shape of conda's environments, and the context that a test needs. */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolveContext } from '../../../src/jupyter/resolve.js';

/** What stand-in-conda.py reads. */
export interface StandInFacts {
  root: string;
  folders: string[];
  prefixes: string[];
  seconds?: number;
  ending?: 'done' | 'fails' | 'full' | 'hangs' | 'nothing';
}

export interface StandIn {
  folder: string;
  /** The calls so far: name and arguments. */
  calls: () => string[][];
  set: (facts: Partial<StandInFacts>) => void;
}

/** Puts stand-ins of these names into a folder. */
export function standIn(
  folder: string,
  names: readonly string[],
  facts: Partial<StandInFacts> = {},
): StandIn {
  mkdirSync(folder, { recursive: true });
  for (const name of names) {
    copyFileSync(join(import.meta.dirname, 'stand-in-conda.py'), join(folder, name));
    chmodSync(join(folder, name), 0o755);
  }
  const set = (given: Partial<StandInFacts>): void => {
    const all = { root: '/none', folders: [], prefixes: [], ...facts, ...given };
    writeFileSync(join(folder, 'stand-in.json'), JSON.stringify(all));
  };
  set({});
  const calls = join(folder, 'calls');
  return {
    folder,
    calls: () =>
      existsSync(calls)
        ? readFileSync(calls, 'utf8')
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line) as string[])
        : [],
    set,
  };
}

/** Makes a folder that conda would take for an environment; `files` by their paths in it. */
export function condaEnvironment(prefix: string, files: Record<string, string> = {}): string {
  const all = { 'conda-meta/history': '', 'bin/jupyter': '#!/bin/sh\necho "jupyterlab : 4.4.0"\n', ...files };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(join(prefix, name, '..'), { recursive: true });
    writeFileSync(join(prefix, name), text);
    if (name.startsWith('bin/')) chmodSync(join(prefix, name), 0o755);
  }
  return prefix;
}

/** What was said is kept in `said`. */
export function resolveContext(
  condaFolder: string,
  given: Partial<ResolveContext> = {},
): ResolveContext & { said: string[] } {
  const said: string[] = [];
  return {
    env: {},
    packageFolder: join(import.meta.dirname, '../../..'),
    condaFolder,
    directories: { home: condaFolder, notebook: condaFolder, session: condaFolder },
    signal: new AbortController().signal,
    check: true,
    dryRun: false,
    doing: (text) => said.push(text),
    warn: (text) => said.push(text),
    said,
    ...given,
  };
}
