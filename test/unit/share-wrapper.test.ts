/** share/bin/start-jupyter: which Node it runs the program with, and what it says when there is none. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const SHELLS = [['/bin/dash'], ['/bin/bash'], ['/bin/bash', '--posix'], ['/usr/bin/zsh', '--emulate', 'sh']];
const SAY = 'console.log(JSON.stringify(process.argv.slice(2)))';

describe.skipIf(process.platform === 'win32')('the wrapper', () => {
  let folder: string;
  let package_: string;
  let wrapper: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'start jupyter wrapper '));
    package_ = join(folder, 'a package', '1.0');
    wrapper = join(package_, 'share/bin/start-jupyter');
    for (const part of ['share/bin', 'bin']) mkdirSync(join(package_, part), { recursive: true });
    copyFileSync(join(root, 'share/bin/start-jupyter'), wrapper);
    chmodSync(wrapper, 0o755);
    writeFileSync(join(package_, 'bin/start-jupyter.js'), SAY);
    needs('20.18');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function needs(version: string): void {
    const text = readFileSync(join(root, 'package.json'), 'utf8').replace(/">=[\d.]+"/, `">=${version}"`);
    writeFileSync(join(package_, 'package.json'), text);
  }

  /** A node in a folder of that name, which says a version, keeps how it was called and runs programs with the real one. */
  function node(place: string, version: string, name = 'node'): string {
    const file = join(folder, place, name);
    const answer = version.startsWith('v') ? `echo ${version}; exit` : version;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(
      file,
      `#!/bin/sh\necho "$0 $1" >>'${folder}/calls'\n[ "$1" != --version ] || { ${answer}; }\nexec '${process.execPath}' "$@"\n`,
      { mode: 0o755 },
    );
    return file;
  }

  const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');

  function run(args: string[], env: NodeJS.ProcessEnv, command = [wrapper]) {
    const [program = '', ...before] = command;
    const options = {
      env: { HOME: folder, ...env },
      encoding: 'utf8',
      cwd: folder,
      timeout: 20_000,
    } as const;
    const { stdout, stderr, status } = spawnSync(program, [...before, ...args], options);
    return { stdout, stderr, status };
  }

  const ARGUMENTS = ['-d', 'it\'s $(touch x) "y"\n*', ''];
  const said = (args: string[]) => ({ stdout: `${JSON.stringify(args)}\n`, stderr: '', status: 0 });

  it('hands everything on as it is, and runs nothing but one look at the version', () => {
    const good = node('bin', 'v20.18.0');
    // Nothing else is on PATH.
    expect(run(ARGUMENTS, { PATH: dirname(good) })).toEqual(said(ARGUMENTS));
    expect(calls()).toEqual([`${good} --version`, `${good} ${join(package_, 'bin/start-jupyter.js')}`]);
  });

  it.each(SHELLS.filter(([shell = '']) => existsSync(shell)))('runs under %s', (...shell) => {
    const PATH = `${dirname(node('old', 'v18.20.1'))}:${dirname(node('bin', 'v22.0.1'))}`;
    const command = [...shell, wrapper];
    expect(run(ARGUMENTS, { PATH }, command)).toEqual(said(ARGUMENTS));
    const refused = run([], { PATH, START_JUPYTER_NODE: join(folder, 'old/node') }, command);
    expect(refused).toMatchObject({ status: 4, stdout: '' });
    expect(refused.stderr).toContain('is too old: version 18.20.1');
  });

  it('gives the exit status of the program', () => {
    writeFileSync(join(package_, 'bin/start-jupyter.js'), 'process.exitCode = 77;');
    expect(run([], { PATH: dirname(node('bin', 'v20.18.0')) }).status).toBe(77);
  });

  it('finds its package through symbolic links, relative ones and a linked folder too', () => {
    const PATH = `${dirname(node('bin', 'v20.18.0'))}:/usr/bin:/bin`;
    mkdirSync(join(folder, 'links'));
    symlinkSync(wrapper, join(folder, 'links/absolute'));
    symlinkSync('absolute', join(folder, 'links/relative one'));
    symlinkSync('a package/1.0/share/bin', join(folder, 'linked'));
    mkdirSync(join(folder, 'other/share'), { recursive: true });
    symlinkSync(join(package_, 'share/bin'), join(folder, 'other/share/bin'));
    for (const path of ['links/relative one', 'linked/start-jupyter', 'other/share/bin/start-jupyter']) {
      expect(run(['x'], { PATH }, [join(folder, path)]), path).toEqual(said(['x']));
      expect(run(['x'], { PATH }, [`./${path}`]), path).toEqual(said(['x']));
    }
    symlinkSync('loop', join(folder, 'links/loop'));
    expect(run([], { PATH }, ['/bin/sh', join(folder, 'links/loop')]).status).not.toBe(0);
  });

  it('takes a Node beside the package before one on PATH, nodejs too, and one of the usual places last', () => {
    const runs = (env: NodeJS.ProcessEnv): string => {
      expect(run(ARGUMENTS, env)).toEqual(said(ARGUMENTS));
      return calls().at(-1) ?? '';
    };
    const PATH = dirname(node('bin', 'v24.0.0', 'nodejs'));
    expect(runs({ PATH })).toMatch(/bin\/nodejs /);
    node('a package/node/bin', 'v24.0.0');
    expect(runs({ PATH })).toContain('/../node/bin/node ');
    node('a package/1.0/node/bin', 'v24.0.0');
    expect(runs({ PATH })).toContain('1.0/node/bin/node ');
    const named = node('named', 'v24.0.0');
    expect(runs({ PATH, START_JUPYTER_NODE: named })).toContain(`${named} `);
    // No machine has that in /usr/bin.
    needs('999.0');
    const own = node('.nvm/versions/node/v999.0.0/bin', 'v999.0.0');
    expect(runs({ PATH })).toContain(`${own} `);
    expect(runs({ PATH: undefined })).toContain(`${own} `);
  });

  it('does not run what anybody could have put beside the package', () => {
    const beside = node('a package/node/bin', 'v24.0.0');
    chmodSync(dirname(package_), 0o1777);
    const PATH = dirname(node('bin', 'v20.18.0'));
    expect(run(ARGUMENTS, { PATH })).toEqual(said(ARGUMENTS));
    expect(calls().at(-1)).toContain('/bin/node ');
    expect(calls().some((call) => call.includes(beside) || call.includes('/../node'))).toBe(false);
    needs('999.0');
    expect(run([], { PATH }).stderr).toContain(
      '/../node/bin/node is not used: others may write to the folder',
    );
  });

  it.each([
    ['v20.17.9', false],
    ['v20.18.0', true],
    ['v20.100.0', true],
    ['v21.0.0', true],
    ['v9.99.0', false],
    ['v100.0.0', true],
    ['v24.0.0-nightly', true],
  ])('%s is new enough: %s', (version, good) => {
    const { status } = run([], { PATH: '/nonexistent', START_JUPYTER_NODE: node('bin', version) });
    expect(status).toBe(good ? 0 : 4);
  });

  it('says what START_JUPYTER_NODE is, and looks nowhere else', () => {
    const PATH = dirname(node('bin', 'v24.0.0'));
    const closed = node('closed', 'v24.0.0');
    chmodSync(closed, 0o644);
    const cases: Record<string, string> = {
      [join(folder, 'nowhere')]: 'is not there',
      [folder]: `is a folder: name the program, such as ${folder}/bin/node`,
      [node('other', 'echo 1.2; exit')]: 'is no Node.js',
      [node('glibc', "echo '/lib64/libc.so.6: version GLIBC_2.28 not found' >&2; echo more >&2; exit 1")]:
        'does not run here: /lib64/libc.so.6: version GLIBC_2.28 not found',
      [node('old', 'v10.24.0')]: 'is too old: version 10.24.0',
      [closed]: 'may not be run by you',
    };
    for (const [file, words] of Object.entries(cases)) {
      const { stderr, status } = run([], { PATH, START_JUPYTER_NODE: file });
      expect(status).toBe(4);
      expect(stderr).toBe(
        `start-jupyter: START_JUPYTER_NODE does not name a Node.js 20.18 or newer:\n  ${file} ${words}\n` +
          'Set it to the path of one, or unset it: then one is looked for.\n',
      );
    }
  });

  it('takes no warning of the loader for the version', () => {
    const warning = "ERROR: ld.so: object 'x.so' cannot be preloaded: ignored.";
    const file = node('bin', `echo "${warning}" >&2; echo v20.18.1; exit`);
    expect(run([], { PATH: '', START_JUPYTER_NODE: file }).status).toBe(0);
  });

  it('lists what there is when nothing of it does, and what to do', () => {
    needs('999.0');
    const old = node('bin', 'v18.0.0');
    const { stderr, status } = run([], { PATH: `relative:${dirname(old)}` });
    expect(status).toBe(4);
    expect(stderr).toContain(
      'start-jupyter: it needs Node.js 999.0 or newer, and this is all there is here:\n',
    );
    expect(stderr).toContain(`\n  ${old} is too old: version 18.0.0\n`);
    expect(stderr).toContain('module load nodejs');
    expect(stderr).toContain('export START_JUPYTER_NODE=/path/to/node');
    // A folder of PATH that is relative may be anybody's.
    node('relative', 'v999.0.0');
    expect(run([], { PATH: `relative:${dirname(old)}` }).status).toBe(4);
    expect(calls().some((call) => call.includes('/relative/'))).toBe(false);
  });

  it('says when it was copied out of its package, and when that is damaged', () => {
    const PATH = dirname(node('bin', 'v20.18.0'));
    const copy = join(folder, 'start-jupyter');
    copyFileSync(wrapper, copy);
    expect(run([], { PATH }, ['/bin/sh', copy]).stderr).toContain(
      'make a symbolic link to it instead of a copy',
    );
    writeFileSync(join(package_, 'package.json'), '{}');
    expect(run([], { PATH })).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('is damaged') as string,
    });
  });
});
