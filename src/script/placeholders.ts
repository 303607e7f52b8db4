/** What a template may leave open, and where: the one grammar that checking and rendering share. */

/** The names a template may leave open. */
export const TEMPLATE_VALUES = ['session_dir', 'server'] as const;

export type TemplateValue = (typeof TEMPLATE_VALUES)[number];

/** `name={{value}}` alone on its line, perhaps exported, perhaps with a comment behind it. */
const ASSIGNMENT =
  /^(?<left>\s*(?:(?:export|local|readonly)\s+)?[A-Za-z_][A-Za-z0-9_]*=)\{\{(?<name>\w+)\}\}(?<right>\s*|\s+#.*)$/;

/** Braces of other tools (`'{{.State}}'` of docker, brace expansion) are no placeholders. */
const ANYWHERE = /\{\{\s*(?<name>\w+)\s*\}\}/;

/** A line that leaves a value open as it should. */
export interface OpenLine {
  left: string;
  name: string;
  right: string;
}

/** Reads one line of a template; undefined when it leaves nothing open. A comment line never does. */
export function openLine(line: string): OpenLine | undefined {
  const groups = ASSIGNMENT.exec(line)?.groups;
  if (groups === undefined) return undefined;
  return { left: groups.left ?? '', name: groups.name ?? '', right: groups.right ?? '' };
}

/** The placeholder in a line where none may be, as it is written there; undefined for a comment line. */
export function strayPlaceholder(line: string): string | undefined {
  if (isComment(line) || openLine(line) !== undefined) return undefined;
  return ANYWHERE.exec(line)?.[0];
}

export function isTemplateValue(name: string): name is TemplateValue {
  return (TEMPLATE_VALUES as readonly string[]).includes(name);
}

/** sbatch and qsub read directives as long as lines are comments or blank; both allow blanks before the `#`. */
export function isComment(line: string): boolean {
  return line.trimStart().startsWith('#');
}

export function isBlank(line: string): boolean {
  return line.trim() === '';
}
