/** What is said about opening a browser. */
import { StartJupyterError } from '../errors.js';
import { endedWords } from './following.js';
import { OPENS_BY_ITSELF, toStartAgain } from './next-steps.js';

export function opened(waits: boolean): string {
  return waits ? `Opened in your browser. ${OPENS_BY_ITSELF}` : 'Opened in your browser.';
}

export function noScreen(): StartJupyterError {
  return new StartJupyterError('no-browser', 'There is no browser on this machine that could be opened.', {
    hint: 'Open the link in the browser of your own computer. To see it: start-jupyter url',
  });
}

export function browserFailed(why: string): StartJupyterError {
  return new StartJupyterError('no-browser', `The browser could not be opened (${why}).`, {
    hint: 'Copy the link and open it in the browser of your own computer. The variable BROWSER can name another browser.',
  });
}

/** What the browser is given cannot be written. */
export function noPage(why: string): StartJupyterError {
  return new StartJupyterError(
    'no-browser',
    `The browser was not opened: the page for it cannot be written (${why}).`,
    { hint: 'Open the link by hand.' },
  );
}

/** There is no page behind the link before the notebook is ready. */
export function notReadyYet(id: string): StartJupyterError {
  return new StartJupyterError('no-browser', 'The notebook is not ready yet: there is nothing to open.', {
    hint: `To wait for it: start-jupyter wait ${id}`,
  });
}

export function hasEnded(cause: string, id: string): StartJupyterError {
  return new StartJupyterError('session-ended', endedWords(cause), {
    hint: toStartAgain(id),
  });
}

/** With SSH the link leads to the person's own computer. */
export function onOwnComputer(id: string): StartJupyterError {
  return new StartJupyterError('no-browser', 'This session is reached by ssh from your own computer.', {
    hint: `Run the command there that this prints, and open its link there: start-jupyter connect ${id}`,
  });
}
