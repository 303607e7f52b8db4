/** A template's own directives, as the scheduler of a system reads them. Pure. */
import { StartJupyterError } from '../errors.js';
import type { Said, Scheduler } from '../scheduler/scheduler.js';
import { hasCode } from './check.js';
import { shellLines, type ShellLine } from './shell-lines.js';
import { doubtful, wrong, type TemplateProblem } from './template-problem.js';

/** What of an adapter is needed. */
export type DirectiveReader = Pick<Scheduler, 'kind' | 'ownDirectives' | 'minutes'>;

/**
 * Options that say what a session rests on. The launcher's own lines beat them.
 * Source: sbatch(1), and qsub(1) of Torque and PBS.
 */
const TAKEN = {
  SBATCH: /(?:^|\s)(?:--(?:job-name|output|error|chdir|open-mode|requeue)\b|-[JoeD](?=\s|\S*$))/,
  PBS: /(?:^|\s)-[NSjoekrzI](?=\s|$)/,
};

/** What is wrong or doubtful with the directives, by line. */
export function directiveProblems(text: string, scheduler: DirectiveReader): TemplateProblem[] {
  const lines = shellLines(text);
  const command = lines.findIndex(hasCode);
  return lines
    .slice(0, command === -1 ? undefined : command)
    .flatMap((line) => lineProblems(line, scheduler));
}

function lineProblems({ text, number }: ShellLine, scheduler: DirectiveReader): TemplateProblem[] {
  const [, blanks = '', prefix] = /^(\s*)#(SBATCH|PBS)(?=\s|-)/.exec(text) ?? [];
  if (prefix !== 'SBATCH' && prefix !== 'PBS') return [];
  const mine = prefix === 'SBATCH' ? ['slurm'] : ['torque', 'pbs'];
  if (scheduler.kind === 'local') return [];
  if (!mine.includes(scheduler.kind)) {
    return [doubtful(number, `is for another scheduler than ${TITLES[scheduler.kind]}: ${text.trim()}`)];
  }
  // sbatch 22.05 takes it for a comment (seen), qsub for a directive like any other.
  if (blanks !== '' && prefix === 'SBATCH') {
    const hint = `A directive begins with #${prefix}, without blanks before it.`;
    return [doubtful(number, `has blanks before its directive: ${text.trim()}`, hint)];
  }
  const said = saidBy(text, number, scheduler);
  if (said instanceof StartJupyterError) return [wrong(number, said.message, said.hint)];
  const { time } = said;
  const problems: TemplateProblem[] = [];
  if (time !== undefined && scheduler.minutes(time) === undefined) {
    problems.push(
      wrong(number, `asks for a time that cannot be read: ${JSON.stringify(time)}`, FORMS[prefix]),
    );
  }
  if (TAKEN[prefix].test(text)) {
    problems.push(doubtful(number, `says what the launcher says itself, and has no effect: ${text.trim()}`));
  }
  return problems;
}

/** Some adapters refuse a line outright. */
function saidBy(line: string, number: number, scheduler: DirectiveReader): Said | StartJupyterError {
  try {
    // In its place, since a refusal may name that.
    return scheduler.ownDirectives(`#!/bin/bash${'\n'.repeat(number - 1)}${line}\n`);
  } catch (error) {
    if (error instanceof StartJupyterError) return error;
    throw error;
  }
}

const TITLES = { slurm: 'Slurm', torque: 'Torque', pbs: 'PBS' };

const FORMS = {
  SBATCH: 'Slurm takes minutes (30), HH:MM:SS or D-HH:MM:SS.',
  PBS: 'Write HH:MM:SS; a bare number is seconds.',
};
