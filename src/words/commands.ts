/** What every command is for, in a line, and examples of it, for its help and the man page. */
export interface CommandWords {
  summary: string;
  /** A command line and what it does; the first word of the program is left out. */
  examples: readonly (readonly [line: string, does: string])[];
}

export const SESSION_COMMANDS = {
  list: {
    summary: 'lists your sessions: what they do, and how long they still last',
    examples: [
      ['list', 'those that wait or run, and those of the last day'],
      ['list --all', 'all that are known, up to a month back'],
      ['list --json', 'for scripts'],
    ],
  },
  status: {
    summary: 'says how one session is, and what became of it',
    examples: [
      ['status', 'the newest one'],
      ['status 4711', 'the one of job 4711'],
      ['status wise-apple-photo', 'the one of this link'],
    ],
  },
  url: {
    summary: 'prints the link of a session again',
    examples: [
      ['url', 'of the newest one'],
      ['url 4711', 'of the one of job 4711'],
    ],
  },
  open: {
    summary: 'opens a session in the browser of this machine',
    examples: [['open', 'the newest one']],
  },
  logs: {
    summary: 'prints the end of a session’s log',
    examples: [
      ['logs', 'of the newest one'],
      ['logs -f', 'and goes on as it grows, until the session has ended'],
      ['logs 4711 -n 200', 'the last 200 lines of the one of job 4711'],
    ],
  },
  stop: {
    summary: 'ends sessions: cancels their jobs and gives their links back',
    examples: [
      ['stop', 'the one that there is'],
      ['stop 4711 wise-apple', 'these two'],
      ['stop --all', 'all that wait or run'],
    ],
  },
  wait: {
    summary: 'waits until a session is ready, or has ended, and says what it does meanwhile',
    examples: [
      ['wait', 'until the newest one answers'],
      ['wait --timeout 10m', 'no longer than ten minutes'],
      ['wait --until ended', 'until it is over, with a word before the end of its time'],
    ],
  },
  again: {
    summary: 'launches anew with the options of an earlier session',
    examples: [
      ['again', 'as the newest one'],
      ['again 4711 -t 2h', 'as the one of job 4711, but for two hours'],
    ],
  },
  clean: {
    summary: 'removes what is left of sessions that ended more than a month ago',
    examples: [
      ['clean', 'those of more than a month ago'],
      ['clean --all', 'all that have ended'],
      ['clean --dry-run', 'says what it would remove'],
    ],
  },
  connect: {
    summary: 'prints the ssh command and the link for your own computer, where there is no proxy',
    examples: [
      ['connect', 'of the newest session'],
      ['connect --local-port 9000', 'with another port of your own computer'],
    ],
  },
  extend: {
    summary: 'asks your site for more time for a session',
    examples: [
      ['extend 1h', 'an hour more for the session that there is'],
      ['extend 30 4711', 'half an hour more for the one of job 4711'],
    ],
  },
} as const satisfies Record<string, CommandWords>;

export type SessionCommandName = keyof typeof SESSION_COMMANDS;
