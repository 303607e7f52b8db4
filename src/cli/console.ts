/** What a person sees: the result on stdout, everything else on stderr. chalk and ora are used here alone. */
import type { ChalkInstance } from 'chalk';
import type { Ora } from 'ora';
import { shownControls, shownLines } from './command-line.js';
import type { Host } from './host.js';
import { noOutput } from '../words/results.js';
import { fitted } from './wrapped.js';

export interface Console {
  /** Says what is being done: a spinner on a terminal, which the next call takes away, else a line. */
  doing(text: string): void;
  /** What `doing` says stands in one place, and may be said anew each second. */
  readonly live: boolean;
  /** A fact worth a line: `System: expanse (...)`. */
  fact(label: string, text: string): void;
  /** A sentence. */
  say(text: string): void;
  warn(text: string): void;
  /** A line of `--info`: it was asked for, so it stands even with --quiet and --json. */
  info(line: readonly [label: string, text: string]): void;
  /** To stdout, as it is. Throws 'no-output' when it cannot be written: nobody would know the URL. */
  result(text: string | Uint8Array): Promise<void>;
  /** Takes the spinner away. */
  rest(): void;
}

/** Colours for a stream, or none: not a terminal, NO_COLOR (https://no-color.org), a dumb terminal. */
export async function paint(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Promise<ChalkInstance> {
  const { Chalk } = await import('chalk');
  const plain = !stream.isTTY || Boolean(env['NO_COLOR']) || env['TERM'] === 'dumb';
  return new Chalk({ level: plain ? 0 : 1 });
}

/** Asked for here: ora looks at CI, too. discardStdin would put the terminal into raw mode and swallow Ctrl-C. */
const SPINNER = { isEnabled: true, discardStdin: false } as const;

/** With `json` warnings and information are kept for the one object at the end. */
export async function createConsole(
  host: Host,
  { quiet: onlyResult = false, json = false }: { quiet?: boolean; json?: boolean },
): Promise<Console> {
  const { stdout, stderr, env, held } = host;
  const quiet = onlyResult || json;
  const colour = await paint(stderr, env);
  // A terminal that does not know its size says 0 columns, and ora then counts endless lines to wipe.
  const animated = stderr.isTTY && stderr.columns > 0 && env['TERM'] !== 'dumb' && !quiet;
  const ora = animated ? (await import('ora')).default : undefined;
  let spinner: Ora | undefined;
  const rest = (): void => {
    spinner?.stop();
    spinner = undefined;
  };
  const line = (text: string): void => {
    rest();
    stderr.write(`${text}\n`);
  };
  const labelled = (label: string, text: string): string =>
    `${colour.dim(`${label}:`)} ${shownControls(text)}`;
  return {
    live: ora !== undefined,
    doing(said) {
      // Beside the spinner and a blank.
      const text = fitted(shownControls(said), stderr, 2);
      if (spinner) spinner.text = text;
      else if (ora)
        spinner = ora({ ...SPINNER, text, stream: stderr, color: colour.level > 0 && 'cyan' }).start();
      else if (!quiet) line(`${text} ...`);
    },
    fact: (label, text) => {
      if (!quiet) line(labelled(label, text));
    },
    say: (text) => {
      if (!quiet) line(fitted(shownLines(text), stderr));
    },
    info([label, text]) {
      if (json) held.info[label] = text;
      else line(labelled(label, text));
    },
    warn(text) {
      if (json) held.warnings.push(text);
      else
        line(fitted(`Warning: ${shownLines(text)}`, stderr).replace('Warning:', colour.yellow('Warning:')));
    },
    async result(text) {
      rest();
      const error = await new Promise<Error | null | undefined>((resolve) => stdout.write(text, resolve));
      if (error) throw noOutput(error);
    },
    rest,
  };
}
