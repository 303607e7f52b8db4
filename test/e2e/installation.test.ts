/**
 * A central installation: the packed tarball, unpacked read-only for everybody, reached by `module load` of both real
 * module systems, with its Node found, its man page, its completions in real shells, and the site's configuration.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { recorded, execCalls } from './bed/strace.js';
import { loginEnvironment, runAs, startOnTerminalAs, user } from './bed/users.js';

const SYSTEMS = {
  'Environment Modules': { kind: 'tcl', init: () => theBed().environmentModules },
  Lmod: { kind: 'lmod', init: () => theBed().lmod },
} as const;
type SystemName = keyof typeof SYSTEMS;

const LIMIT_MS = 15_000;

describeOnBed('a central installation', () => {
  /** The site's folder for software: `start-jupyter/VERSION/`, and beside the versions what belongs to all of them. */
  let site: string;
  let installed: string;
  let version: string;
  const gina = () => user(theBed().users.gina);

  beforeAll(() => {
    const above = mkdtempSync('/var/tmp/start-jupyter-installation-');
    chmodSync(above, 0o755);
    site = join(above, 'start-jupyter');
    const { package: unpacked } = theBed();
    ({ version } = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')) as { version: string });
    installed = join(site, version);
    unpack(installed);
    // The bed's node may be root's own; a site would have one on PATH.
    mkdirSync(join(site, 'node/bin'), { recursive: true });
    symlinkSync(theBed().node, join(site, 'node/bin/node'));
    writeFileSync(
      join(site, 'systems.yaml'),
      'systems:\n  centre:\n    description: The centre\n    hosts: [.*]\n    scheduler: slurm\n    endpoint: x.example\n',
    );
  });

  afterAll(() => rmSync(dirname(site), { recursive: true, force: true }));

  /** As an administrator does; then nobody may write to it, not even its owner. */
  function unpack(to: string): void {
    mkdirSync(to, { recursive: true });
    execFileSync('tar', ['-xzf', theBed().tarball, '-C', to, '--strip-components=1', '--no-same-owner']);
    execFileSync('chmod', ['-R', 'a-w,a+rX', to]);
  }

  const moduleFiles = (kind: string, below = installed) => join(below, 'share/modulefiles', kind);

  /** A script of bash after the login of somebody on a machine with this module system. */
  async function inBash(system: SystemName, script: string, env: NodeJS.ProcessEnv = {}) {
    const { kind, init } = SYSTEMS[system];
    const login = `source '${init()}'; module use '${moduleFiles(kind)}'\n`;
    return runAs(gina(), ['/bin/bash', '--norc', '-c', login + script], { env });
  }

  describe.each(Object.keys(SYSTEMS) as SystemName[])('by %s', (system) => {
    test('is there after module load, and gone after module unload', async () => {
      const script = `
        before=$PATH
        module load start-jupyter || exit 9
        set -eu
        command -v start-jupyter start-jupyter-proxy
        start-jupyter --version; start-jupyter-proxy --version
        echo "$START_JUPYTER_CONFIG"
        man -w start-jupyter start-jupyter-proxy bash
        set +eu
        module unload start-jupyter
        [ "$PATH" = "$before" ] && echo "again as before: \${START_JUPYTER_CONFIG-unset}"
        man -w start-jupyter >/dev/null 2>&1 || echo "no page"`;
      const share = (name: string) => join(installed, 'share', name);
      for (const env of [{}, { MANPATH: ':/opt/nothing' }]) {
        const { stdout, stderr } = await inBash(system, script, env);
        expect({ lines: stdout.trim().split('\n'), stderr }).toEqual({
          lines: [
            share('bin/start-jupyter'),
            share('bin/start-jupyter-proxy'),
            version,
            version,
            join(site, 'systems.yaml'),
            share('man/man1/start-jupyter.1'),
            share('man/man1/start-jupyter-proxy.1'),
            expect.stringMatching(/^\/usr\/share\/man\/man1\/bash\.1/),
            'again as before: unset',
            'no page',
          ],
          stderr: '',
        });
      }
    });

    test('is what the site says it is, with one more process than the programs of a package have', async () => {
      const trace = join(gina().home, 'trace');
      const start = recorded(trace, ['start-jupyter', '--version']).map((word) => `'${word}'`);
      const { stdout, stderr } = await inBash(system, `module load start-jupyter\n${start.join(' ')}`);
      expect({ stdout, stderr }).toEqual({ stdout: `${version}\n`, stderr: '' });
      const programs = execCalls(trace).map((call) => /execve\("([^"]*)"/.exec(call)?.[1]);
      const node = join(installed, '../node/bin/node');
      const raw = `${installed}/../node/bin/node`;
      expect(programs.filter((program) => program === node || program === raw)).toHaveLength(2);
      expect(programs).toHaveLength(3);

      const launch = 'module load start-jupyter; start-jupyter --dry-run --no-check -i';
      const shown = await inBash(system, launch);
      expect(shown.stdout + shown.stderr).toContain('centre');
    });

    test('tells what it is', async () => {
      const { stdout, stderr } = await inBash(
        system,
        'module whatis start-jupyter; module help start-jupyter; module avail start-jupyter',
      );
      const said = stdout + stderr;
      expect(said).toContain('Jupyter on this cluster behind a secure HTTPS URL');
      expect(said).toContain('start-jupyter --help');
      expect(said).toContain(`start-jupyter/${version}`);
    });

    test('gives way to another version, never both', async () => {
      const other = join(site, '99.0');
      unpack(other);
      const { kind } = SYSTEMS[system];
      execFileSync('chmod', ['-R', 'u+w', other]);
      const folder = join(moduleFiles(kind, other), 'start-jupyter');
      const [file = ''] = readdirSync(folder);
      execFileSync('mv', [join(folder, file), join(folder, file.replace(version, '99.0'))]);
      const { stdout } = await inBash(
        system,
        `module use '${moduleFiles(kind, other)}'
        module load start-jupyter/${version}; module load start-jupyter/99.0
        echo "$PATH" | tr : '\\n' | grep share/bin`,
      );
      expect(stdout.trim().split('\n')).toHaveLength(1);
      rmSync(other, { recursive: true });
    });

    test('works from a link in another module tree, and says how when it was copied there', async () => {
      const { kind, init } = SYSTEMS[system];
      const [file = ''] = readdirSync(join(moduleFiles(kind), 'start-jupyter'));
      const tree = join(site, `${kind}-tree`);
      mkdirSync(join(tree, 'start-jupyter'), { recursive: true });
      const target = join(tree, 'start-jupyter', file);
      const script = `source '${init()}'; module use '${tree}'
        module load start-jupyter; start-jupyter --version`;
      const load = () => runAs(gina(), ['/bin/bash', '--norc', '-c', script]);
      symlinkSync(`../../${version}/share/modulefiles/${kind}/start-jupyter/${file}`, target);
      expect(await load()).toMatchObject({ stdout: `${version}\n`, stderr: '' });

      rmSync(target);
      const original = join(moduleFiles(kind), 'start-jupyter', file);
      copyFileSync(original, target);
      const copied = await load();
      expect(copied.stderr.replace(/\s+/g, ' ')).toContain(`where it is: ${target}`);
      expect(copied.stdout).toBe('');
      chmodSync(target, 0o644);
      writeFileSync(
        target,
        readFileSync(original, 'utf8').replace(/^(local package =|set package) ""/m, `$1 "${installed}"`),
      );
      expect(await load()).toMatchObject({ stdout: `${version}\n`, stderr: '' });
    });
  });

  test.each(Object.keys(SYSTEMS) as SystemName[])(
    'takes nothing from beside it where others may put things, by %s',
    async (system) => {
      const open = join(dirname(site), 'open', SYSTEMS[system].kind);
      unpack(join(open, 'package'));
      for (const name of ['systems.yaml', 'node'])
        cpSync(join(site, name), join(open, name), { recursive: true });
      const { kind, init } = SYSTEMS[system];
      const script = `source '${init()}'; module use '${moduleFiles(kind, join(open, 'package'))}'
        module load start-jupyter; echo "\${START_JUPYTER_CONFIG-unset}"
        PATH=\${PATH%%:*} START_JUPYTER_NODE= start-jupyter --version`;
      const load = () => runAs(gina(), ['/bin/bash', '--norc', '-c', script]);
      expect((await load()).stdout).toBe(`${join(open, 'systems.yaml')}\n${version}\n`);
      const trace = join(gina().home, `open-${kind}`);
      for (const mode of [0o777, 0o1777]) {
        chmodSync(open, mode);
        const [first] = (await load()).stdout.split('\n');
        expect(first).toBe('unset');
        const program = join(open, 'package/share/bin/start-jupyter');
        await runAs(gina(), recorded(trace, [program, '--version']));
        expect(execCalls(trace).filter((call) => call.includes('/../node/bin/node'))).toEqual([]);
      }
    },
  );

  /** What is typed: words, a tab where one is pressed. The program is a function that says its arguments. */
  const TYPED: Record<string, string[]> = {
    '--parti\t x': ['--partition', 'x'],
    '-s note\t': ['-s', 'notebook'],
    '-b note\t': ['-b', 'notebook'],
    '-b proj\t': ['-b', "project's ca.pem"],
    '--ca proj\t': ['--ca', "project's ca.pem"],
    '-d pro\t': ['-d', 'pro jects'],
    'templ\tsh\t': ['templates', 'show'],
  };
  const SHELLS = {
    bash: {
      command: ['/bin/bash', '--norc', '--noprofile', '-i'],
      prepare: "bind 'set enable-bracketed-paste off'",
      say: `start-jupyter() { printf 'GOT'; printf '<%s>' "$@"; echo; }`,
    },
    zsh: {
      command: ['/usr/bin/zsh', '-f', '-i'],
      prepare: 'autoload -Uz compinit; compinit -u -D',
      say: `start-jupyter() { printf 'GOT'; printf '<%s>' "$@"; echo; }`,
    },
    fish: {
      command: ['/usr/bin/fish', '--no-config', '-i'],
      prepare: 'set -g fish_autosuggestion_enabled 0',
      say: `function start-jupyter; printf 'GOT'; printf '<%s>' $argv; echo; end`,
    },
  };

  test.each(
    Object.entries(SHELLS).flatMap(([shell, facts]) =>
      (Object.keys(SYSTEMS) as SystemName[]).map((system) => ({ shell, system, ...facts })),
    ),
  )('completes what is typed into $shell after module load of $system', async (facts) => {
    const { shell, system, command, prepare, say } = facts;
    const { kind, init } = SYSTEMS[system];
    const folder = join(gina().home, `typing-${shell}-${kind}`);
    await runAs(gina(), ['mkdir', '-p', join(folder, 'pro jects')]);
    await runAs(gina(), ['touch', join(folder, "project's ca.pem"), join(folder, 'pro')]);
    const terminal = startOnTerminalAs(gina(), command, {
      cwd: folder,
      env: { ...loginEnvironment(gina()), TERM: 'xterm', SHELL: command[0] },
    });
    const ready = async (line: string, mark: string): Promise<void> => {
      terminal.write(`${line}; echo ${mark.slice(0, 2)}''${mark.slice(2)}\n`);
      await terminal.printed('stdout', new RegExp(mark), LIMIT_MS);
    };
    await ready(`stty rows 40 cols 200; ${prepare}`, 'prepared');
    await ready(
      `source '${init().replace(/bash$/, shell)}'; module use '${moduleFiles(kind)}'`,
      'initialised',
    );
    await ready('module load start-jupyter', 'loaded');
    await ready(say, 'spoken');
    for (const [typed, words] of Object.entries(TYPED)) {
      terminal.write(`start-jupyter ${typed}\n`);
      // Some shells leave out the slash behind a folder.
      const answer = `GOT${words.map((word) => `<${word}/?>`).join('')}`;
      await terminal.printed('stdout', new RegExp(answer), LIMIT_MS);
    }
    expect(terminal.stdout()).not.toMatch(/bad option|not found|error/i);
    await ready('module unload start-jupyter', 'unloaded');
    terminal.write('exit\n');
    await terminal.ended(LIMIT_MS);
  });
});
