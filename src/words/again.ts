/** What `again` says. */
import { StartJupyterError } from '../errors.js';

/** `instead`: a command line. */
export function noOptionsKept(what: string, instead: string): StartJupyterError {
  return new StartJupyterError(
    'bad-record',
    `Nobody wrote down with which options ${what} was launched: an older start-jupyter did it.`,
    { hint: `Launch it with what is known of it, and your other options: ${instead}` },
  );
}

/** `options`: those whose paths count from the folder. */
export function launchFolderGone(
  folder: string,
  options: readonly string[],
  cause: unknown,
): StartJupyterError {
  const [first = ''] = options;
  return new StartJupyterError(
    'bad-directory',
    `The folder in which it was launched cannot be found any more: ${JSON.stringify(folder)}.`,
    {
      cause,
      hint: `What it said of ${options.join(', ')} counts from there. Say it anew: start-jupyter again ${first} …`,
    },
  );
}

export function launchedAgain(line: string): string {
  return `again: ${line}`;
}

/** An option that this version does not have. */
export function optionsLeftOut(names: readonly string[]): string {
  return `Left out, because this start-jupyter does not know it: ${names.join(', ')}.`;
}
