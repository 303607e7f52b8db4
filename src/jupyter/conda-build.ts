/**
 * conda environments that files describe: built once and kept, here on the login node, because compute nodes often have no
 * way to the packages.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { StartJupyterError } from '../errors.js';
import { run, type RunResult } from '../platform/process.js';
import { shellQuote } from '../script/quote.js';
import { readCondaFile } from './conda-file.js';
import { isEnvironment, type CondaEnvironment } from './conda-find.js';
import { takeLock, type Holder } from './conda-lock.js';
import { condaTools, type CondaTool } from './conda-tools.js';
import type { ResolveContext } from './resolve.js';

/** Large environments from slow servers take long; nothing may take for ever. */
const LONGEST_BUILD_MS = 2 * 3600_000;

/** The end of what the tool said tells why it failed. */
const KEPT_LINES = 20;

/** A line of what the tool says is shown at most that often: where there is no terminal each stays. */
const SHOW_EVERY_MS = 5_000;

/** More of a line would not fit. */
const SHOWN_CHARACTERS = 80;

/** Without a question: nobody can answer. The words are those that both generations of mamba take. */
const UNATTENDED = { CONDA_ALWAYS_YES: 'true', MAMBA_ALWAYS_YES: 'true', PIP_NO_INPUT: '1' };

/** The fastest first. */
const ORDER: readonly CondaTool['kind'][] = ['mamba', 'micromamba', 'conda'];

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
    // Of this very environment, and below the folder that is ours.
    for (const half of lock.leftovers.filter((path) => path.startsWith(`${place}-`)))
      await removeFolder(half);
    const meanwhile = await readMark(place);
    if (meanwhile !== undefined) return meanwhile;
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
  return new StartJupyterError('bad-directory', `${JSON.stringify(folder)} cannot be written to (${code}).`, {
    cause: error,
    hint: isFull(code) ? FULL : 'conda environments are kept there: set XDG_STATE_HOME to another place.',
  });
}

async function builder(env: NodeJS.ProcessEnv): Promise<CondaTool> {
  const tools = await condaTools(env);
  for (const kind of ORDER) {
    const tool = tools.find((one) => one.kind === kind);
    if (tool !== undefined) return tool;
  }
  throw new StartJupyterError(
    'no-conda',
    'Neither mamba, micromamba nor conda was found here, and one of them has to build the environment.',
    { hint: 'If a module brings it, load it (-e NAME). Your centre says which.' },
  );
}

interface Build {
  tool: CondaTool;
  /** As the person knows it. */
  file: string;
  /** The copy that is built from: with the ending that the tools want. */
  description: string;
  prefix: string;
}

async function build(
  { tool, file, description, prefix }: Build,
  env: NodeJS.ProcessEnv,
  context: ResolveContext,
): Promise<void> {
  const what = `the conda environment of ${plain(basename(file))}`;
  context.doing(
    `Building ${what} with ${tool.kind}, once, and here: nodes often have no way to the packages. It takes some minutes`,
  );
  const last = lastLines();
  const startedAt = performance.now();
  let shownAt = startedAt;
  const result = await run(tool.path, buildArguments(tool, description, prefix), {
    env: { ...env, ...UNATTENDED },
    timeoutMs: LONGEST_BUILD_MS,
    signal: context.signal,
    heard(text) {
      last.add(text);
      const now = performance.now();
      if (now - shownAt < SHOW_EVERY_MS) return;
      shownAt = now;
      const minutes = Math.floor((now - startedAt) / 60_000);
      const line = plain(last.lines().at(-1) ?? '');
      context.doing(`Building ${what}${minutes === 0 ? '' : ` (${minutes} min)`}: ${line}`);
    },
  });
  if (result.exitCode === 0 && (await isEnvironment(prefix))) return;
  context.doing('Removing what was half built');
  await removeFolder(prefix);
  throw result.aborted
    ? new StartJupyterError('interrupted', 'Interrupted.')
    : notBuilt({ tool, file, description, prefix }, result, last.lines());
}

function buildArguments({ kind }: CondaTool, description: string, prefix: string): string[] {
  const what = ['-p', prefix, '-f', description];
  return kind === 'micromamba' ? ['create', '-y', ...what] : ['env', 'create', ...what];
}

function notBuilt(
  { tool, file, description }: Build,
  { timedOut, exitCode }: RunResult,
  lines: readonly string[],
): StartJupyterError {
  const how = timedOut
    ? 'did not end within two hours'
    : `ended with status ${String(exitCode ?? 'unknown')}`;
  const elsewhere = [
    'If this is not allowed on login nodes, or the way out is closed here, build it where it is, and name it by its path:',
    `  ${tool.kind} ${tool.kind === 'micromamba' ? 'create' : 'env create'} -p DIR -f ${shellQuote(file)}`,
    '  start-jupyter --conda-env DIR',
  ].join('\n');
  const full = lines.some((line) => isFull(line));
  return new StartJupyterError('no-conda', `${tool.kind} could not build ${file}: it ${how}.`, {
    detail: withoutColours(lines.join('\n')).replaceAll(description, file),
    hint: full ? FULL : elsewhere,
  });
}

const FULL =
  'The disk or your quota is full. Free some space ("conda clean --all" deletes cached packages), or set XDG_STATE_HOME to a place with room that the compute nodes see as well.';

function isFull(text: string): boolean {
  return /ENOSPC|EDQUOT|no space left|quota exceeded|NoSpaceLeft/i.test(text);
}

/** The last lines of a text that comes in pieces. A carriage return begins a line anew, as progress bars do. */
function lastLines(): { add: (text: string) => void; lines: () => string[] } {
  let rest = '';
  return {
    add(text) {
      const lines = (rest + text).split('\n').map((line, index, all) => {
        // The last one goes on.
        const parts = line.split('\r');
        return index === all.length - 1 ? line.slice(-4096) : (parts.findLast(Boolean) ?? '');
      });
      rest = lines.slice(-KEPT_LINES - 1).join('\n');
    },
    lines: () =>
      rest
        .split(/[\r\n]/)
        .map((line) => line.trimEnd())
        .filter(Boolean)
        .slice(-KEPT_LINES),
  };
}

/** For the one line that says what is being done. */
function plain(line: string): string {
  return withoutColours(line)
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, SHOWN_CHARACTERS);
}

/** Without what sets a terminal's colours. */
function withoutColours(text: string): string {
  return text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '');
}

async function removeFolder(path: string): Promise<void> {
  // Something that was killed just now may still write.
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

function waitingWords(file: string, holder: Holder | undefined): string {
  const what = `the conda environment of ${plain(basename(file))}`;
  if (holder === undefined) return `Waiting for ${what}, which is being built by another start-jupyter`;
  const since = new Date(holder.since).toTimeString().slice(0, 5);
  return `Waiting for ${what}, which another start-jupyter of yours is building on ${holder.host} since ${since} (process ${holder.pid})`;
}
