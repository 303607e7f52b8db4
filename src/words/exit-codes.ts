/** The exit codes of both programs, and the closed list of error codes that lead to them. */

/** Exit codes of both programs; `start-jupyter help exit-codes` prints them from here. */
export const EXIT_CODES = {
  done: { code: 0, meaning: 'done' },
  unexpected: { code: 1, meaning: 'something that should not happen: please report it' },
  usage: { code: 2, meaning: 'an option or argument is wrong' },
  configuration: { code: 3, meaning: 'the configuration, a template or the choice of system is wrong' },
  environment: { code: 4, meaning: 'something is missing here: Jupyter, conda, a directory, a tool' },
  proxy: { code: 5, meaning: 'the proxy did not answer, could not be trusted or refused' },
  scheduler: { code: 6, meaning: 'the scheduler refused the job or could not be asked' },
  ended: { code: 7, meaning: 'the job has ended: before the notebook was ready, or by a failure' },
  waiting: { code: 8, meaning: 'the notebook is not ready yet (--timeout); the job goes on' },
  interrupted: {
    code: 130,
    meaning:
      'interrupted (Ctrl-C): a launch gives back what it took, or warns of what it could not; a wait leaves the job alone',
  },
} as const;

export type ExitKind = keyof typeof EXIT_CODES;

/** Which of them each error code leads to. */
export const KIND_OF_CODE = {
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
  'unknown-session': 'usage',
  'ambiguous-session': 'usage',
  'session-ended': 'usage',
  'not-extendable': 'usage',

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
  'no-browser': 'environment',
  'bad-record': 'environment',

  'proxy-unreachable': 'proxy',
  'proxy-untrusted': 'proxy',
  'proxy-refused': 'proxy',
  'proxy-unintelligible': 'proxy',
  'proxy-too-old': 'proxy',

  'scheduler-refused': 'scheduler',
  'scheduler-unreachable': 'scheduler',
  'extension-refused': 'scheduler',

  'job-failed': 'ended',

  'still-waiting': 'waiting',

  interrupted: 'interrupted',
} as const satisfies Record<string, ExitKind>;

export type ErrorCode = keyof typeof KIND_OF_CODE;
