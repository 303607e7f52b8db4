/**
 * What is wrong within a template, or may be. A pair is both: what is so, going on where "line 3" ends, and what would be
 * right.
 */

type Wrong = [what: string, hint: string];

const SMALLEST = `The least that works:
#!/bin/bash
start_session jupyterlab`;

const ALONE =
  'It stands alone on its line, as the last command: start_session jupyterlab, start_session notebook, or start_session (then -s or the system chooses).';

/** A launch refuses it. */
export const MISTAKES = {
  empty: ['is empty', SMALLEST] satisfies Wrong,
  nul: 'has a NUL character: this is no script',
  notUtf8: ['is not UTF-8 text', 'iconv -f latin1 -t utf8 converts a file.'] satisfies Wrong,
  windows: [
    'ends its lines as Windows does (CRLF)',
    `sed -i 's/\\r$//' FILE takes the carriage returns out.`,
  ] satisfies Wrong,
  notBash: ['does not start as a bash script', 'The first line has to be: #!/bin/bash'] satisfies Wrong,
  unknownValue: (name: string, known: readonly string[]): Wrong => [
    `leaves {{${name}}} open, which is not known`,
    `There are ${known.map((value) => `{{${value}}}`).join(' and ')}.`,
  ],
  quotedValue: (name: string): Wrong => [
    `has {{${name}}} within a here-document or quotes`,
    'Give it to a variable before.',
  ],
  strayValue: (stray: string): Wrong => [
    `has ${stray} where it is not the whole value of a variable`,
    `Write name=${stray.replaceAll(/\s/g, '')} on a line of its own, and "$name" where it is needed.`,
  ],
  lateDirective: (text: string, command: number): Wrong => [
    `has a directive that the scheduler does not read: ${text}`,
    `It stops at the first command (line ${command}). Move the directive above it, or make it a comment (##).`,
  ],
  array: (text: string): Wrong => [
    `asks for an array of jobs, and a session is one job: ${text}`,
    'Take it out.',
  ],
  again: (first: number): Wrong => [
    `calls start_session once more (first on line ${first})`,
    'It never returns: one call is enough.',
  ],
  mixed: (text: string, call: number): Wrong => [
    `has ${text} beside start_session (line ${call})`,
    'start_session stands for these lines: take one of the two.',
  ],
  quotedCall: 'has start_session within a here-document or quotes, where it is no command',
  nothingStarts: [
    'has neither start_session nor a line session_dir={{session_dir}}: it starts nothing',
    SMALLEST,
  ] satisfies Wrong,
  inBlock: [
    'has a start_session that stands within a function, a condition, a loop or brackets',
    ALONE,
  ] satisfies Wrong,
  continued: ['has a start_session that belongs to the command on the line before', ALONE] satisfies Wrong,
  noServer: (server: string): Wrong => [`calls start_session with ${server}, which is no server`, ALONE],
  notAlone: ['has a start_session that is not the whole line', ALONE] satisfies Wrong,
  afterCall: (call: number): Wrong => [
    `never runs, because start_session (line ${call}) does not return`,
    'Move it above start_session.',
  ],
  earlyEnd: (command: string, start: number) =>
    `ends the script (${command}) before the session starts on line ${start}`,
} as const;

/** It may be meant so. */
export const DOUBTS = {
  comment: (text: string, name: string): Wrong => [
    `is only a comment: ${text}`,
    `A directive begins with #${name}.`,
  ],
  strict: (text: string): Wrong => [
    `makes bash end at the first failure: ${text}`,
    'What module and conda do inside often fails a little, and the job would end without a word of why.',
  ],
  output: 'sends the output elsewhere: what happens then is not in the session’s job.log',
  conda: [
    'calls conda activate, which a job’s bash does not know by itself',
    'Before it: eval "$(conda shell.bash hook)". Or leave it to start-jupyter: --conda-env NAME.',
  ] satisfies Wrong,
  server: 'sets server, which start_session does itself: it has no effect',
  neverRuns: [
    'never runs run.sh of the session, as far as can be seen',
    'The last line has to be: source "$session_dir/run.sh"',
  ] satisfies Wrong,
  afterRun: (line: number) => `never runs, because run.sh (line ${line}) does not return`,
} as const;

/** A file that cannot be read as a template. */
export const UNREADABLE_TEMPLATE = {
  folder: 'is a directory',
  special: 'is not an ordinary file',
  large: 'is larger than 1 MiB',
  closed: (why: string) => `cannot be read (${why})`,
} as const;
