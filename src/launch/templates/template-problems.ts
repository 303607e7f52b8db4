/** Everything that is wrong or doubtful with a template, as far as it can be told without submitting it. */
import { chooseScheduler } from '../../scheduler/choose.js';
import type { Scheduler } from '../../scheduler/scheduler.js';
import { failureOf, run } from '../../platform/process.js';
import { templateMistakes, templateText } from '../../script/check.js';
import { directiveProblems } from '../../script/directives.js';
import { templateDoubts } from '../../script/doubts.js';
import { doubtful, wrong, type TemplateProblem } from '../../script/template-problem.js';

/** It reads a file and runs nothing. */
const BASH_TIMEOUT_MS = 10_000;

/** By line. `kind`: the scheduler whose directives count; undefined: the one that they are written for. */
export async function templateProblems(
  bytes: Uint8Array,
  kind: Scheduler['kind'] | undefined,
  env: NodeJS.ProcessEnv,
): Promise<TemplateProblem[]> {
  const text = templateText(bytes);
  if (typeof text !== 'string') return [text];
  const unix = text.replaceAll('\r\n', '\n');
  const scheduler = await chooseScheduler(kind ?? writtenFor(unix), { env });
  const problems = [
    ...templateMistakes(text),
    ...directiveProblems(unix, scheduler),
    ...templateDoubts(unix),
    ...(await bashProblems(unix, env)),
  ];
  return problems.sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity));
}

function writtenFor(text: string): Scheduler['kind'] {
  if (/^#SBATCH/m.test(text)) return 'slurm';
  return /^\s*#PBS/m.test(text) ? 'pbs' : 'local';
}

/** What bash says of its own grammar; nothing where there is no bash. */
async function bashProblems(text: string, env: NodeJS.ProcessEnv): Promise<TemplateProblem[]> {
  const bare = { PATH: env['PATH'] ?? '', LC_ALL: 'C' };
  const result = await run('bash', ['--norc', '-n'], { env: bare, input: text, timeoutMs: BASH_TIMEOUT_MS });
  if (result.notFound || (result.exitCode === 0 && result.stderr === '')) return [];
  // "bash: line 3: syntax error near ..."; a line that repeats the script's own begins with a backquote.
  const said = [...result.stderr.matchAll(/^bash: line (\d+): (?!`)(.*)$/gm)];
  if (said.length === 0)
    return [doubtful(undefined, `could not be checked by bash: ${failureOf('bash', result)}`)];
  return said.map(([, line, what = '']) => {
    const warning = /^warning: (.*)$/.exec(what)?.[1];
    const number = Number(line);
    return warning === undefined
      ? wrong(number, `is no bash: ${what}`)
      : doubtful(number, `makes bash wonder: ${warning}`);
  });
}
