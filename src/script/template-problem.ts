/** What is wrong with a template, or may be. */
import { StartJupyterError } from '../errors.js';

export interface TemplateProblem {
  /** `error`: it does not work, a launch refuses it. `warning`: it may be meant otherwise. */
  severity: 'error' | 'warning';
  /** From 1; absent: the whole file. */
  line?: number;
  /** Goes on where "line 3" ends: `has a NUL character`. */
  what: string;
  hint?: string;
}

/** @param line from 1; undefined when it is about the whole file */
export function wrong(line: number | undefined, what: string, hint?: string): TemplateProblem {
  return {
    severity: 'error',
    ...(line === undefined ? {} : { line }),
    what,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** The same for what may be meant so. */
export function doubtful(line: number | undefined, what: string, hint?: string): TemplateProblem {
  return { ...wrong(line, what, hint), severity: 'warning' };
}

/** @param file as it shall be named; @param more whether it has other mistakes as well */
export function badTemplate(
  file: string,
  { line, what, hint }: Omit<TemplateProblem, 'severity'>,
  more = false,
): StartJupyterError {
  const where = line === undefined ? file : `${file}, line ${line}:`;
  const others = more ? ['There is more: start-jupyter templates check says everything that is wrong.'] : [];
  const hints = [...(hint === undefined ? [] : [hint]), ...others];
  return new StartJupyterError(
    'bad-template',
    `The template ${where} ${what}`,
    hints.length === 0 ? {} : { hint: hints.join('\n') },
  );
}
