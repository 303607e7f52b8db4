/** The real Lmod and the real Environment Modules of the test bed, and module files for them. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const FOLDER = '/var/tmp/start-jupyter-testbed/modules';

export interface ModuleSystem {
  system: string;
  /** scripts/testbed/modules.sh has put it there. */
  there: boolean;
  /** What its own set-up exports, and by which it is found. */
  own: { MODULESHOME: string };
}

export const moduleSystems: ModuleSystem[] = [
  { system: 'Environment Modules', home: join(FOLDER, 'environment-modules/usr/share/modules') },
  { system: 'Lmod', home: join(FOLDER, 'lmod/usr/share/lmod/lmod') },
].map(({ system, home }) => ({
  system,
  there: existsSync(join(home, 'init/bash')),
  own: { MODULESHOME: home },
}));

/** Writes a module file in Tcl, which both of them read; `lines` stand under its first line. */
export async function writeModule(folder: string, name: string, ...lines: string[]): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true });
  await writeFile(join(folder, name), ['#%Module1.0', ...lines, ''].join('\n'));
}
