/** Looks into an image on this machine: which Jupyter is in it, asked in the way in which the job starts it. */
import { join } from 'node:path';
import type { StartJupyterError } from '../errors.js';
import { failureOf, run, type RunResult } from '../platform/process.js';
import {
  imageNotStarted,
  imageTooSlow,
  jupyterNotWorkingInImage,
  noJupyterInImage,
} from '../words/images.js';
import { interrupted } from '../words/interrupted.js';
import { lastLine, PACKAGES, parseVersions, versionsOfListing, type JupyterFound } from './probe.js';
import type { ResolveContext } from './resolve.js';

/** Without a kernel that mounts images for its users, apptainer unpacks them at each start. */
const TIMEOUT_MS = 300_000;

/** Status of look_for_jupyter in batch-templates/lib/inside.sh. */
const NO_JUPYTER = 43;

/** The versions, and whether configuration files are read that could name options of any class (family.ts). */
const QUESTION = `
import importlib.metadata as m, json, os, re
out = {}
for name in ${JSON.stringify(PACKAGES)}:
    try: out[name] = m.version(name)
    except m.PackageNotFoundError: pass
from jupyter_core.paths import jupyter_config_path
names = [name for folder in jupyter_config_path() if os.path.isdir(folder) for name in os.listdir(folder)]
out["configured"] = any(re.match(r"jupyter_(\\w+_)?config\\.(py|json)$", name) for name in names)
print(json.dumps(out))
`;

/**
 * `env` has the variables of login/image.sh.
 * @throws StartJupyterError 'no-image' when the image does not start, 'no-jupyter' when there is none in it
 */
export async function lookIntoImage(
  env: NodeJS.ProcessEnv,
  image: string,
  { packageFolder }: Pick<ResolveContext, 'packageFolder'>,
  signal?: AbortSignal,
): Promise<{ found: JupyterFound }> {
  const script = join(packageFolder, 'batch-templates', 'login', 'image.sh');
  const quiet = { ...env };
  for (const name of ['BASH_ENV', 'ENV']) Reflect.deleteProperty(quiet, name);
  const options = { env: quiet, cwd: '/', timeoutMs: TIMEOUT_MS, ...(signal ? { signal } : {}) };
  const result = await run('/bin/bash', [script, QUESTION], options);
  if (result.aborted) throw interrupted();
  const path = /^start-jupyter: (\/.*)$/m.exec(result.stdout)?.[1];
  if (path === undefined)
    throw result.exitCode === NO_JUPYTER ? noJupyterInImage(image) : notStarted(image, result);
  if (result.exitCode !== 0) throw jupyterNotWorkingInImage(image, path, lastLine(failureOf(path, result)));
  const { configured, ...versions } = (parseVersions(result) ??
    versionsOfListing(result.stdout)) as ReturnType<typeof versionsOfListing> & { configured?: boolean };
  return { found: { path, versions, image: { path: image, configured: configured ?? true } } };
}

function notStarted(image: string, result: RunResult): StartJupyterError {
  if (result.timedOut) return imageTooSlow(image, TIMEOUT_MS / 60_000);
  return imageNotStarted(image, failureOf('apptainer', result));
}
