/** What every command is for, and examples of it: for its help, the man page and the completions. */
export interface CommandWords {
  /** For lists of commands: short, as what the command does. */
  summary: string;
  /** For its own help, where more can be said in a sentence. */
  about?: string;
  /** What else has to be known. */
  more?: string;
  /** A command line and what it does; the first word of the program is left out. */
  examples: readonly (readonly [line: string, does: string])[];
  /** What other programs call it, and people who know those. */
  alsoCalled?: readonly string[];
}

/** The launch itself, which is no command. */
export const LAUNCH: CommandWords = {
  summary: 'Starts Jupyter on this cluster and gives you a secure link to it.',
  more: `Every option may also be set as a variable, such as START_JUPYTER_PARTITION=debug.
More: start-jupyter help COMMAND, or help exit-codes, environment, files`,
  examples: [
    ['-p debug -t 30', '30 minutes in the partition debug'],
    ['-A abc123 -g 1 2h30m', 'a GPU for two and a half hours'],
    ['-s lab -d ~/course', 'JupyterLab, showing the folder ~/course'],
    ['--dry-run -i', 'what would be done, and why'],
  ],
};

const SESSION_COMMANDS = {
  list: {
    summary: 'lists your sessions, and how long they still last',
    about: 'lists your sessions: what they do, and how long they still last',
    examples: [
      ['list', 'those that wait or run, and those of the last day'],
      ['list --all', 'all that are known, up to a month back'],
      ['list --json', 'for scripts'],
    ],
    alsoCalled: ['ls', 'ps', 'sessions', 'jobs', 'queue'],
  },
  status: {
    summary: 'says how a session is, or what became of it',
    examples: [
      ['status', 'the newest one'],
      ['status 4711', 'the one of job 4711'],
      ['status wise-apple-photo', 'the one of this link'],
    ],
    alsoCalled: ['stat', 'show', 'info'],
  },
  url: {
    summary: 'prints the link of a session again',
    examples: [
      ['url', 'of the newest one'],
      ['url 4711', 'of the one of job 4711'],
    ],
    alsoCalled: ['link', 'token'],
  },
  open: {
    summary: 'opens a session in the browser of this machine',
    examples: [
      ['open', 'the newest one'],
      ['open 4711', 'the one of job 4711'],
    ],
    alsoCalled: ['browser'],
  },
  logs: {
    summary: 'prints the end of a session’s log',
    examples: [
      ['logs', 'of the newest one'],
      ['logs -f', 'and goes on as it grows, until the session has ended'],
      ['logs 4711 -n 200', 'the last 200 lines of the one of job 4711'],
    ],
    alsoCalled: ['tail', 'output'],
  },
  stop: {
    summary: 'ends sessions: cancels jobs, gives links back',
    about: 'ends sessions: cancels their jobs and gives their links back',
    examples: [
      ['stop', 'the one that there is'],
      ['stop 4711 wise-apple', 'these two'],
      ['stop --all', 'all that wait or run'],
    ],
    alsoCalled: ['cancel', 'kill', 'end', 'quit', 'delete', 'scancel', 'qdel'],
  },
  wait: {
    summary: 'waits until a session is ready, or has ended',
    about: 'waits until a session is ready, or has ended, and says what it does meanwhile',
    examples: [
      ['wait', 'until the newest one answers'],
      ['wait --timeout 10m', 'no longer than ten minutes'],
      ['wait --until ended', 'until it is over, with a word before the end of its time'],
    ],
    alsoCalled: ['follow', 'watch'],
  },
  again: {
    summary: 'launches anew with the options of an earlier one',
    about: 'launches anew with the options of an earlier session',
    more: 'The options of a launch may stand behind it: they take the place of the earlier ones.',
    examples: [
      ['again', 'as the newest one'],
      ['again 4711 -t 2h', 'as the one of job 4711, but for two hours'],
    ],
    alsoCalled: ['restart', 'rerun', 'resubmit', 'relaunch', 'repeat'],
  },
  clean: {
    summary: 'removes what is left of sessions long over',
    about: 'removes what is left of sessions that ended more than a month ago',
    examples: [
      ['clean', 'those of more than a month ago'],
      ['clean --all', 'all that have ended'],
      ['clean --dry-run', 'says what it would remove'],
    ],
    alsoCalled: ['prune', 'purge', 'remove', 'rm'],
  },
  connect: {
    summary: 'prints the ssh command where there is no proxy',
    about: 'prints the ssh command and the link for your own computer, where there is no proxy',
    examples: [
      ['connect', 'of the newest session'],
      ['connect --local-port 9000', 'with another port of your own computer'],
    ],
    alsoCalled: ['ssh', 'tunnel', 'forward', 'reconnect', 'attach'],
  },
  extend: {
    summary: 'asks your site for more time for a session',
    examples: [
      ['extend 1h', 'an hour more for the session that there is'],
      ['extend 30 4711', 'half an hour more for the one of job 4711'],
    ],
    alsoCalled: ['prolong', 'lengthen'],
  },
} as const satisfies Record<string, CommandWords>;

export type SessionCommandName = keyof typeof SESSION_COMMANDS;

/** By the words that call it. */
const LAUNCH_COMMANDS = {
  templates: {
    summary: 'lists the job templates that -b knows',
    about: 'lists the job templates that -b knows, and where they are',
    examples: [
      ['templates', 'those of this system first'],
      ['templates copy jupyterlab my-lab', 'a copy of your own, to be changed'],
      ['-b my-lab', 'starts it'],
    ],
  },
  'templates show': {
    summary: 'prints a template',
    examples: [['templates show jupyterlab', 'the one that a launch with -s lab uses']],
  },
  'templates copy': {
    summary: 'copies a template, to be changed',
    examples: [
      ['templates copy jupyterlab my-lab', 'into your own folder, as my-lab'],
      ['templates copy notebook ./job.sh', 'into this file'],
    ],
  },
  'templates check': {
    summary: 'says what is wrong with a template of your own',
    examples: [
      ['templates check my-lab', 'one in your own folder'],
      ['templates check ./job.sh', 'one that is anywhere'],
    ],
  },
  profiles: {
    summary: 'lists the sets of options that --profile knows',
    examples: [
      ['profiles', 'those that are offered to you here'],
      ['--profile astro', 'launches with the one called astro'],
    ],
  },
  doctor: {
    summary: 'looks at everything that a launch needs',
    about: 'looks at everything that a launch needs, and says how to mend what is wrong',
    more: 'The options of a launch may stand behind it: what they name is looked at then.',
    examples: [
      ['doctor', 'what a launch without options would need'],
      ['doctor -p gpu --conda-env astro', 'a partition and a conda environment as well'],
    ],
    alsoCalled: ['check', 'test', 'diagnose'],
  },
  help: {
    summary: 'explains a command or a topic',
    examples: [
      ['help stop', 'the command stop'],
      ['help exit-codes', 'what the exit status tells a script'],
      ['help environment', 'the variables that are looked at, and what beats what'],
      ['help files', 'the files and folders that there are'],
    ],
  },
} as const satisfies Record<string, CommandWords>;

/** Every command by the words that call it; '' is the launch. */
export const COMMANDS: Readonly<Record<string, CommandWords>> = {
  '': LAUNCH,
  ...SESSION_COMMANDS,
  ...LAUNCH_COMMANDS,
};

/** The titles under which the program's help lists them. */
export const COMMAND_GROUPS = { sessions: 'Your sessions:', launch: 'Before and beside a launch:' } as const;
