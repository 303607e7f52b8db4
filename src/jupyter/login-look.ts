/** Makes an environment on this machine with the bash that makes it again in the job, and reads what came of it. */
import { join } from 'node:path';
import { run, saidLast } from '../platform/process.js';
import { interrupted } from '../words/interrupted.js';
import type { ResolveContext } from './resolve.js';

export interface Look {
  /** What batch-templates/login/environment.sh is to do: its arguments. */
  args: readonly string[];
  /** In which environment it starts. */
  env: NodeJS.ProcessEnv;
  timeoutMs: number;
}

export interface Looked {
  /** The variables as they are now; undefined when it did not get to its end. */
  env?: NodeJS.ProcessEnv;
  /** The full names of the modules that it loaded. */
  modules: readonly string[];
  exitCode: number | undefined;
  timedOut: boolean;
  /** What the last thing that it did has printed. */
  words: string;
}

/** Begins the output of each thing that the script does. */
const PART = '\x1e';

/** They are the script's own, or would run something at the start of every shell. */
const NOT_TAKEN = new Set(['PWD', 'OLDPWD', 'SHLVL', '_', 'BASH_ENV', 'ENV']);

/** Throws 'interrupted' alone; what else went wrong is in the result. */
export async function lookWithBash(
  { args, env, timeoutMs }: Look,
  { packageFolder, signal }: Pick<ResolveContext, 'packageFolder' | 'signal'>,
): Promise<Looked> {
  const script = join(packageFolder, 'batch-templates', 'login', 'environment.sh');
  const quiet = { ...env };
  delete quiet['BASH_ENV'];
  delete quiet['ENV'];
  const result = await run('/bin/bash', [script, ...args], { env: quiet, timeoutMs, signal });
  if (result.aborted) throw interrupted();
  const reported = parseReport(result.stdout);
  const complete = result.exitCode === 0 && reported.get('sj_done') === 'yes';
  return {
    ...(complete ? { env: withReported(env, reported) } : {}),
    modules: (reported.get('sj_modules') ?? '').split(' ').filter(Boolean),
    exitCode: result.exitCode,
    timedOut: result.timedOut,
    words: result.notFound ? 'There is no /bin/bash.' : saidLast({ stderr: lastPart(result.stderr) }),
  };
}

function lastPart(said: string): string {
  return said.split(PART).at(-1) ?? '';
}

function parseReport(text: string): Map<string, string> {
  const entries = text.split('\0').filter((entry) => entry.includes('='));
  return new Map(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

/** bash reports variables alone: exported functions, and what has no name that bash can have, stay as they were. */
function withReported(before: NodeJS.ProcessEnv, reported: ReadonlyMap<string, string>): NodeJS.ProcessEnv {
  const kept = Object.entries(before).filter(
    ([name]) => NOT_TAKEN.has(name) || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name),
  );
  const now = [...reported].filter(([name]) => !NOT_TAKEN.has(name) && !name.startsWith('sj_'));
  return Object.fromEntries([...kept, ...now]);
}
