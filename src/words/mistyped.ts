/** What is said of a command line that nobody can make sense of. */
import { StartJupyterError } from '../errors.js';

export function unknownCommand(word: string, meant: string): StartJupyterError {
  return new StartJupyterError('bad-option', `There is no command ${JSON.stringify(word)}.`, {
    hint: `Did you mean "start-jupyter ${meant}"?`,
  });
}

export function interfaceForTime(word: string): StartJupyterError {
  return new StartJupyterError('bad-option', `${JSON.stringify(word)} is no time but an interface.`, {
    hint: `It is chosen with -s: start-jupyter -s ${word.toLowerCase()}`,
  });
}

/** `command`: the words that lead to the command behind which it stands; empty for a launch. */
export function badCommandLine(said: string, command: string, suggestion?: string): StartJupyterError {
  return new StartJupyterError('bad-option', said, {
    hint: suggestion ?? `start-jupyter ${command === '' ? '' : `${command} `}--help lists the options.`,
  });
}
