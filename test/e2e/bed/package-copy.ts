/** The package as a user has it: what `npm pack` makes, unpacked, read-only, without node_modules. */
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { theBed } from './bed.js';

export interface PackageCopy {
  folder: string;
  /** The programs' command lines, to which arguments are added. */
  launcher: string[];
  proxy: string[];
  /** Deletes the copy: a job that was submitted must not need it. */
  remove(): void;
}

const copies = new Set<string>();

/** A copy of its own, root's, so that users cannot write to it. Deleted at the latest after the test file. */
export function packageCopy(): PackageCopy {
  const above = mkdtempSync('/var/tmp/start-jupyter-copy-');
  copies.add(above);
  chmodSync(above, 0o755);
  const folder = join(above, 'package');
  cpSync(theBed().package, folder, { recursive: true });
  const remove = () => rmSync(above, { recursive: true, force: true });
  return { folder, ...programsIn(folder), remove };
}

/** The programs of the master copy, for what needs no copy of its own. */
export function masterPrograms(): Pick<PackageCopy, 'launcher' | 'proxy'> {
  return programsIn(theBed().package);
}

function programsIn(folder: string) {
  const program = (name: string) => [theBed().node, join(folder, 'bin', name)];
  return { launcher: program('start-jupyter.js'), proxy: program('start-jupyter-proxy.js') };
}

afterAll(() => {
  for (const above of copies) rmSync(above, { recursive: true, force: true });
});
