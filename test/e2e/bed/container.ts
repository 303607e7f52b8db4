/** The stand-in for apptainer in a folder of a user's, and the bed's images. */
import { chmodSync, copyFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { theBed } from './bed.js';
import { jupyterPath } from './launches.js';
import { standIns, type StandIns } from './stand-ins.js';
import type { User } from './users.js';

/** Besides the stand-in there is Debian's Notebook 6 on this PATH: what an image's Jupyter must not be taken for. */
export function withContainers(of: User, name: 'apptainer' | 'singularity'): StandIns {
  const programs = standIns(of, jupyterPath('notebook6'));
  const file = join(programs.folder, name);
  copyFileSync(fileURLToPath(new URL('stand-in-apptainer.py', import.meta.url)), file);
  chmodSync(file, 0o755);
  return programs;
}

/** The image that has no Jupyter. */
export function bareImage(): string {
  return join(dirname(theBed().image), 'bare');
}
