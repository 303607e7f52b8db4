/** What works in a template but is hardly meant so. Pure. */
import { DOUBTS } from '../words/template-problems.js';
import { hasCode, startingLine } from './check.js';
import { namesCall } from './call.js';
import { isComment } from './placeholders.js';
import { shellLines, type ShellLine } from './shell-lines.js';
import { doubtful, type TemplateProblem } from './template-problem.js';

/** Warnings, by line. The text may have mistakes as well: see templateMistakes. */
export function templateDoubts(text: string): TemplateProblem[] {
  const lines = shellLines(text);
  const start = startingLine(lines);
  const before = lines.filter(({ number }) => number < (start?.number ?? Infinity));
  return [
    ...strictShebang(text),
    ...nearlyDirectives(lines),
    ...before.flatMap(lineDoubts),
    ...(start === undefined ? [] : afterDoubts(lines, start)),
  ];
}

/** Comment lines that look like directives and are none. */
function nearlyDirectives(lines: readonly ShellLine[]): TemplateProblem[] {
  const command = lines.findIndex(hasCode);
  return lines.slice(0, command === -1 ? undefined : command).flatMap(({ text, number }) => {
    const name = /^\s*#\s*(SBATCH|PBS)\s+-/i.exec(text)?.[1]?.toUpperCase();
    if (name === undefined || text.trimStart().startsWith(`#${name}`)) return [];
    return [doubtful(number, ...DOUBTS.comment(text.trim(), name))];
  });
}

function strictShebang(text: string): TemplateProblem[] {
  const [first = ''] = text.split('\n', 1);
  return /^#!.*\s-[a-z]*[eu]/.test(first) ? [strict(1, first)] : [];
}

function strict(line: number, text: string): TemplateProblem {
  return doubtful(line, ...DOUBTS.strict(text.trim()));
}

function lineDoubts({ text, number, at, commands }: ShellLine): TemplateProblem[] {
  if (at === 'text' || isComment(text)) return [];
  const doubts: TemplateProblem[] = [];
  const runs = (word: string): boolean => commands.some((command) => command.word === word);
  if (runs('set') && /\bset\s+-(?:o\s+(?:errexit|nounset)|[a-z]*[eu])/.test(text)) {
    doubts.push(strict(number, text));
  }
  if (runs('exec') && /\bexec\s+\d*[<>&]/.test(text)) {
    doubts.push(doubtful(number, DOUBTS.output));
  }
  if (commands.some(({ word, surely }) => surely && word === 'conda') && /\bconda\s+activate\b/.test(text)) {
    doubts.push(doubtful(number, ...DOUBTS.conda));
  }
  return doubts;
}

function afterDoubts(lines: readonly ShellLine[], start: ShellLine): TemplateProblem[] {
  if (namesCall(start)) {
    const server = lines.find(({ at, text }) => at === 'code' && /^\s*(?:export\s+)?server=[^{]/.test(text));
    if (server === undefined) return [];
    return [doubtful(server.number, DOUBTS.server)];
  }
  const source = lines.find(({ at, text }) => at !== 'text' && !isComment(text) && text.includes('run.sh'));
  if (source === undefined) {
    return [doubtful(undefined, ...DOUBTS.neverRuns)];
  }
  const next = lines.find((line) => line.number > source.number && hasCode(line));
  if (next === undefined || source.at !== 'code') return [];
  return [doubtful(next.number, DOUBTS.afterRun(source.number))];
}
