/** What an earlier session was launched with, so that it means the same wherever it is launched from now. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { typedPath } from '../launch/home.js';
import { SCHEDULER_FOLDERS } from '../script/templates.js';
import type { AskedFor } from '../session/record.js';
import { checkSafe } from '../session/store.js';
import { launchFolderGone } from '../words/again.js';

/** What is shown and waited for is said by the new command line alone. */
const OF_ONE_LAUNCH = ['quiet', 'json', 'info', 'dryRun', 'wait', 'timeout', 'open'];

/**
 * The options by commander's names, the time among them.
 * @throws StartJupyterError 'unsafe-directory' where somebody else could have written them
 */
export async function earlierOptions(directory: string, asked: AskedFor): Promise<Record<string, unknown>> {
  await checkSafe(directory);
  const { time, flags } = asked;
  const kept = Object.entries(flags).filter(([key]) => !OF_ONE_LAUNCH.includes(key));
  return { ...Object.fromEntries(kept), ...(time === undefined ? {} : { time }) };
}

type InFull = (typed: string) => string;
type Rewrite = (typed: string, inFull: InFull, cwd: string) => string | Promise<string>;

/** How the options that may be paths are read, each as its launch reads it. */
const PATHS: Readonly<Record<string, Rewrite>> = {
  dir: (typed, inFull) => inFull(typed),
  condaYml: (typed, inFull) => inFull(typed),
  ca: (typed, inFull) => inFull(typed),
  modulepath: (typed, inFull) => inFull(typed),
  condaEnv: (typed, inFull) => (typed.includes('/') ? inFull(typed) : typed),
  image: (typed, inFull) => (/^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : inFull(typed)),
  bind: (typed, _inFull, cwd) => {
    const [source = '', ...inside] = typed.split(':');
    return source === '' ? typed : [resolve(cwd, source), ...inside].join(':');
  },
  batchScript: async (typed, inFull) => {
    const path = inFull(typed);
    // A name of a template's is none of a file: the launch would have refused one that is both.
    const isPath = typed.includes('/') && !TEMPLATE_IN_FOLDER.test(typed);
    return isPath || (await isFile(path)) ? path : typed;
  },
};

const TEMPLATE_IN_FOLDER = new RegExp(`^(?:${SCHEDULER_FOLDERS.join('|')})/[^/.][^/]*$`);

/**
 * Relative paths counted from the folder of the earlier launch.
 * @throws StartJupyterError 'bad-directory' when that folder is gone and a path counts from it
 */
export async function pathsInFull(
  options: Readonly<Record<string, unknown>>,
  { cwd, home }: { cwd: string; home: string },
): Promise<Record<string, unknown>> {
  const rewritten = { ...options };
  const inFull: InFull = (typed) => typedPath(typed, home, cwd);
  const counting = new Set<string>();
  for (const key of Object.keys(options)) {
    const rewrite = PATHS[key];
    if (rewrite === undefined) continue;
    rewritten[key] = await eachText(options[key], async (typed) => {
      const full = await rewrite(typed, inFull, cwd);
      if (full !== typed && !/^[/~]/.test(typed)) counting.add(optionOf(key));
      return full;
    });
  }
  if (counting.size > 0) {
    await stat(cwd).catch((error: unknown) => {
      throw launchFolderGone(cwd, [...counting], error);
    });
  }
  return rewritten;
}

/** An empty one is refused by the launch. */
async function eachText(value: unknown, rewrite: (text: string) => Promise<string>): Promise<unknown> {
  if (Array.isArray(value)) return await Promise.all(value.map((one) => eachText(one, rewrite)));
  return typeof value === 'string' && value !== '' ? await rewrite(value) : value;
}

function optionOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isFile(),
    () => false,
  );
}
