/** Container images, run by apptainer or singularity. */
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  bindNotHere,
  imageIsFetchedByJob,
  imageNotLookedAt,
  imageNotReadable,
  inImage,
  isNoImage,
  lookingIntoImage,
  noContainerProgram,
  noSuchForm,
  noSuchImage,
} from '../words/images.js';
import { directoryBinds } from './container-binds.js';
import { lookIntoImage } from './container-look.js';
import type { ImagePlan } from './environment-plan.js';
import { findOnPath } from './probe.js';
import type { ResolveContext, ResolvedEnvironment } from './resolve.js';

/** Images that apptainer fetches, in every version since Singularity 3.5. */
const REMOTE = /^(?:docker|library|oras):\/\/[^\s\p{Cc}]+$/u;

/** Of the environment outside, and of no use to who is inside (lib/container.sh takes out more). */
const OUTSIDE = ['CONDA_PREFIX', 'CONDA_DEFAULT_ENV', 'VIRTUAL_ENV', 'LANG', 'LC_ALL'];

/** What a person or a site's login scripts say to apptainer itself, and jobs do not get otherwise. Nothing secret. */
const FOR_APPTAINER = [
  'APPTAINER_BIND',
  'APPTAINER_BINDPATH',
  'APPTAINER_CACHEDIR',
  'APPTAINER_CONFIGDIR',
  'SINGULARITY_BIND',
  'SINGULARITY_BINDPATH',
  'SINGULARITY_CACHEDIR',
];

/**
 * Puts Jupyter into an image: what modules brought stays outside, with the program that runs the image.
 * @throws StartJupyterError 'no-image' without that program, or for an image that is not there; 'bad-directory' for a
 * directory that cannot be shown in it
 */
export async function enterImage(
  { image, binds, gpu }: ImagePlan,
  resolved: ResolvedEnvironment,
  context: ResolveContext,
): Promise<ResolvedEnvironment> {
  const remote = await isRemote(image);
  const { home, notebook } = context.directories;
  const real = { home: await realPath(home), notebook: await realPath(notebook) };
  const shown = [...new Set([...directoryBinds(context.directories, real), ...binds])];
  const container = await findContainer(image, resolved.env, context);
  const env = { ...resolved.env };
  for (const name of OUTSIDE) Reflect.deleteProperty(env, name);
  const given = FOR_APPTAINER.flatMap((name) => (env[name] ? [[`sj_${name}`, env[name]]] : []));
  const variables = {
    sj_container: container ?? '',
    sj_image: image,
    sj_image_gpu: gpu ?? '',
    sj_image_binds: shown.join('\n'),
    sj_image_home: home,
  };
  return {
    env,
    words: inImage(remote ? image : basename(image)),
    image,
    recorded: {
      ...resolved.recorded,
      ...variables,
      ...(Object.fromEntries(given) as Record<string, string>),
    },
    probe: async (signal) => {
      if (remote) return { notLooked: notLooked(image, container) };
      const here = await bindsThatAreHere(shown, context);
      context.doing(lookingIntoImage(basename(image)));
      return lookIntoImage({ ...env, ...variables, sj_image_binds: here.join('\n') }, image, context, signal);
    },
  };
}

/** Without symbolic links; a home may be missing here. */
async function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

/** Whether a registry has it; throws unless it is a form that there is, or a file or directory that can be read. */
async function isRemote(image: string): Promise<boolean> {
  if (REMOTE.test(image)) return true;
  if (!image.startsWith('/')) throw noSuchForm(image);
  const facts = await stat(image).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    throw missing ? noSuchImage(image) : imageNotLookedAt(image, code ?? 'unknown error');
  });
  if (!facts.isFile() && !facts.isDirectory()) throw isNoImage(image);
  const mode = facts.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK;
  await access(image, mode).catch(() => {
    throw imageNotReadable(image);
  });
  return false;
}

/** Undefined: not here, and nobody wants to check. */
async function findContainer(
  image: string,
  env: NodeJS.ProcessEnv,
  { check }: ResolveContext,
): Promise<string | undefined> {
  const found =
    (await findOnPath('apptainer', env['PATH'])) ?? (await findOnPath('singularity', env['PATH']));
  if (found !== undefined || !check) return found;
  throw noContainerProgram(image);
}

/** A node may have what is not here (its own disk), so that what is missing here is only a doubt. */
async function bindsThatAreHere(binds: readonly string[], context: ResolveContext): Promise<string[]> {
  const here = [];
  for (const bind of binds) {
    const [source = ''] = bind.split(':');
    const there = await stat(source).then(
      () => true,
      () => false,
    );
    if (there) here.push(bind);
    else context.warn(bindNotHere(source));
  }
  return here;
}

function notLooked(image: string, container = 'apptainer'): string {
  return imageIsFetchedByJob(image, basename(container), basename(image).replace(/[:@].*/, ''));
}
