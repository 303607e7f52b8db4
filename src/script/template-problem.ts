/** What is wrong with a template, or may be. */

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
