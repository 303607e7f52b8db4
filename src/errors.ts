/**
 * The one error class of both programs. The closed list of its codes is in words/exit-codes.ts.
 *
 * A code names what happened, for programs and tests. The message says it to a person: what was wrong and
 * where. The hint says what would be right.
 */
import { EXIT_CODES, KIND_OF_CODE, type ErrorCode } from './words/exit-codes.js';

export type { ErrorCode };

export interface ErrorFacts {
  /** What the person can do about it: one or two sentences, or lines ready to paste. */
  hint?: string;
  /** What another program said, exactly as it came (the scheduler's own error text, for example). */
  detail?: string;
  cause?: unknown;
}

/** A message as a sentence: its parts come from many places, and some of them from other programs. */
export function sentence(text: string): string {
  const said = text.trim();
  return /[.!?…]$/.test(said) ? said : `${said}.`;
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An error that a person can act on. Anything else that is thrown is a bug and exits with 1. */
export class StartJupyterError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly detail: string | undefined;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'StartJupyterError';
    this.code = code;
    this.hint = facts.hint;
    this.detail = facts.detail;
  }

  /** The process's exit status for this error. */
  get exitCode(): number {
    return EXIT_CODES[KIND_OF_CODE[this.code]].code;
  }
}
