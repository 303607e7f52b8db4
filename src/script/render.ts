/** From a template to the script that is submitted. Pure. */
import { isBlank, isComment, isTemplateValue, openLine, type TemplateValue } from './placeholders.js';
import { shellQuote } from './quote.js';

/** Complete directive lines (`#SBATCH --time=30`); see Directives in scheduler/scheduler.ts. */
interface DirectiveLines {
  lower: readonly string[];
  upper: readonly string[];
  /** Where the script's own output goes from its first command on. */
  log?: string;
}

/**
 * Fills in a template that {@link checkTemplate} has accepted. Lower directives go right under the shebang and so give way
 * to the template's own; upper ones go before its first command, the last place where a scheduler still reads them.
 */
export function render(
  text: string,
  values: Readonly<Record<TemplateValue, string>>,
  directives: DirectiveLines,
): string {
  const [shebang = '', ...rest] = text.split('\n');
  const firstCommand = rest.findIndex((line) => !isComment(line) && !isBlank(line));
  const head = rest.slice(0, firstCommand);
  const commands = rest.slice(firstCommand).map((line) => fillIn(line, values));
  const toLog = directives.log === undefined ? [] : [`exec >>${shellQuote(directives.log)} 2>&1`];
  return [shebang, ...directives.lower, ...head, ...directives.upper, ...toLog, ...commands].join('\n');
}

function fillIn(line: string, values: Readonly<Record<TemplateValue, string>>): string {
  const open = openLine(line);
  if (open === undefined || !isTemplateValue(open.name)) return line;
  return `${open.left}${shellQuote(values[open.name])}${open.right}`;
}
