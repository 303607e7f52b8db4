/** Whether a template's text can become a job. Pure: reading is in templates.ts, what only warns in doubts.ts. */
import { isUtf8 } from 'node:buffer';
import { badTemplate } from '../words/templates.js';
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

const SMALLEST = `The least that works:
#!/bin/bash
start_session jupyterlab`;

/**
 * A template's bytes as text, or why they are none: an empty file, NUL characters, text that is not UTF-8.
 */
export function templateText(bytes: Uint8Array): string | TemplateProblem {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (text.length === 0) return wrong(undefined, 'is empty', SMALLEST);
  const nul = text.indexOf(0);
  if (nul !== -1) return wrong(lineAt(text, nul), 'has a NUL character: this is no script');
  if (isUtf8(text)) return text.toString('utf8');
  return wrong(badUtf8Line(text), 'is not UTF-8 text', 'iconv -f latin1 -t utf8 converts a file.');
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
  const hint = `sed -i 's/\\r$//' FILE takes the carriage returns out.`;
  return wrong(line, 'ends its lines as Windows does (CRLF)', hint);
}

function notBash(): TemplateProblem {
  return wrong(1, 'does not start as a bash script', 'The first line has to be: #!/bin/bash');
}

function placeholderMistakes({ text, number, at }: ShellLine): TemplateProblem[] {
  const name = openLine(text)?.name;
  if (name !== undefined && !isTemplateValue(name)) {
    const known = TEMPLATE_VALUES.map((value) => `{{${value}}}`).join(' and ');
    return [wrong(number, `leaves {{${name}}} open, which is not known`, `There are ${known}.`)];
  }
  // What quotes the value is text there, and what it holds would be code.
  if (name !== undefined && at === 'text') {
    return [
      wrong(number, `has {{${name}}} within a here-document or quotes`, 'Give it to a variable before.'),
    ];
  }
  const stray = strayPlaceholder(text);
  if (stray === undefined) return [];
  const hint = `Write name=${stray.replaceAll(/\s/g, '')} on a line of its own, and "$name" where it is needed.`;
  return [wrong(number, `has ${stray} where it is not the whole value of a variable`, hint)];
}

/** Schedulers stop reading at the first command: what comes later would silently not count. */
function lateDirectives(lines: readonly ShellLine[]): TemplateProblem[] {
  const first = lines.find(hasCode);
  if (first === undefined) return [];
  return lines
    .filter(
      ({ at, text, number }) => at === 'code' && number > first.number && /^#(?:SBATCH|PBS)\s/.test(text),
    )
    .map(({ text, number }) =>
      wrong(
        number,
        `has a directive that the scheduler does not read: ${text.trim()}`,
        `It stops at the first command (line ${first.number}). Move the directive above it, or make it a comment (##).`,
      ),
    );
}

/** Slurm would start as many jobs, and all but one would find the session taken. No later line undoes it. */
function arrays(lines: readonly ShellLine[]): TemplateProblem[] {
  const command = lines.findIndex(hasCode);
  return lines
    .slice(0, command === -1 ? undefined : command)
    .filter(({ text }) => /^#SBATCH(?:.*\s)?(?:--array(?:[=\s]|$)|-a\s*\d)/.test(text))
    .map(({ text, number }) =>
      wrong(number, `asks for an array of jobs, and a session is one job: ${text.trim()}`, 'Take it out.'),
    );
}

function startMistakes(lines: readonly ShellLine[]): TemplateProblem[] {
  const calls = lines.filter((line) => line.at !== 'text' && namesCall(line));
  const opening = lines.find((line) => line.at !== 'text' && opensSession(line));
  const [call, ...again] = calls;
  if (call === undefined) return opening === undefined ? [nothingStarts(lines)] : [];
  const mixed = lines.filter(({ at, text }) => at !== 'text' && openLine(text) !== undefined);
  return [
    ...callMistakes(call),
    ...again.map(({ number }) =>
      wrong(
        number,
        `calls start_session once more (first on line ${call.number})`,
        'It never returns: one call is enough.',
      ),
    ),
    ...mixed.map(({ text, number }) =>
      wrong(
        number,
        `has ${text.trim()} beside start_session (line ${call.number})`,
        'start_session stands for these lines: take one of the two.',
      ),
    ),
    ...after(lines, call, again),
  ];
}

function nothingStarts(lines: readonly ShellLine[]): TemplateProblem {
  const quoted = lines.find(({ at, text }) => at === 'text' && readCall(text) !== undefined);
  if (quoted !== undefined) {
    return wrong(quoted.number, 'has start_session within a here-document or quotes, where it is no command');
  }
  return wrong(
    undefined,
    'has neither start_session nor a line session_dir={{session_dir}}: it starts nothing',
    SMALLEST,
  );
}

const ALONE =
  'It stands alone on its line, as the last command: start_session jupyterlab, start_session notebook, or start_session (then -s or the system chooses).';

function callMistakes({ text, number, at, words }: ShellLine): TemplateProblem[] {
  const inside = {
    code: undefined,
    text: undefined,
    block: 'stands within a function, a condition, a loop or brackets',
    continued: 'belongs to the command on the line before',
  }[at];
  if (inside !== undefined) return [wrong(number, `has a start_session that ${inside}`, ALONE)];
  if (readCall(text) !== undefined) return [];
  const [first, server] = words;
  const alone = first === 'start_session' && words.length === 2 && /^\s*start_session\s+\S+\s*$/.test(text);
  const what = alone
    ? `calls start_session with ${server ?? ''}, which is no server`
    : 'has a start_session that is not the whole line';
  return [wrong(number, what, ALONE)];
}

/** The first command that comes behind the call and so never runs. */
function after(lines: readonly ShellLine[], call: ShellLine, again: readonly ShellLine[]): TemplateProblem[] {
  const next = lines.find((line) => line.number > call.number && hasCode(line) && !again.includes(line));
  if (next === undefined) return [];
  const what = `never runs, because start_session (line ${call.number}) does not return`;
  return [wrong(next.number, what, 'Move it above start_session.')];
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
      return [wrong(number, `ends the script (${end.word}) before the session starts on line ${start}`)];
    });
}

function lineAt(text: Buffer, offset: number): number {
  return text.subarray(0, offset).toString('latin1').split('\n').length;
}

function badUtf8Line(text: Buffer): number {
  const lines = text.toString('latin1').split('\n');
  return lines.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1'))) + 1;
}
