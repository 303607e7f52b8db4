/**
 * The one error class of both programs, the closed list of its codes, and the exit codes they lead to.
 *
 * A code names what happened, for programs and tests. The message says it to a person: what was wrong and
 * where. The hint says what would be right.
 */

/** Exit codes of both programs; `start-jupyter help exit-codes` prints them from here. */
export const EXIT_CODES = {
  done: { code: 0, meaning: 'done' },
  unexpected: { code: 1, meaning: 'something that should not happen: please report it' },
  usage: { code: 2, meaning: 'an option or argument is wrong' },
  configuration: { code: 3, meaning: 'the configuration, a template or the choice of system is wrong' },
  environment: { code: 4, meaning: 'something is missing here: Jupyter, conda, a directory, a tool' },
  proxy: { code: 5, meaning: 'the proxy did not answer, could not be trusted or refused' },
  scheduler: { code: 6, meaning: 'the scheduler refused the job or could not be asked' },
  interrupted: {
    code: 130,
    meaning: 'interrupted (Ctrl-C); what was taken was given back, or a warning says what was not',
  },
} as const;

export type ExitKind = keyof typeof EXIT_CODES;

const KIND_OF_CODE = {
  unexpected: 'unexpected',
  'no-output': 'unexpected',

  'bad-option': 'usage',
  'bad-time': 'usage',
  'time-over-limit': 'usage',
  'unknown-partition': 'usage',
  'account-required': 'usage',
  'unknown-template': 'usage',
  'unknown-profile': 'usage',
  'profile-not-offered': 'usage',
  'locked-option': 'usage',
  'not-here': 'usage',

  'bad-configuration': 'configuration',
  'unknown-system': 'configuration',
  'bad-template': 'configuration',
  'bad-certificate': 'configuration',
  'address-in-use': 'configuration',

  'no-jupyter': 'environment',
  'no-conda': 'environment',
  'no-modules': 'environment',
  'no-image': 'environment',
  'bad-directory': 'environment',
  'unsafe-directory': 'environment',
  'bad-store': 'environment',
  'no-tool': 'environment',
  'unsupported-platform': 'environment',
  'job-failed': 'environment',

  'proxy-unreachable': 'proxy',
  'proxy-untrusted': 'proxy',
  'proxy-refused': 'proxy',
  'proxy-unintelligible': 'proxy',
  'proxy-too-old': 'proxy',

  'scheduler-refused': 'scheduler',
  'scheduler-unreachable': 'scheduler',

  interrupted: 'interrupted',
} as const satisfies Record<string, ExitKind>;

export type ErrorCode = keyof typeof KIND_OF_CODE;

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
