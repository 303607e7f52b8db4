import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findOnPath, probeJupyter } from '../../../src/jupyter/probe.js';

const onPosix = describe.skipIf(process.platform === 'win32');
const SYSTEM = '/usr/bin:/bin';
let folder: string;
let bin: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'sj-probe-')));
  bin = join(folder, 'bin');
  await mkdir(bin);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function program(name: string, text: string, mode = 0o755): Promise<string> {
  const path = join(bin, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

/** A Python that says the given lines whatever it is asked, and notes where it was asked. */
function fakePython(lines: string[], status = 0): Promise<string> {
  const print = lines.map((line) => `echo '${line}'`).join('\n');
  return program('python3', `#!/bin/sh\npwd >'${folder}/cwd'\n${print}\nexit ${status}\n`);
}

const VERSIONS = '{"notebook": "7.6.0", "jupyterlab": "4.6.1", "jupyter_server": "2.21.0"}';
const versions = { notebook: '7.6.0', jupyterlab: '4.6.1', jupyter_server: '2.21.0' };
const probe = (path = `${bin}:${SYSTEM}`) => probeJupyter({ PATH: path });

onPosix('the Python of a jupyter', () => {
  it.each([
    ['in its first line', (python: string) => `#!${python}\nimport sys\n`],
    ['in its first line, with options', (python: string) => `#!${python} -sP\nimport sys\n`],
    [
      'behind a trampoline',
      (python: string) => `#!/bin/sh\n'''exec' ${python} "$0" "$@"\n' '''\nimport sys\n`,
    ],
    [
      'behind a trampoline with a quoted path',
      (python: string) => `#!/bin/sh\n'''exec' "${python}" "$0" "$@"\n' '''\nimport sys\n`,
    ],
    ['beside it', () => '#!/usr/bin/env python3\nimport sys\n'],
    ['beside it, as a conda environment has it', () => '#!/usr/bin/env python\nimport sys\n'],
  ])('is found %s', async (_where, text) => {
    const python = await fakePython([VERSIONS]);
    const path = await program('jupyter', text(python));
    expect(await probe()).toEqual({ found: { path, python, versions } });
  });

  it('is found behind a trampoline in a folder with a space and a long name', async () => {
    const deep = join(folder, `my environment ${'x'.repeat(150)}`);
    await mkdir(deep);
    const python = await fakePython([VERSIONS]);
    await symlink(python, join(deep, 'python3'));
    await program('jupyter', `#!/bin/sh\n'''exec' "${join(deep, 'python3')}" "$0" "$@"\n' '''\n`);
    expect(await probe()).toMatchObject({ found: { python: join(deep, 'python3'), versions } });
  });

  it('is asked beside the script, so that no file where the person is counts as a module', async () => {
    const python = await fakePython([VERSIONS]);
    await program('jupyter', `#!${python}\n`);
    await probe();
    expect(spawnSync('cat', [join(folder, 'cwd')], { encoding: 'utf8' }).stdout).toBe(`${bin}\n`);
  });

  it.each([
    ['before', ['Welcome to the cluster', VERSIONS]],
    ['after', [VERSIONS, 'Good-bye']],
  ])('is understood when something else is printed %s', async (_when, lines) => {
    await program('jupyter', `#!${await fakePython(lines)}\n`);
    expect(await probe()).toMatchObject({ found: { versions } });
  });
});

const LISTING = `Selected Jupyter core packages...
IPython          : 8.5.0
jupyter_server   : 1.23.3
jupyterlab       : not installed
notebook         : 6.4.12
`;

onPosix('a jupyter that is asked itself', () => {
  const listing = `cat <<'END'\n${LISTING}END\n`;
  const found = { notebook: '6.4.12', jupyter_server: '1.23.3' };

  it('is a shell script, such as pyenv’s shim', async () => {
    const path = await program('jupyter', `#!/bin/bash\n[ "$*" = --version ] || exit 9\n${listing}`);
    expect(await probe()).toEqual({ found: { path, versions: found } });
  });

  it('has a Python that is too old to be asked', async () => {
    const python = await program(
      'python3',
      `#!/bin/sh\n[ "$1" = -c ] && { echo "No module named importlib.metadata" >&2; exit 1; }\n${listing}`,
    );
    const path = await program('jupyter', `#!/bin/sh\n'''exec' ${python} "$0" "$@"\n`);
    expect(await probe()).toMatchObject({ found: { path, python, versions: found } });
  });

  it('says nothing of what is installed', async () => {
    const path = await program('jupyter', '#!/bin/sh\necho 4.4.0\n');
    expect(await probe()).toEqual({ found: { path, versions: {} } });
  });
});

onPosix('a jupyter that is of no use', () => {
  it('is not there', async () => {
    expect(await probe(bin)).toEqual({ missing: 'There is no "jupyter" on your PATH.' });
    expect(await probeJupyter({})).toEqual({ missing: 'There is no "jupyter" on your PATH.' });
  });

  it('does not work: its last line says why', async () => {
    await program('jupyter', '#!/bin/sh\necho "Traceback:" >&2\necho "ImportError: no zmq" >&2\nexit 1\n');
    expect(await probe()).toEqual({
      missing: `${join(bin, 'jupyter')} is there but does not work: ImportError: no zmq.`,
    });
  });

  it('has lost its Python', async () => {
    const python = join(folder, 'gone/bin/python3.9');
    await program('jupyter', `#!${python}\n`);
    const { missing } = (await probe()) as { missing: string };
    expect(missing).toContain(`${join(bin, 'jupyter')} is there, but ${python}, which has to run it, is not`);
  });

  it('hangs, until nobody wants to know any more', async () => {
    await program('jupyter', '#!/bin/sh\nsleep 60\n');
    const started = Date.now();
    const result = await probeJupyter({ PATH: `${bin}:${SYSTEM}` }, AbortSignal.timeout(300));
    expect(result).toMatchObject({ missing: expect.stringContaining('was interrupted.') as string });
    expect(Date.now() - started).toBeLessThan(5000);
  });
});

describe('a program on PATH', () => {
  const windows = process.platform === 'win32';
  const path = (...folders: string[]) => folders.join(delimiter);

  it('is the first that can be executed', async () => {
    const other = join(folder, 'other');
    await mkdir(other);
    await program('tool', '');
    await writeFile(join(other, 'tool'), '', { mode: 0o644 });
    const missing = join(folder, 'missing');
    expect(await findOnPath('tool', path(missing, ...(windows ? [] : [other]), bin))).toBe(join(bin, 'tool'));
  });

  it('is never a folder', async () => {
    await mkdir(join(bin, 'tool'));
    expect(await findOnPath('tool', bin)).toBeUndefined();
  });

  it.skipIf(windows)('is never looked for where the person happens to be', async () => {
    await program('tool', '');
    const before = process.cwd();
    process.chdir(bin);
    try {
      for (const relative of ['', '.', ':', 'bin']) {
        expect(await findOnPath('tool', relative)).toBeUndefined();
      }
    } finally {
      process.chdir(before);
    }
  });

  it('may not be there at all', async () => {
    expect(await findOnPath('tool')).toBeUndefined();
  });
});

/** Where `jupyter` is in an environment that has it. */
describe.each([
  ['START_JUPYTER_TEST_NOTEBOOK6', { notebook: expect.stringMatching(/^6\./) as string }],
  ['START_JUPYTER_TEST_JUPYTER4', { jupyterlab: expect.stringMatching(/^4\./) as string }],
])('the real one of %s', (variable, expected) => {
  const jupyter = process.env[variable];

  it.skipIf(jupyter === undefined)('says its versions', async () => {
    const path = [dirname(jupyter ?? ''), SYSTEM].join(delimiter);
    expect(await probeJupyter({ ...process.env, PATH: path })).toMatchObject({
      found: { python: expect.stringMatching(/python/) as string, versions: expected },
    });
  });
});
