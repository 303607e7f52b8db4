/** What is said of container images. */
import { sentence, StartJupyterError } from '../errors.js';

function noImage(message: string, hint: string): StartJupyterError {
  return new StartJupyterError('no-image', message, { hint });
}

/** For a bracket. */
export function inImage(image: string): string {
  return `image ${image}`;
}

export function lookingIntoImage(image: string): string {
  return `Looking into the image ${image}`;
}

const FORMS = 'An image is a file (.sif), a directory, docker://NAME:TAG, library://… or oras://….';

export function noSuchForm(image: string): StartJupyterError {
  return noImage(`There are no images of the form ${JSON.stringify(image)}.`, FORMS);
}

export function noSuchImage(image: string): StartJupyterError {
  return noImage(`There is no image ${JSON.stringify(image)}.`, FORMS);
}

export function imageNotLookedAt(image: string, why: string): StartJupyterError {
  return noImage(`The image ${JSON.stringify(image)} cannot be looked at (${why}).`, 'Whose is it?');
}

export function isNoImage(path: string): StartJupyterError {
  return noImage(`${JSON.stringify(path)} is no image.`, FORMS);
}

export function imageNotReadable(image: string): StartJupyterError {
  return noImage(
    `The image ${JSON.stringify(image)} may not be read by you.`,
    'Its owner can change that: chmod a+r.',
  );
}

export function noContainerProgram(image: string): StartJupyterError {
  return noImage(
    `Neither apptainer nor singularity is on your PATH, and one of them has to run the image ${JSON.stringify(image)}.`,
    [
      'Often a module brings it: module load apptainer (or singularity; "module avail" lists what there is). Then try again.',
      'If only the compute nodes have it: --no-check.',
    ].join('\n'),
  );
}

export function bindNotHere(source: string): string {
  return `There is no ${source} on this machine: if the node has none either, the job ends.`;
}

/** `program`: what runs images here; `name`: the image's, for a file of it. */
export function imageIsFetchedByJob(image: string, program: string, name: string): string {
  return [
    `The image ${image} is not looked into: the job fetches it, which can take long, and fails where nodes have no way out.`,
    `To fetch it once and for all: ${program} pull ${name}.sif ${image}, and then --image ${name}.sif.`,
  ].join('\n');
}

// What is inside.

const BY_HAND = 'Try the same by hand: apptainer exec IMAGE jupyter --version.';

export function imageTooSlow(image: string, minutes: number): StartJupyterError {
  return noImage(`The image ${JSON.stringify(image)} did not start within ${minutes} minutes.`, BY_HAND);
}

export function imageNotStarted(image: string, detail: string): StartJupyterError {
  return new StartJupyterError('no-image', `The image ${JSON.stringify(image)} could not be started.`, {
    detail,
    hint: BY_HAND,
  });
}

export function noJupyterInImage(image: string): StartJupyterError {
  return new StartJupyterError(
    'no-jupyter',
    `There is no "jupyter" on the PATH of the image ${JSON.stringify(image)}.`,
    {
      hint: 'Jupyter runs inside the image, so it has to be installed there: pip install jupyterlab notebook, where the image is built.',
    },
  );
}

export function jupyterNotWorkingInImage(image: string, path: string, why: string): StartJupyterError {
  return new StartJupyterError(
    'no-jupyter',
    `${path} is in the image ${JSON.stringify(image)} but does not work: ${sentence(why)}`,
    { hint: 'It has to be mended where the image is built.' },
  );
}

// What is shown inside.

export function badBind(option: string, text: string, why: string): StartJupyterError {
  return new StartJupyterError('bad-option', `${option} cannot have ${JSON.stringify(text)}: ${why}.`, {
    hint: 'What there is: --bind /path, --bind /path:/inside, --bind /path:/inside:ro; several times for several paths.',
  });
}

export const BAD_BIND = {
  unsayable: 'a comma, a double quote, a backslash or a line break in a path cannot be said to apptainer',
  colon: 'a path with a colon cannot be said to apptainer',
  empty: 'there is no path before the colon',
  unsayablePath: (path: string) => `the path in full, ${JSON.stringify(path)}, cannot be said to apptainer`,
  notInside: (inside: string) =>
    `${JSON.stringify(inside)} is no place inside the image, as it does not begin with /`,
  mode: (mode: string) => `the last part has to be ro (read only) or rw, not ${JSON.stringify(mode)}`,
} as const;

export function notShownInImage(directory: string, why: keyof typeof NOT_SHOWN): StartJupyterError {
  return new StartJupyterError(
    'bad-directory',
    `The directory ${JSON.stringify(directory)} cannot be shown inside an image: ${NOT_SHOWN[why]}.`,
    { hint: 'Name another directory with --dir, one below it for example.' },
  );
}

const NOT_SHOWN = {
  unsayable: 'a comma, colon, double quote, backslash or line break in a path cannot be said to apptainer',
  hiding: 'it would hide the image’s own',
} as const;
