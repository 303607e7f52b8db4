/** A file that describes a conda environment (environment.yml): read, and looked at as far as it can be without conda. */
import { readFile, stat } from 'node:fs/promises';
import { StartJupyterError } from '../errors.js';

const LARGEST_BYTES = 1024 * 1024;

/** Comments aside, of an entry's text: packages that bring a Jupyter, and what has it in its name. */
const JUPYTER = /jupyter|\bnotebook\b/i;

/** Entries that pip reads from elsewhere; what has a scheme is no file beside this one. */
const ELSEWHERE =
  /^\s*-\s*["']?(?:(?:-[rce]|--requirement|--constraint|--editable)[\s=]*(?![\s=])|(?=\.\.?\/))(?!\S*:\/\/)/;

/**
 * Its text.
 * @throws StartJupyterError 'no-conda' for what is no such file, 'no-jupyter' for one that names none (`check`)
 */
export async function readCondaFile(file: string, check: boolean): Promise<string> {
  const text = await readSmall(file);
  const lines = text.split('\n').map((line) => line.replace(/(?:^|\s)#.*/, ''));
  if (!lines.some((line) => /^\s*dependencies\s*:/.test(line))) {
    throw refusal(
      `${file} describes no conda environment: there is no "dependencies:" in it.`,
      'Such a file is what "conda env export" writes.',
    );
  }
  const elsewhere = lines.findIndex((line) => ELSEWHERE.test(line));
  if (elsewhere >= 0) {
    throw refusal(
      `${file}, line ${elsewhere + 1}: ${(lines[elsewhere] ?? '').trim()} names another file.`,
      'The environment is built from a copy of this file alone: write here what the other one says.',
    );
  }
  if (check && !lines.some((line) => JUPYTER.test(line))) {
    throw new StartJupyterError('no-jupyter', `${file} names no Jupyter.`, {
      hint: 'Add "- jupyterlab" to its dependencies (or "- notebook").',
    });
  }
  return text;
}

/** Looks before it opens: a pipe would wait for ever. */
async function readSmall(file: string): Promise<string> {
  const facts = await stat(file).catch((error: unknown) => {
    throw unreadable(file, (error as NodeJS.ErrnoException).code);
  });
  if (!facts.isFile()) throw refusal(`${file} is no file.`, 'It should describe a conda environment.');
  if (facts.size > LARGEST_BYTES) throw refusal(`${file} is larger than 1 MiB.`, 'Is it the right one?');
  const bytes = await readFile(file).catch((error: unknown) => {
    throw unreadable(file, (error as NodeJS.ErrnoException).code);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refusal(`${file} is no text in UTF-8.`, 'It should describe a conda environment.');
  }
}

function unreadable(file: string, code = 'unknown error'): StartJupyterError {
  return code === 'ENOENT'
    ? refusal(`There is no file ${file}.`, 'It should describe a conda environment (environment.yml).')
    : refusal(`${file} cannot be read (${code}).`, 'It should describe a conda environment.');
}

function refusal(message: string, hint: string): StartJupyterError {
  return new StartJupyterError('no-conda', message, { hint });
}
