/** Which interface the job starts, from what the person asked for and what is installed. */
import type { StartJupyterError } from '../errors.js';
import {
  serverNotInImage,
  serverNotInstalled,
  startingTheOther,
  startingTheSafer,
} from '../words/jupyter.js';
import type { Server } from '../script/call.js';
import { majorVersion, type JupyterFound } from './probe.js';

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
    return { server: other, note: startingTheOther(usual, other) };
  }
  // Notebook 6 does not check the origin of every request that changes something (SECURITY.md).
  if (usual === 'notebook' && majorVersion(notebook) < 7 && majorVersion(jupyterlab) >= 4) {
    return {
      server: 'jupyterlab',
      note: startingTheSafer(jupyterlab ?? '', notebook ?? ''),
    };
  }
  return { server: usual };
}

/** Where the interface starts: the path in the URL. */
export function startPath(server: Server): string {
  return server === 'notebook' ? 'tree' : 'lab';
}

function missing(server: Server, found: JupyterFound): StartJupyterError {
  return found.image === undefined
    ? serverNotInstalled(server, found.path)
    : serverNotInImage(server, found.image.path);
}
