/** A file that describes a conda environment (environment.yml): read, and looked at as far as it can be without conda. */
import { readFile, stat } from 'node:fs/promises';
import type { StartJupyterError } from '../errors.js';
import {
  condaFileNotUtf8,
  condaFileTooLarge,
  isNoFile,
  namesAnotherFile,
  namesNoJupyter,
  noCondaFile,
  noDependencies,
  unreadableCondaFile,
} from '../words/conda.js';

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
    throw noDependencies(file);
  }
  const elsewhere = lines.findIndex((line) => ELSEWHERE.test(line));
  if (elsewhere >= 0) {
    throw namesAnotherFile(file, elsewhere + 1, (lines[elsewhere] ?? '').trim());
  }
  if (check && !lines.some((line) => JUPYTER.test(line))) {
    throw namesNoJupyter(file);
  }
  return text;
}

/** Looks before it opens: a pipe would wait for ever. */
async function readSmall(file: string): Promise<string> {
  const facts = await stat(file).catch((error: unknown) => {
    throw unreadable(file, (error as NodeJS.ErrnoException).code);
  });
  if (!facts.isFile()) throw isNoFile(file);
  if (facts.size > LARGEST_BYTES) throw condaFileTooLarge(file);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw unreadable(file, (error as NodeJS.ErrnoException).code);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw condaFileNotUtf8(file);
  }
}

function unreadable(file: string, code = 'unknown error'): StartJupyterError {
  return code === 'ENOENT' ? noCondaFile(file) : unreadableCondaFile(file, code);
}
