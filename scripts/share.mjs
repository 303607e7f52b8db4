// Writes what share/ has of generated files, from the programs' own options and commands: completions for bash, zsh and
// fish, man pages; and what bears the version or the name of a program: module files, the second wrapper.
//
//   node scripts/share.mjs [FOLDER]      (default: share/)
import './node-version.mjs';
import { chmodSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bashCompletion } from './share/bash.mjs';
import { fishCompletion } from './share/fish.mjs';
import { manPage } from './share/man.mjs';
import { loadPrograms } from './share/programs.mjs';
import { zshCompletion } from './share/zsh.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = resolve(process.argv[2] ?? join(root, 'share'));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const source = (name) => readFileSync(join(root, 'scripts/share', name), 'utf8');

const { programs, exitCodes, topics } = await loadPrograms(root);
const [launcher, proxy] = programs;

// Of an earlier version.
for (const kind of ['lmod', 'tcl']) {
  rmSync(join(target, 'modulefiles', kind), { recursive: true, force: true });
}
write(`modulefiles/lmod/start-jupyter/${version}.lua`, source('modulefile.lua'));
write(`modulefiles/tcl/start-jupyter/${version}`, source('modulefile.tcl'));
write('completions/start-jupyter.bash', bashCompletion(programs, source('completion.bash')));
write('completions/_start-jupyter', zshCompletion(programs));
write('completions/start-jupyter.fish', fishCompletion(programs));
write(
  'man/man1/start-jupyter.1',
  manPage(launcher, { page: source('start-jupyter.1'), version, exitCodes, topics }),
);
write(
  'man/man1/start-jupyter-proxy.1',
  manPage(proxy, { page: source('start-jupyter-proxy.1'), version, exitCodes, topics }),
);
write('bin/start-jupyter-proxy', readFileSync(join(root, 'share/bin/start-jupyter'), 'utf8'), 0o755);
forgetTemporary('man/man1', 'completions', 'bin');

/** In one step: a shell that completes meanwhile reads all of the file, the old one or the new. */
function write(name, text, mode = 0o644) {
  const file = join(target, name);
  const fresh = `${file}.new-${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(fresh, text);
  chmodSync(fresh, mode);
  renameSync(fresh, file);
}

/** What a build that was killed left; it would be published. */
function forgetTemporary(...folders) {
  for (const folder of folders) {
    for (const name of readdirSync(join(target, folder))) {
      if (/\.new-\d+$/.test(name)) rmSync(join(target, folder, name), { force: true });
    }
  }
}
