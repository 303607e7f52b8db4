/** From a template to the script that is submitted. Pure. */
import { readCall } from './call.js';
import { hasCode } from './check.js';
import { isTemplateValue, openLine, type TemplateValue } from './placeholders.js';
import { shellQuote } from './quote.js';
import { shellLines, type ShellLine } from './shell-lines.js';

/** Complete directive lines (`#SBATCH --time=30`); see Directives in scheduler/scheduler.ts. */
interface DirectiveLines {
  lower: readonly string[];
  upper: readonly string[];
  /** Where the script's own output goes from its first command on. */
  log?: string;
}

const KEPT = '# What a job prints is kept by the scheduler until its end: it goes to the log at once.';

type Values = Readonly<Record<TemplateValue, string>>;

/**
 * Fills in a template that {@link checkTemplate} has accepted. Lower directives go right under the shebang and so give way
 * to the template's own; upper ones go before its first command, the last place where a scheduler still reads them.
 */
export function render(text: string, values: Values, directives: DirectiveLines): string {
  const [shebang = '', ...rest] = text.split('\n');
  const lines = shellLines(text).slice(1);
  const firstCommand = lines.findIndex(hasCode);
  const head = rest.slice(0, firstCommand);
  const commands = lines.slice(firstCommand).flatMap((line) => fillIn(line, values));
  const toLog = directives.log === undefined ? [] : [KEPT, `exec >>${shellQuote(directives.log)} 2>&1`];
  return [shebang, ...directives.lower, ...head, ...directives.upper, ...toLog, ...commands].join('\n');
}

function fillIn({ text, at }: ShellLine, values: Values): string[] {
  if (at === 'text') return [text];
  const call = readCall(text);
  if (call !== undefined) {
    return [
      `session_dir=${shellQuote(values.session_dir)}`,
      `server=${shellQuote(call.server ?? values.server)}`,
      `source "$session_dir/run.sh"${call.comment}`,
    ];
  }
  const open = openLine(text);
  if (open === undefined || !isTemplateValue(open.name)) return [text];
  return [`${open.left}${shellQuote(values[open.name])}${open.right}`];
}
