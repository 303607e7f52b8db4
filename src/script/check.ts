/** Whether a template's text can become a job. Pure: reading is in templates.ts. */
import { isUtf8 } from 'node:buffer';
import { StartJupyterError } from '../errors.js';
import { isTemplateValue, openLine, strayPlaceholder, TEMPLATE_VALUES } from './placeholders.js';

/** The bash of a shebang: `#!/bin/bash -l`, `#!/usr/bin/env bash`. Not sh: what the job sources is bash. */
const BASH_SHEBANG = /^#!\s*\/\S*\/(?:env\s+(?:-S\s+)?)?(?:\/\S*\/)?bash(?:\s|$)/;

/**
 * A template's bytes as text.
 * @param file as it shall be named in an error
 * @throws StartJupyterError 'bad-template' for an empty file, NUL characters, text that is not UTF-8
 */
export function templateText(bytes: Uint8Array, file: string): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (text.length === 0) {
    throw badTemplate(file, undefined, 'is empty', SMALLEST);
  }
  const nul = text.indexOf(0);
  if (nul !== -1) {
    throw badTemplate(file, lineAt(text, nul), 'has a NUL character: this is no script');
  }
  if (!isUtf8(text)) {
    throw badTemplate(
      file,
      badUtf8Line(text),
      'is not UTF-8 text',
      `iconv -f latin1 -t utf8 converts a file.`,
    );
  }
  return text.toString('utf8');
}

/**
 * Whether the text is a template: bash, lines that end as bash wants them, and values left open only where a quoted text is
 * one word (`name={{session_dir}}` alone on its line, not inside a here-document). Comment lines are not looked at.
 * @param file as it shall be named in an error
 * @throws StartJupyterError 'bad-template' with file and line
 */
export function checkTemplate(text: string, file: string): void {
  const lines = text.split('\n');
  checkLineEnds(lines, file);
  if (!BASH_SHEBANG.test(lines[0] ?? '')) {
    throw badTemplate(file, 1, 'does not start as a bash script', 'The first line has to be: #!/bin/bash');
  }
  for (const [index, line] of lines.entries()) checkLine(line, file, index + 1);
  if (!lines.some((line) => openLine(line)?.name === 'session_dir')) {
    throw badTemplate(file, undefined, 'has no line session_dir={{session_dir}}', SMALLEST);
  }
}

/** Which server a template starts, where it says so itself (`server=notebook`); undefined where it leaves it open. */
export function templateServer(text: string): 'notebook' | 'jupyterlab' | undefined {
  const literal = /^\s*(?:(?:export|readonly)\s+)?server=(["']?)(notebook|jupyterlab)\1\s*(?:#.*)?$/m.exec(
    text,
  );
  return literal?.[2] as 'notebook' | 'jupyterlab' | undefined;
}

const SMALLEST = `The least that works:
#!/bin/bash
session_dir={{session_dir}}
server={{server}}
source "$session_dir/run.sh"`;

function checkLineEnds(lines: string[], file: string): void {
  const dos = lines.findIndex((line) => line.endsWith('\r'));
  if (dos === -1) return;
  const hint = `sed -i 's/\\r$//' FILE takes the carriage returns out.`;
  throw badTemplate(file, dos + 1, 'ends its lines as Windows does (CRLF)', hint);
}

function checkLine(line: string, file: string, number: number): void {
  const name = openLine(line)?.name;
  if (name !== undefined && !isTemplateValue(name)) {
    const known = TEMPLATE_VALUES.map((value) => `{{${value}}}`).join(' and ');
    throw badTemplate(file, number, `leaves {{${name}}} open, which is not known`, `There are ${known}.`);
  }
  const stray = strayPlaceholder(line);
  if (stray !== undefined) {
    const hint = `Write name=${stray.replaceAll(/\s/g, '')} on a line of its own, and "$name" where it is needed.`;
    throw badTemplate(file, number, `has ${stray} where it is not the whole value of a variable`, hint);
  }
}

function lineAt(text: Buffer, offset: number): number {
  return text.subarray(0, offset).toString('latin1').split('\n').length;
}

function badUtf8Line(text: Buffer): number {
  const lines = text.toString('latin1').split('\n');
  return lines.findIndex((line) => !isUtf8(Buffer.from(line, 'latin1'))) + 1;
}

/** @param line from 1; undefined when it is about the whole file */
export function badTemplate(
  file: string,
  line: number | undefined,
  what: string,
  hint?: string,
): StartJupyterError {
  const where = line === undefined ? file : `${file}, line ${line}:`;
  return new StartJupyterError(
    'bad-template',
    `The template ${where} ${what}`,
    hint === undefined ? {} : { hint },
  );
}
