/** Programs that stand before the real ones on a user's PATH and take their time. */
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { until } from './processes.js';
import type { User } from './users.js';

export interface StandIns {
  folder: string;
  /** This folder first, then the real programs. */
  path: string;
  /**
   * Puts a program there: a bash script, in which `mark NAME TEXT` leaves a note for {@link noted} and $path is the PATH
   * without this folder.
   */
  add(name: string, script: string): void;
  /** The text of a note, as soon as it is there. */
  noted(name: string, limitMs?: number): Promise<string>;
}

const folders = new Set<string>();

/** A folder for one user's stand-ins. Deleted after the test file. */
export function standIns(of: User, path = '/usr/bin:/bin'): StandIns {
  const folder = mkdtempSync('/var/tmp/start-jupyter-stand-ins-');
  folders.add(folder);
  chownSync(folder, of.uid, of.gid);
  chmodSync(folder, 0o755);
  const note = (name: string) => join(folder, `${name}.note`);
  return {
    folder,
    path: `${folder}:${path}`,
    add(name, script) {
      const file = join(folder, name);
      const mark = `mark() { printf '%s' "$2" >"${folder}/.$1" && mv "${folder}/.$1" "${folder}/$1.note"; }`;
      writeFileSync(file, `#!/bin/bash\n${mark}\npath=${path}\n${script}\n`);
      chmodSync(file, 0o755);
    },
    async noted(name, limitMs = 20_000) {
      const there = await until(() => existsSync(note(name)) || undefined, limitMs);
      if (!there) throw new Error(`After ${limitMs} ms no stand-in has left the note ${name}`);
      return readFileSync(note(name), 'utf8');
    },
  };
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
