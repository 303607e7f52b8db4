/** Whether a Jupyter server can listen at a Unix socket. */
import type { JupyterVersions } from './probe.js';
import type { Server } from '../script/call.js';

/** Notebook 6.1 and jupyter_server 1.10 brought it; what is not known does not. */
export function listensAtSockets({ notebook, jupyter_server }: JupyterVersions, server: Server): boolean {
  const ownServer = server === 'notebook' && atLeast(notebook, 1) && !atLeast(notebook, 7);
  return ownServer ? atLeast(notebook, 6, 1) : atLeast(jupyter_server, 1, 10);
}

function atLeast(version: string | undefined, major: number, minor = 0): boolean {
  const [isMajor = 0, isMinor = 0] = (version ?? '0').split('.').map((part) => Number.parseInt(part, 10));
  return isMajor > major || (isMajor === major && isMinor >= minor);
}
