/** Builds a conda environment from a file, with whichever tool is here. */
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import type { StartJupyterError } from '../errors.js';
import { run, type RunResult } from '../platform/process.js';
import { shellQuote } from '../script/quote.js';
import {
  buildingConda,
  condaNotBuilt,
  noBuilder,
  REMOVING_HALF_BUILT,
  stillBuildingConda,
} from '../words/conda.js';
import { interrupted } from '../words/interrupted.js';
import { isEnvironment } from './conda-find.js';
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

/**
 * Without a question: nobody can answer. The words are those that both generations of mamba take. And what lies in
 * ~/.local is not taken by pip for a part of the environment.
 */
const UNATTENDED = {
  CONDA_ALWAYS_YES: 'true',
  MAMBA_ALWAYS_YES: 'true',
  PIP_NO_INPUT: '1',
  PYTHONNOUSERSITE: '1',
};

/** The fastest first. */
const ORDER: readonly CondaTool['kind'][] = ['mamba', 'micromamba', 'conda'];

/** The tool that builds. Throws 'no-conda' where there is none. */
export async function builder(env: NodeJS.ProcessEnv): Promise<CondaTool> {
  const tools = await condaTools(env);
  for (const kind of ORDER) {
    const tool = tools.find((one) => one.kind === kind);
    if (tool !== undefined) return tool;
  }
  throw noBuilder();
}

export interface Build {
  tool: CondaTool;
  /** As the person knows it. */
  file: string;
  /** The copy that is built from: with the ending that the tools want. */
  description: string;
  prefix: string;
}

/** Throws 'no-conda' with the last lines of the tool when it fails; nothing of the environment stays then. */
export async function build(
  { tool, file, description, prefix }: Build,
  env: NodeJS.ProcessEnv,
  context: ResolveContext,
): Promise<void> {
  const shown = plain(basename(file));
  context.doing(buildingConda(shown, tool.kind));
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
      context.doing(stillBuildingConda(shown, minutes, plain(last.lines().at(-1) ?? '')));
    },
  });
  if (result.exitCode === 0 && (await isEnvironment(prefix))) return;
  context.doing(REMOVING_HALF_BUILT);
  await removeFolder(prefix);
  throw result.aborted ? interrupted() : notBuilt({ tool, file, description, prefix }, result, last.lines());
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
  const full = lines.some((line) => isFull(line));
  const elsewhere = `${tool.kind} ${tool.kind === 'micromamba' ? 'create' : 'env create'} -p DIR -f ${shellQuote(file)}`;
  const detail = withoutColours(lines.join('\n')).replaceAll(description, file);
  return condaNotBuilt(
    { tool: tool.kind, file, status: exitCode, timedOut, detail },
    full ? { full } : { full, elsewhere },
  );
}

/** Whether an error's code or text says that there is no room. */
export function isFull(text: string): boolean {
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
export function plain(line: string): string {
  return withoutColours(line)
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, SHOWN_CHARACTERS);
}

/** Without what sets a terminal's colours. */
function withoutColours(text: string): string {
  return text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '');
}

export async function removeFolder(path: string): Promise<void> {
  // Something that was killed just now may still write.
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
