/**
 * conda environments that files describe: built once and kept, here on the login node, because compute nodes often have no
 * way to the packages.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { StartJupyterError } from '../errors.js';
import { condaFolderNotWritable, waitingForBuild } from '../words/conda.js';
import { build, builder, isFull, plain, removeFolder } from './conda-build.js';
import { readCondaFile } from './conda-file.js';
import { isEnvironment, type CondaEnvironment } from './conda-find.js';
import { takeLock, type Holder } from './conda-lock.js';
import type { CondaTool } from './conda-tools.js';
import type { ResolveContext } from './resolve.js';

/** A dry run builds nothing. */
export interface NotBuilt {
  /** From this file. */
  notBuilt: string;
  /** Where it would be, but for the end of the name. */
  prefix: string;
}

/**
 * The environment that a file describes: the one that was built from the same text before, or a new one.
 * @throws StartJupyterError 'no-conda' with the last lines of the tool when it cannot be built; nothing of it stays then
 */
export async function builtEnvironment(
  file: string,
  env: NodeJS.ProcessEnv,
  context: ResolveContext,
): Promise<CondaEnvironment | NotBuilt> {
  const text = await readCondaFile(file, context.check);
  const key = keyOf(text);
  const place = join(context.condaFolder, key);
  const kept = await readMark(place);
  if (kept !== undefined) return kept;
  if (context.dryRun) return { notBuilt: file, prefix: place };
  const tool = await builder(env);
  try {
    await prepareFolder(context.condaFolder, place, text);
    return await buildInTurn({ tool, file, place }, env, context);
  } catch (error) {
    throw error instanceof StartJupyterError ? error : cannotWrite(context.condaFolder, error);
  }
}

/** One of all who want it builds it; the others wait, and have it then. */
async function buildInTurn(
  { tool, file, place }: { tool: CondaTool; file: string; place: string },
  env: NodeJS.ProcessEnv,
  context: ResolveContext,
): Promise<CondaEnvironment | NotBuilt> {
  const prefix = `${place}-${randomBytes(3).toString('hex')}`;
  const lock = await takeLock(place, {
    signal: context.signal,
    making: prefix,
    settled: async () => (await readMark(place)) !== undefined,
    waiting: (holder) => context.doing(waitingWords(file, holder)),
  });
  if (lock === undefined) return (await readMark(place)) ?? builtEnvironment(file, env, context);
  try {
    // Of this very environment, right in the folder that is ours: a path may lead on from there to anywhere.
    const isHalf = (path: string): boolean =>
      path.startsWith(`${place}-`) && /^[0-9a-f]+$/.test(path.slice(place.length + 1));
    for (const half of lock.leftovers.filter(isHalf)) await removeFolder(half);
    await build({ tool, file, description: `${place}.yml`, prefix }, env, context);
    await writeMark(place, { prefix, tool: tool.kind, file }).catch(async (error: unknown) => {
      // Nobody would find it.
      await removeFolder(prefix);
      throw error;
    });
    return { prefix, name: prefix };
  } finally {
    await lock.release();
  }
}

/** By what the environment depends on: the text, and the kind of machine. */
function keyOf(text: string): string {
  const parts = ['1', process.platform, process.arch, text];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);
}

async function readMark(place: string): Promise<CondaEnvironment | undefined> {
  try {
    const { prefix } = JSON.parse(await readFile(`${place}.json`, 'utf8')) as { prefix?: unknown };
    // Somebody may have deleted it to make room.
    return typeof prefix === 'string' && (await isEnvironment(prefix)) ? { prefix, name: prefix } : undefined;
  } catch {
    return undefined;
  }
}

/** Written last, and in one step: what has it is complete. */
async function writeMark(place: string, facts: Record<string, string>): Promise<void> {
  await replace(`${place}.json`, `${JSON.stringify(facts, null, 2)}\n`);
}

async function replace(path: string, text: string): Promise<void> {
  const fresh = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(fresh, text, { mode: 0o600, flag: 'wx' });
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

async function prepareFolder(folder: string, place: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await replace(`${place}.yml`, text);
}

function cannotWrite(folder: string, error: unknown): StartJupyterError {
  const code = (error as NodeJS.ErrnoException).code;
  // It is no matter of files at all.
  if (code === undefined) throw error;
  return condaFolderNotWritable(folder, code, { full: isFull(code), cause: error });
}

function waitingWords(file: string, holder: Holder | undefined): string {
  if (holder === undefined) return waitingForBuild(plain(basename(file)), undefined);
  const { host, pid } = holder;
  const since = new Date(holder.since).toTimeString().slice(0, 5);
  return waitingForBuild(plain(basename(file)), { host, since, pid });
}
