/** Whether a template's text can become a job. Pure: reading is in templates.ts, what only warns in doubts.ts. */
import { isUtf8 } from 'node:buffer';
import { badTemplate } from '../words/templates.js';
import { MISTAKES } from '../words/template-problems.js';
import { namesCall, readCall, type Server } from './call.js';
import {
  isBlank,
  isComment,
  isTemplateValue,
  openLine,
  strayPlaceholder,
  TEMPLATE_VALUES,
} from './placeholders.js';
import { shellLines, type ShellLine } from './shell-lines.js';
import { wrong, type TemplateProblem } from './template-problem.js';

/** The bash of a shebang: `#!/bin/bash -l`, `#!/usr/bin/env bash`. Not sh: what the job sources is bash. */
const BASH_SHEBANG = /^#!\s*\/\S*\/(?:env\s+(?:-S\s+)?)?(?:\/\S*\/)?bash(?:\s|$)/;

/**
 * A template's bytes as text, or why they are none: an empty file, NUL characters, text that is not UTF-8.
 */
export function templateText(bytes: Uint8Array): string | TemplateProblem {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (text.length === 0) return wrong(undefined, ...MISTAKES.empty);
  const nul = text.indexOf(0);
  if (nul !== -1) return wrong(lineAt(text, nul), MISTAKES.nul);
  if (isUtf8(text)) return text.toString('utf8');
  return wrong(badUtf8Line(text), ...MISTAKES.notUtf8);
}

/**
 * Throws for the first mistake that makes a launch impossible.
 * @param file as it shall be named in an error
 * @throws StartJupyterError 'bad-template' with file and line
 */
export function checkTemplate(text: string, file: string): void {
  const [first, ...others] = templateMistakes(text);
  if (first !== undefined) throw badTemplate(file, first, others.length > 0);
}

/**
 * Everything that makes a launch with this template impossible, by line: it is bash, its lines end as bash wants them, its
 * directives stand where a scheduler reads them, and it starts the session once, in one of two ways: `start_session` as its
 * last command, or values left open where a quoted text is one word (`name={{session_dir}}` alone on its line).
 */
export function templateMistakes(text: string): TemplateProblem[] {
  const dos = text.split('\n').findIndex((line) => line.endsWith('\r'));
  const lines = shellLines(text.replaceAll('\r\n', '\n'));
  const problems = [
    ...(dos === -1 ? [] : [windowsLines(dos + 1)]),
    ...(BASH_SHEBANG.test(lines[0]?.text ?? '') ? [] : [notBash()]),
    ...lines.flatMap(placeholderMistakes),
    ...lateDirectives(lines),
    ...arrays(lines),
    ...startMistakes(lines),
    ...earlyEnds(lines),
  ];
  return problems.sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity));
}

