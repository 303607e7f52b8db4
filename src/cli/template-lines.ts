/** Templates, and what is wrong with one, as lines for a person. Pure. */
import type { ChalkInstance } from 'chalk';
import type { ListedTemplate } from '../launch/templates/listed-templates.js';
import type { LayerName } from '../launch/templates/template-folders.js';
import type { TemplateProblem } from '../script/template-problem.js';
import { shownControls } from './command-line.js';
import { wrapped } from './wrapped.js';

const TITLES: Record<LayerName, string> = { user: 'yours', site: 'site', shipped: 'shipped' };

/** A line a template: its name, whose it is, what it is about. Those of other schedulers come last. */
export function templateLines(
  templates: readonly ListedTemplate[],
  scheduler: string | undefined,
  columns: number,
  colour: ChalkInstance,
): string[] {
  const here = (one: ListedTemplate): boolean =>
    scheduler === undefined || !one.name.includes('/') || one.name.startsWith(`${scheduler}/`);
  const mine = templates.filter(here);
  const others = templates.filter((one) => !here(one));
  const width = Math.max(4, ...templates.map(({ name }) => shownControls(name).length));
  const line = (one: ListedTemplate): string => {
    const name = shownControls(one.name);
    const begin = `${name}${' '.repeat(width - name.length)}  ${TITLES[one.layer].padEnd(7)}  `;
    const about = clipped(aboutWords(one), columns - begin.length);
    return one.hiddenBy === undefined
      ? `${colour.bold(begin.slice(0, width))}${begin.slice(width)}${about}`
      : colour.dim(`${begin}${about}`.trimEnd());
  };
  return [
    ...mine.map(line),
    ...(others.length > 0 && mine.length > 0 ? ['', ELSEWHERE] : []),
    ...others.map(line),
  ];
}

const ELSEWHERE = 'For other schedulers:';

function aboutWords({ about, mistakes, hiddenBy, layer }: ListedTemplate): string {
  if (hiddenBy !== undefined)
    return `hidden: ${hiddenBy === layer ? 'another one' : HIDING[hiddenBy]} has the same name`;
  if (mistakes > 0) return 'has mistakes (templates check says which)';
  return shownControls(about ?? '');
}

const HIDING: Record<LayerName, string> = {
  user: 'one of yours',
  site: 'one of the site',
  shipped: 'a shipped one',
};

function clipped(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
}

/** What is wrong, each with its line and what would be right under it. */
export function problemLines(
  problems: readonly TemplateProblem[],
  columns: number,
  colour: ChalkInstance,
): string[] {
  const width = Math.max(...problems.map((one) => place(one).length));
  const indent = ' '.repeat(width + 12);
  return problems.flatMap((one) => {
    const paint = one.severity === 'error' ? colour.red : colour.yellow;
    const [first = '', ...more] = wrapped(one.what, columns - indent.length);
    const begin = `  ${place(one).padEnd(width)}  ${paint(one.severity)}${' '.repeat(8 - one.severity.length)}`;
    const hint = one.hint === undefined ? [] : wrapped(one.hint, columns - indent.length);
    return [`${begin}${first}`, ...[...more, ...hint].map((line) => `${indent}${line}`)];
  });
}

function place({ line }: TemplateProblem): string {
  return line === undefined ? 'file' : `line ${line}`;
}

/** `2 errors, 1 warning.` */
export function counted(problems: readonly TemplateProblem[]): string {
  const words = (['error', 'warning'] as const).flatMap((severity) => {
    const count = problems.filter((one) => one.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? '' : 's'}`];
  });
  return `${words.join(', ')}.`;
}
