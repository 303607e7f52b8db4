/** Which interface the job starts, from what the person asked for and what is installed. */
import { StartJupyterError } from '../errors.js';
import { majorVersion, type JupyterFound } from './probe.js';

export type Server = 'notebook' | 'jupyterlab';

export interface ServerChoice {
  server: Server;
  /** Said to the person when it is not what they would expect. */
  note?: string;
}

/** `asked`: by -s or by the template; `usual`: the system's default, which may give way to what is there. */
export function chooseServer(asked: Server | undefined, usual: Server, found: JupyterFound): ServerChoice {
  const { notebook, jupyterlab } = found.versions;
  const installed = { notebook: notebook !== undefined, jupyterlab: jupyterlab !== undefined };
  if (asked !== undefined) {
    if (!installed[asked]) throw missing(asked, found);
    return { server: asked };
  }
  const other: Server = usual === 'notebook' ? 'jupyterlab' : 'notebook';
  if (!installed[usual]) {
    if (!installed[other]) throw missing(usual, found);
    return { server: other, note: `${title(usual)} is not installed here: starting ${title(other)}.` };
  }
  // Notebook 6 does not check the origin of every request that changes something (SECURITY.md).
  if (usual === 'notebook' && majorVersion(notebook) < 7 && majorVersion(jupyterlab) >= 4) {
    return {
      server: 'jupyterlab',
      note: `Starting JupyterLab ${jupyterlab ?? ''}, which is safer than the Notebook ${notebook ?? ''} beside it (-s notebook to have that).`,
    };
  }
  return { server: usual };
}

/** The name that people know an interface by. */
export function title(server: Server): string {
  return server === 'notebook' ? 'Jupyter Notebook' : 'JupyterLab';
}

/** Where the interface starts: the path in the URL. */
export function startPath(server: Server): string {
  return server === 'notebook' ? 'tree' : 'lab';
}

function missing(server: Server, found: JupyterFound): StartJupyterError {
  const name = server === 'notebook' ? 'notebook' : 'jupyterlab';
  if (found.image !== undefined) {
    return new StartJupyterError('no-jupyter', `${title(server)} is not in the image ${found.image.path}.`, {
      hint: `Start the other one (-s notebook, -s lab), or build the image with it (pip install ${name}).`,
    });
  }
  return new StartJupyterError('no-jupyter', `${title(server)} is not installed with ${found.path}.`, {
    hint: `Install it there (pip install ${name}, or conda install ${name}), or activate an environment that has it.`,
  });
}