/** Which server a template starts, where it says so itself (`start_session notebook`, `server=notebook`); undefined where it leaves it open. */
export function templateServer(text: string): Server | undefined {
  const lines = shellLines(text).filter(({ at }) => at !== 'text');
  const call = lines.find(namesCall);
  if (call !== undefined) return readCall(call.text)?.server;
  const literal = /^\s*(?:(?:export|readonly)\s+)?server=(["']?)(notebook|jupyterlab)\1\s*(?:#.*)?$/;
  const said = lines.map((line) => literal.exec(line.text)?.[2]).find((server) => server !== undefined);
  return said as Server | undefined;
}

/** The line that starts the session: the call, or the value of session_dir. */
export function startingLine(lines: readonly ShellLine[]): ShellLine | undefined {
  return lines.find((line) => line.at !== 'text' && (namesCall(line) || opensSession(line)));
}

/** Whether the line is more than a comment or blank. */
export function hasCode({ at, text }: ShellLine): boolean {
  return at === 'text' || !(isComment(text) || isBlank(text));
}

function opensSession({ text }: ShellLine): boolean {
  return openLine(text)?.name === 'session_dir';
}

function windowsLines(line: number): TemplateProblem {
  return wrong(line, ...MISTAKES.windows);
}

function notBash(): TemplateProblem {
  return wrong(1, ...MISTAKES.notBash);
}

function placeholderMistakes({ text, number, at }: ShellLine): TemplateProblem[] {
  const name = openLine(text)?.name;
  if (name !== undefined && !isTemplateValue(name)) {
    return [wrong(number, ...MISTAKES.unknownValue(name, TEMPLATE_VALUES))];
  }
  // What quotes the value is text there, and what it holds would be code.
  if (name !== undefined && at === 'text') {
    return [wrong(number, ...MISTAKES.quotedValue(name))];
  }
  const stray = strayPlaceholder(text);
  return stray === undefined ? [] : [wrong(number, ...MISTAKES.strayValue(stray))];
}

/** Schedulers stop reading at the first command: what comes later would silently not count. */
function lateDirectives(lines: readonly ShellLine[]): TemplateProblem[] {
  const first = lines.find(hasCode);
  if (first === undefined) return [];
  return lines
    .filter(
      ({ at, text, number }) => at === 'code' && number > first.number && /^#(?:SBATCH|PBS)\s/.test(text),
    )
    .map(({ text, number }) => wrong(number, ...MISTAKES.lateDirective(text.trim(), first.number)));
}

/** Slurm would start as many jobs, and all but one would find the session taken. No later line undoes it. */
function arrays(lines: readonly ShellLine[]): TemplateProblem[] {
  const command = lines.findIndex(hasCode);
  return lines
    .slice(0, command === -1 ? undefined : command)
    .filter(({ text }) => /^#SBATCH(?:.*\s)?(?:--array(?:[=\s]|$)|-a\s*\d)/.test(text))
    .map(({ text, number }) => wrong(number, ...MISTAKES.array(text.trim())));
}

function startMistakes(lines: readonly ShellLine[]): TemplateProblem[] {
  const calls = lines.filter((line) => line.at !== 'text' && namesCall(line));
  const opening = lines.find((line) => line.at !== 'text' && opensSession(line));
  const [call, ...again] = calls;
  if (call === undefined) return opening === undefined ? [nothingStarts(lines)] : [];
  const mixed = lines.filter(({ at, text }) => at !== 'text' && openLine(text) !== undefined);
  return [
    ...callMistakes(call),
    ...again.map(({ number }) => wrong(number, ...MISTAKES.again(call.number))),
    ...mixed.map(({ text, number }) => wrong(number, ...MISTAKES.mixed(text.trim(), call.number))),
    ...after(lines, call, again),
  ];
}

function nothingStarts(lines: readonly ShellLine[]): TemplateProblem {
  const quoted = lines.find(({ at, text }) => at === 'text' && readCall(text) !== undefined);
  if (quoted !== undefined) {
    return wrong(quoted.number, MISTAKES.quotedCall);
  }
  return wrong(undefined, ...MISTAKES.nothingStarts);
}

function callMistakes({ text, number, at, words }: ShellLine): TemplateProblem[] {
  const inside = {
    code: undefined,
    text: undefined,
    block: MISTAKES.inBlock,
    continued: MISTAKES.continued,
  }[at];
  if (inside !== undefined) return [wrong(number, ...inside)];
  if (readCall(text) !== undefined) return [];
  const [first, server] = words;
  const alone = first === 'start_session' && words.length === 2 && /^\s*start_session\s+\S+\s*$/.test(text);
  return [wrong(number, ...(alone ? MISTAKES.noServer(server ?? '') : MISTAKES.notAlone))];
}

/** The first command that comes behind the call and so never runs. */
function after(lines: readonly ShellLine[], call: ShellLine, again: readonly ShellLine[]): TemplateProblem[] {
  const next = lines.find((line) => line.number > call.number && hasCode(line) && !again.includes(line));
  return next === undefined ? [] : [wrong(next.number, ...MISTAKES.afterCall(call.number))];
}

/** Commands that surely end the script before it starts anything. `exec` with nothing but redirections goes on. */
function earlyEnds(lines: readonly ShellLine[]): TemplateProblem[] {
  const start = startingLine(lines)?.number ?? 0;
  return lines
    .filter(({ number }) => number < start)
    .flatMap(({ text, number, commands }) => {
      const end = commands.find(
        ({ word, surely }) =>
          surely && (word === 'exit' || (word === 'exec' && !/\bexec\s+\d*[<>&{]/.test(text))),
      );
      if (end === undefined) return [];
      return [wrong(number, MISTAKES.earlyEnd(end.word, start))];
    });
}

function lineAt(text: Buffer, offset: number): number {
  return text.subarray(0, offset).toString('latin1').split('\n').length;
}

function badUtf8Line(text: Buffer): number {
  const lines = text.toString('latin1').split('\n');
  return lines.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1'))) + 1;
}
