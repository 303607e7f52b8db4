/** Under which names Jupyter's options have to be given, so that they hold and nothing is said twice. */
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { majorVersion, type JupyterFound } from './probe.js';
import type { Server } from '../script/call.js';

/**
 * The one class that the server reads: `NotebookApp` (Notebook 6) or `ServerApp` (jupyter_server 2). Undefined: the
 * server is not known, or a person's own configuration may speak to any of the others.
 */
export type Family = 'NotebookApp' | 'ServerApp' | undefined;

/** Every class that gives options to one of the servers. */
const ALL_CLASSES = ['ServerApp', 'NotebookApp', 'LabApp', 'JupyterNotebookApp'] as const;

/** For the job, which gives address and port on the command line. */
export function optionClasses(family: Family): readonly string[] {
  return family === undefined ? ALL_CLASSES : [family];
}

/**
 * Newer servers write a warning for each option of an older class, sixty lines at every start. So the others are named
 * only where configuration files could name them too: those are read in spite of `--config`, and the other
 * classes' options are copied over ServerApp's (seen with JupyterLab 4.6 and Notebook 7.6).
 */
export async function optionFamily(
  { path, versions, image }: JupyterFound,
  server: Server,
  env: NodeJS.ProcessEnv,
): Promise<Family> {
  if (server === 'notebook' && majorVersion(versions.notebook) === 6) return 'NotebookApp';
  if (majorVersion(versions.jupyter_server) < 2) return undefined;
  // Those of an image are inside it: they were looked for when it was asked.
  if (image?.configured ?? (await hasOwnConfiguration(path, env))) return undefined;
  return 'ServerApp';
}

/** In every folder that jupyter_core looks into: the person's, the environment's, the machine's. */
async function hasOwnConfiguration(jupyter: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const home = env['HOME'] ?? homedir();
  const folders = [
    env['JUPYTER_CONFIG_DIR'] ?? join(home, '.jupyter'),
    ...(env['JUPYTER_CONFIG_PATH'] ?? '').split(delimiter).filter(Boolean),
    ...[join(home, '.local'), dirname(dirname(jupyter)), '/usr/local', '/'].map((at) =>
      join(at, 'etc/jupyter'),
    ),
  ];
  const names = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
  return names.flat().some((name) => /^jupyter_(\w+_)?config\.(py|json)$/.test(name));
}
