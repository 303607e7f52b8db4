/** What is said of Jupyter itself: which interface there is, and which is started. */
import { StartJupyterError } from '../errors.js';
import type { Server } from '../script/call.js';

/** The name that people know an interface by. */
export function title(server: Server): string {
  return server === 'notebook' ? 'Jupyter Notebook' : 'JupyterLab';
}

export function startingTheOther(usual: Server, other: Server): string {
  return `${title(usual)} is not installed here: starting ${title(other)}.`;
}

/** The versions of both. */
export function startingTheSafer(jupyterlab: string, notebook: string): string {
  return `Starting JupyterLab ${jupyterlab}, which is safer than the Notebook ${notebook} beside it (-s notebook to have that).`;
}

export function serverNotInImage(server: Server, image: string): StartJupyterError {
  return new StartJupyterError('no-jupyter', `${title(server)} is not in the image ${image}.`, {
    hint: `Start the other one (-s notebook, -s lab), or build the image with it (pip install ${server}).`,
  });
}

/** `path`: the Jupyter that is there. */
export function serverNotInstalled(server: Server, path: string): StartJupyterError {
  return new StartJupyterError('no-jupyter', `${title(server)} is not installed with ${path}.`, {
    hint: `Install it there (pip install ${server}, or conda install ${server}), or activate an environment that has it.`,
  });
}
