/** The kinds of values that a key can have. */
import { dirname, isAbsolute, resolve } from 'node:path';
import { MISTAKES } from '../words/configuration.js';
import { didYouMean } from './nearest.js';
import { report, unexpected, type ReadValue } from './reading.js';

/** Text of a certain form. */
export function matching(pattern: RegExp, expected: string): ReadValue<string> {
  return (node, reading) => {
    if (node.kind === 'text' && pattern.test(node.text)) return node.text;
    unexpected(node, reading, expected);
    return undefined;
  };
}

/** Any text that is not empty. */
export const text = matching(/./s, 'a text');

/** Goes into a line of directives as it is: nothing that a shell or a scheduler could take for more than one word. */
export const word = matching(/^[^\s'"`\\$\p{Cc}]+$/u, 'one word without blanks, quotes, $ or \\');

export function oneOf<const T extends string>(...choices: readonly T[]): ReadValue<T> {
  const expected = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`;
  return (node, reading) => {
    const written = node.kind === 'text' ? node.text : '';
    const chosen = choices.find((choice) => choice === written);
    if (chosen === undefined) unexpected(node, reading, expected + didYouMean(written, choices));
    return chosen;
  };
}

export const yesOrNo: ReadValue<boolean> = (node, reading) => {
  const written = oneOf('true', 'false')(node, reading);
  return written === undefined ? undefined : written === 'true';
};

export function wholeNumber(least: number): ReadValue<number> {
  return (node, reading) => {
    const number = node.kind === 'text' && /^[0-9]{1,9}$/.test(node.text) ? Number(node.text) : -1;
    if (number >= least) return number;
    unexpected(node, reading, `a whole number, ${least} or more`);
    return undefined;
  };
}

/** A list; one value alone is a list of one. */
export function listOf<T>(read: ReadValue<T>): ReadValue<T[]> {
  return (node, reading) =>
    (node.kind === 'list' ? node.items : [node])
      .map((item) => read(item, reading))
      .filter((value) => value !== undefined);
}

/** A regular expression. Nothing guards against a slow one: host names are short, and who writes it waits for it. */
export const hostPattern: ReadValue<string> = (node, reading) => {
  const pattern = text(node, reading);
  if (pattern === undefined) return undefined;
  try {
    new RegExp(pattern);
    return pattern;
  } catch (error) {
    unexpected(node, reading, `a regular expression (${(error as Error).message})`);
    return undefined;
  }
};

function minutes(expected: string): ReadValue<number> {
  return (node, reading) => {
    const written = text(node, reading);
    if (written === undefined) return undefined;
    try {
      return reading.minutes(written);
    } catch (error) {
      unexpected(node, reading, `${expected} (${(error as Error).message})`);
      return undefined;
    }
  };
}

/** Minutes, in the forms of `--time`. */
export const walltime = minutes('a time as --time takes it');

const NOT_NONE = minutes('none, or a time as --time takes it');

/** Minutes as with {@link walltime}; 0 for `none`. */
export const walltimeOrNone: ReadValue<number> = (node, reading) =>
  node.kind === 'text' && node.text === 'none' ? 0 : NOT_NONE(node, reading);

/** A file; a relative path starts from the folder of the configuration file. */
export const path: ReadValue<string> = (node, reading) => {
  const written = text(node, reading);
  if (written === undefined || isAbsolute(written)) return written;
  if (!written.startsWith('~')) return resolve(dirname(reading.file), written);
  unexpected(node, reading, 'a path in full: ~ means nothing here');
  return undefined;
};

/** A container image: a file or directory, or where a registry has it (its form is looked at when it is used). */
export const image: ReadValue<string> = (node, reading) =>
  node.kind === 'text' && /^[a-z]+:\/\//.test(node.text) ? node.text : path(node, reading);

/** What can be said to apptainer in every version: older ones read it as CSV. */
export const bind = matching(
  /^\/[^:,"\\\p{Cc}]*(?::\/[^:,"\\\p{Cc}]*(?::r[ow])?)?$/u,
  '/path, /path:/inside or /path:/inside:ro, without comma, quote or backslash',
);

/** The forms of a template's name. Whether there is one of that name is seen when it is looked for. */
const TEMPLATE_NAME = /^(?:(?:slurm|torque|pbs|local)\/)?[^./~\p{Cc}][^/\p{Cc}]*$/u;

/** A template by its name (`jupyterlab.sh`, `slurm/astro`), or a file. */
export const template: ReadValue<string> = (node, reading) =>
  node.kind === 'text' && TEMPLATE_NAME.test(node.text) ? node.text : path(node, reading);

/** One of these keys of systems.yaml, by its name. */
export function keyOf<const Key extends string>(keys: Record<Key, unknown>): ReadValue<Key> {
  return (node, reading) => {
    const written = node.kind === 'text' ? node.text : '';
    const names = Object.keys(keys) as Key[];
    const named = names.find((key) => key === written);
    if (named === undefined) {
      const text = node.kind === 'text' ? written : undefined;
      report(reading, node.line, MISTAKES.noKeyNamed(reading.at, text, didYouMean(written, names)));
    }
    return named;
  };
}

/** What only the site decides: a person's own file would guide nobody. */
export function ofSite<T>(read: ReadValue<T>): ReadValue<T> {
  return (node, reading) => {
    if (reading.layer !== 'user') return read(node, reading);
    report(reading, node.line, MISTAKES.ofSite(reading.at));
    return undefined;
  };
}
