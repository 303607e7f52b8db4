/** The `#PBS` lines of a script as qsub reads them, and back. The same for Torque and PBS. Pure. */
import { continuedDirective, notInDirective } from '../../words/qsub.js';

/** `-q debug` is `{letter: 'q', value: 'debug'}`. */
export interface QsubOption {
  letter: string;
  value?: string;
}

export interface QsubLine {
  /** Where it stands among the script's lines, from 0. */
  index: number;
  options: QsubOption[];
}

const PREFIX = '#PBS';

/** Blanks may stand before it, as C's isspace() knows them. */
const BEGINNING = /^[ \t\v\f\r]*#PBS/;

/** Options without a value. Source: qsub(1B) of Torque 6.1 and of OpenPBS 23.06. */
const FLAGS = 'EfGhInVxXz';

/**
 * The directives of a script: lines that start with `#PBS`, blanks aside, above the first command. A line that cannot be read is left out:
 * qsub refuses it in its own words.
 * @throws StartJupyterError 'bad-template' for a directive that goes on in the next line
 */
export function qsubLines(script: string): QsubLine[] {
  const lines = script.split('\n');
  const command = lines.findIndex((line) => !/^\s*(#|$)/.test(line));
  const found: QsubLine[] = [];
  for (const [index, line] of lines.slice(0, command === -1 ? undefined : command).entries()) {
    const [beginning] = BEGINNING.exec(line) ?? [];
    if (beginning === undefined) continue;
    const text = line.slice(beginning.length);
    if (text.endsWith('\\')) throw continuedDirective(index + 1, line);
    const options = readOptions(words(text));
    if (options && options.length > 0) found.push({ index, options });
  }
  return found;
}

/**
 * Splits as qsub does: quotes of both kinds hold words together and have no escapes in them, outside of them a backslash
 * takes the next character as it is. Undefined: a quote is not closed.
 */
export function words(text: string): string[] | undefined {
  const found: string[] = [];
  const rest = text.replace(/\s*((?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+)\s*/gy, (_all, word: string) => {
    found.push(word.replace(/'([^']*)'|"([^"]*)"|\\(.)/g, '$1$2$3'));
    return '';
  });
  return rest.trim() === '' ? found : undefined;
}

/** As getopt does: letters may share a word up to the first that takes a value. Undefined: there is another word. */
function readOptions(given: string[] | undefined): QsubOption[] | undefined {
  const options: QsubOption[] = [];
  const left = [...(given ?? [])];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (!/^-[A-Za-z]/.test(word)) return undefined;
    const letters = word.slice(1);
    const at = Array.from(letters).findIndex((letter) => !FLAGS.includes(letter));
    const flags = at === -1 ? letters : letters.slice(0, at);
    options.push(...Array.from(flags, (letter) => ({ letter })));
    if (at === -1) continue;
    const value = letters.slice(at + 1) || left.shift();
    if (value === undefined) return undefined;
    options.push({ letter: letters.charAt(at), value });
  }
  return options;
}

/** One directive line. @throws StartJupyterError 'bad-option' for a value that no line can hold */
export function qsubDirective(options: readonly QsubOption[]): string {
  const said = options.map(({ letter, value }) =>
    value === undefined ? `-${letter}` : `-${letter} ${quoteForQsub(letter, value)}`,
  );
  return `${PREFIX} ${said.join(' ')}`;
}

function quoteForQsub(letter: string, value: string): string {
  if (value === '' || /[\n\r\0]/.test(value)) throw notInDirective(letter, value);
  if (/^[A-Za-z0-9_.,:=+@%/-]+$/.test(value)) return value;
  if (!value.includes("'")) return `'${value}'`;
  if (!value.includes('"')) return `"${value}"`;
  return value.replace(/[^A-Za-z0-9_.,:=+@%/-]/gu, '\\$&');
}

/** `nodes=1:ppn=4,walltime=60` as `[name, value]`; a comma within quotes or brackets belongs to a value. */
export function resources(list: string): [name: string, value: string][] {
  const entries = list.match(/(?:"[^"]*"|'[^']*'|\[[^\]]*\]|[^,"'[]|["'[])+/g) ?? [];
  return entries.map((entry) => {
    const at = entry.indexOf('=');
    return at === -1 ? [entry.trim(), ''] : [entry.slice(0, at).trim(), entry.slice(at + 1)];
  });
}

export function resourceList(entries: readonly (readonly [name: string, value: string])[]): string {
  return entries.map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join(',');
}
