/** What scripts/share.mjs makes, in the shells and the pager that it is for. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program.js';
import { SSH_WAYS } from '../../src/site/schema.js';
import { TOPICS } from '../../src/words/help.js';
import { KEYS, type KeyFacts } from '../../src/proxy/configuration/keys.js';
import { fakeHost } from './cli/host.js';

const root = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const missing = (program: string): boolean => !existsSync(join('/usr/bin', program));
let folder: string;
const made = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'start-jupyter-share-'));
  execFileSync(process.execPath, [join(root, 'scripts/share.mjs'), folder]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = buildProgram(fakeHost(), () => undefined);
const launchOptions = program.options.map(({ long }) => long ?? '');
const commands = program.commands.map((command) => command.name());
const templates = program.commands.find((command) => command.name() === 'templates')!;
const ofTemplates = templates.commands.map((command) => command.name());
const proxyOptions = Object.values<KeyFacts>(KEYS).flatMap(({ option }) => option?.replace(/ .*/, '') ?? []);

/** What a person typed so far, as bash gives it to a completion: `=` is a word of its own. */
function inBash(...words: string[]): string[] {
  const script = `
    source "$1"; shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _start_jupyter "$1" "\${COMP_WORDS[COMP_CWORD]}"
    [ "\${#COMPREPLY[@]}" = 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ['--noprofile', '--norc', '-u', '-c', script, 'bash', made('completions/start-jupyter.bash')];
  const { stdout, stderr, status } = spawnSync('bash', [...args, ...words], { encoding: 'utf8' });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.split('\n').filter(Boolean);
}

function inFish(line: string): string[] {
  const script = 'source $argv[1]; complete -C $argv[2]';
  const args = ['--no-config', '-c', script, made('completions/start-jupyter.fish'), line];
  const { stdout, stderr, status } = spawnSync('/usr/bin/fish', args, {
    encoding: 'utf8',
    env: { HOME: folder, PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
    cwd: join(root, 'share'),
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout
    .split('\n')
    .map((found) => found.replace(/\t.*/, ''))
    .filter(Boolean);
}

const SERVERS = ['notebook', 'jupyterlab'];

describe.skipIf(missing('bash'))('the completion for bash', () => {
  it('knows every option of both programs', () => {
    expect(inBash('start-jupyter', '-').sort()).toEqual([...launchOptions, '--help'].sort());
    expect(inBash('start-jupyter-proxy', 'serve', '-').sort()).toEqual(
      [...proxyOptions, '--config', '--help'].sort(),
    );
  });

  it('completes what has begun', () => {
    expect(inBash('start-jupyter', '--part')).toEqual(['--partition']);
    expect(inBash('/opt/bin/start-jupyter', '-t', '30', 'temp')).toEqual(['templates']);
    expect(inBash('start-jupyter-proxy', 'serve', '--classic', 't')).toEqual(['true']);
    expect(inBash('start-jupyter', '--nothing-of-ours')).toEqual([]);
  });

  it('knows the commands', () => {
    expect(commands).toEqual(expect.arrayContaining(['list', 'stop', 'templates', 'doctor', 'help']));
  });

  it.each([
    ['commands', [''], commands],
    ['commands behind options', ['-p', 'debug', '--here', ''], commands],
    ['values', ['-s', ''], SERVERS],
    ['values of a long option', ['--server', ''], SERVERS],
    ['values behind =', ['--server', '='], SERVERS],
    ['what of them has begun behind =', ['--server', '=', 'note'], ['notebook']],
    ['no options where a value is', ['-p', '-'], []],
    ['no commands behind a time', ['30', ''], []],
    ['no commands as the value of an option', ['-p', 'templates', '-A', 'te'], []],
    ['no options behind --', ['--', '-'], []],
    ['commands of a command', ['templates', ''], ofTemplates],
    ['its options', ['templates', '--s'], ['--system']],
    ['arguments of a command of a command', ['templates', 'show', 'note'], ['notebook']],
    ["the launch's options to the doctor", ['doctor', '--prof'], ['--profile']],
    ["the launch's options to a launch as an earlier one", ['again', '4711', '--prof'], ['--profile']],
    ['topics and commands', ['help', ''], [...TOPICS, ...commands]],
    ['what is waited for', ['wait', '--until', ''], ['ready', 'ended']],
    ['how a browser gets there', ['--connect', ''], ['proxy', 'ssh']],
    ['what ssh leads to', ['--ssh-way', ''], [...SSH_WAYS]],
    ['no ids of sessions, which would have to be looked for', ['status', ''], []],
    ['several arguments no end', ['stop', '4711', '--al'], ['--all']],
  ])('offers %s', (_what, words, offered) => {
    expect(inBash('start-jupyter', ...words)).toEqual(offered);
  });

  it.skipIf(missing('shellcheck'))('is clean', () => {
    for (const file of [made('completions/start-jupyter.bash'), join(root, 'share/bin/start-jupyter')]) {
      expect(spawnSync('shellcheck', [file], { encoding: 'utf8' })).toMatchObject({ stdout: '', status: 0 });
    }
  });
});

describe.skipIf(missing('fish'))('the completion for fish', () => {
  it('knows every option of both programs', () => {
    const long = (line: string) =>
      inFish(line)
        .filter((found) => found.startsWith('--'))
        .sort();
    expect(long('start-jupyter --')).toEqual([...launchOptions, '--help'].sort());
    expect(long('start-jupyter-proxy serve --')).toEqual([...proxyOptions, '--config', '--help'].sort());
  });

  it('offers commands, values, folders and files', () => {
    expect(inFish('start-jupyter ').sort()).toEqual([...commands].sort());
    expect(inFish('start-jupyter templates ').sort()).toEqual([...ofTemplates].sort());
    expect(inFish('start-jupyter templates --')).not.toContain('--partition');
    expect(inFish('start-jupyter -s ').sort()).toEqual([...SERVERS].sort());
    expect(inFish('start-jupyter --server=note')).toEqual(['--server=notebook']);
    expect(inFish('start-jupyter --dir ').sort()).toContain('systemd/');
    expect(inFish('start-jupyter --dir ')).not.toContain('proxy.example.yaml');
    expect(inFish('start-jupyter --ca ')).toContain('proxy.example.yaml');
    expect(inFish('start-jupyter --partition ')).toEqual([]);
    expect(inFish('start-jupyter doctor --prof')).toEqual(['--profile']);
    expect(inFish('start-jupyter wait --until ').sort()).toEqual(['ended', 'ready']);
    expect(inFish('start-jupyter help envi')).toEqual(['environment']);
  });
});

it.skipIf(missing('zsh'))('the completion for zsh is zsh', () => {
  const read = spawnSync('/usr/bin/zsh', ['-n', made('completions/_start-jupyter')], { encoding: 'utf8' });
  expect(read).toMatchObject({ status: 0, stderr: '' });
  const text = readFileSync(made('completions/_start-jupyter'), 'utf8');
  for (const option of [...launchOptions, ...proxyOptions]) expect(text).toContain(option);
});

describe.skipIf(missing('man'))('the man pages', () => {
  it.each(['start-jupyter', 'start-jupyter-proxy'])('%s renders without a warning', (program) => {
    const file = made(`man/man1/${program}.1`);
    const args = ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', file];
    const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', MANWIDTH: '80', MAN_KEEP_FORMATTING: '' };
    const { stdout, stderr, status } = spawnSync('/usr/bin/man', args, { encoding: 'utf8', env });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    // Bold is a letter on top of itself, italics one on top of a line.
    const shown = stdout.replace(/.\x08/g, '').replace(/\s+/g, ' ');
    expect(shown).toContain(`start-jupyter ${version}`);
    // No list of the source is left out, and none is empty.
    expect(shown).not.toContain('@');
    expect(shown).toContain('130 interrupted (Ctrl-C)');
    const options = program === 'start-jupyter' ? launchOptions : proxyOptions;
    expect(options.filter((option) => !shown.includes(option))).toEqual([]);
    if (program === 'start-jupyter') {
      expect(commands.filter((command) => !shown.includes(`start-jupyter ${command}`))).toEqual([]);
      expect(shown).toContain('START_JUPYTER_IDLE_TIMEOUT --idle-timeout');
      expect(shown).toContain('session.json what is known of the session');
    }
  });
});

describe('the module files', () => {
  it('bear the version, and only this one', () => {
    expect(existsSync(made(`modulefiles/lmod/start-jupyter/${version}.lua`))).toBe(true);
    expect(readFileSync(made(`modulefiles/tcl/start-jupyter/${version}`), 'utf8')).toMatch(/^#%Module/);
  });
});

describe.skipIf(process.platform === 'win32')('the wrapper of the proxy', () => {
  it('is the one of the launcher', () => {
    const file = made('bin/start-jupyter-proxy');
    expect(readFileSync(file)).toEqual(readFileSync(join(root, 'share/bin/start-jupyter')));
    expect(statSync(file).mode & 0o777).toBe(0o755);
  });
});
