/** The help of every command and topic: it fits, its examples are right, and it says what the code does. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { pathOf, wordsOf } from '../../../src/cli/help-layout.js';
import { meantCommand, refuseWord } from '../../../src/cli/mistyped.js';
import { buildProgram } from '../../../src/cli/program.js';
import { unknownVariables } from '../../../src/cli/variables.js';
import { COMMANDS } from '../../../src/words/commands.js';
import { OTHER_VARIABLES, OWN_VARIABLES, SESSION_FILES, TOPICS } from '../../../src/words/help.js';
import { shellWords } from '../shell-words.js';
import { fakeHost, outcomeOf } from './host.js';

const root = join(import.meta.dirname, '../../..');
const HOME = '/home/ann';
const host = () => fakeHost({ cwd: HOME, env: { HOME } });
const help = (...args: string[]) => outcomeOf(['help', ...args], host());

const program = buildProgram(host(), () => undefined);
const everyCommand = (from: Command): Command[] => [from, ...from.commands.flatMap(everyCommand)];
const COMMAND_PATHS = everyCommand(program).map(pathOf);

describe.each(COMMAND_PATHS)('the help of start-jupyter %s', (path) => {
  const words = path.split(' ').filter(Boolean);

  it('fits 80 columns and says what it is for, with examples', async () => {
    const { status, stdout, stderr } = await help(...words);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toMatch(/^Usage: start-jupyter.*\n(?: {7}start-jupyter COMMAND.*\n)?\n[A-Z][^.]*\.\n/);
    expect(stdout).toMatch(/^Examples:\n {2}start-jupyter/m);
    expect(stdout).toMatch(/^ {2}-h, --help +print this help$/m);
  });

  it('is what --help says behind it', async () => {
    expect(await outcomeOf([...words, '--help'], host())).toEqual(await help(...words));
  });

  it('has examples that the program takes', async () => {
    const examples = COMMANDS[path]?.examples.map(([line]) => line) ?? [];
    expect(examples.length).toBeGreaterThan(0);
    for (const line of examples) await expect(parsed(line), line).resolves.toBeTypeOf('string');
  });
});

/** Reads a command line as the program does, and gives the command that would run. Throws what is wrong with it. */
async function parsed(line: string): Promise<string> {
  const fresh = buildProgram(host(), () => undefined);
  let ran: string | undefined;
  for (const command of everyCommand(fresh)) {
    command.action(() => {
      ran = pathOf(command);
    });
  }
  fresh.action((time: string | undefined) => {
    refuseWord(time, fresh);
    ran = '';
  });
  await fresh.parseAsync(shellWords(line), { from: 'user' });
  if (ran === undefined) throw new Error(`nothing runs: ${line}`);
  return ran;
}

describe('the commands', () => {
  it('all have words, and no words are of none', () => {
    expect(COMMAND_PATHS.sort()).toEqual(Object.keys(COMMANDS).sort());
  });

  it('are one with their examples: most of them call it', async () => {
    for (const [path, { examples }] of Object.entries(COMMANDS)) {
      const called = await Promise.all(examples.map(([line]) => parsed(line)));
      expect(called).toContain(path);
    }
  });

  it('are meant by what other programs call them, once each', () => {
    const named = everyCommand(program).flatMap((command) =>
      (wordsOf(command).alsoCalled ?? []).map((word) => [word, pathOf(command)] as const),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(new Set(named.map(([word]) => word)).size).toBe(named.length);
    for (const [word, path] of named) expect(meantCommand(word, program)).toBe(path);
    expect(named.filter(([word]) => COMMAND_PATHS.includes(word))).toEqual([]);
  });

  it('come in the first screen of the help, all of them', async () => {
    const first = (await help()).stdout.split('\n').slice(0, 33).join('\n');
    for (const command of program.commands) expect(first).toContain(`\n  ${command.name()}`);
  });
});

describe.each(TOPICS)('help on %s', (topic) => {
  it('fits 80 columns', async () => {
    const { status, stdout, stderr } = await help(topic);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout.length).toBeGreaterThan(500);
  });

  it('fits narrow terminals', async () => {
    const narrow = fakeHost({ cwd: HOME, env: { HOME }, terminal: true });
    narrow.stdout.columns = 40;
    const { stdout } = await outcomeOf(['help', topic], narrow);
    const tooLong = stdout.split('\n').filter((line) => line.length > 40 && line.trim().includes('  '));
    expect(tooLong).toEqual([]);
  });

  it('may be named in two words', async () => {
    expect(await help(...topic.split('-'))).toEqual(await help(topic));
  });
});

describe('help on something else', () => {
  it.each([
    [['enviroment'], 'Did you mean "start-jupyter help environment"? '],
    [['exit-code'], 'Did you mean "start-jupyter help exit-codes"? '],
    [['lits'], 'Did you mean "start-jupyter help list"? '],
    [['cancel'], 'Did you mean "start-jupyter help stop"? '],
    [['templates', 'copi'], 'Did you mean "start-jupyter help templates copy"? '],
    [['weather'], ''],
  ])('%j', async (words, meant) => {
    expect(await help(...words)).toEqual({
      status: 2,
      stdout: '',
      stderr: `start-jupyter: There is no help on "${words.join(' ')}".\n${meant}Topics: exit-codes, environment, files; or any command.\n`,
    });
  });
});

describe('help on environment', () => {
  it('has every variable that stands for an option, and no other of that name', async () => {
    const { stdout } = await help('environment');
    const named = [...new Set(stdout.match(/START_JUPYTER_[A-Z_]+(?![A-Z_*])/g))].filter(
      (name) => !name.endsWith('_'),
    );
    const env = Object.fromEntries(named.map((name) => [name, 'x']));
    expect(unknownVariables(program, env)).toEqual([]);
    const options = program.options.filter((option) => option.name() !== 'version');
    expect(named).toHaveLength(options.length + Object.keys(OWN_VARIABLES).length);
  });

  it('has every other variable that the launcher looks at', () => {
    const said = JSON.stringify([OTHER_VARIABLES, OWN_VARIABLES]);
    const looked = sources('src', ['proxy', 'words']).flatMap((text) =>
      [...text.matchAll(/\benv(?:\.|\[')([A-Z][A-Z0-9_]+)/g)].map(([, name = '']) => name),
    );
    expect(looked.length).toBeGreaterThan(20);
    const unsaid = new Set(
      looked.filter((name) => !name.startsWith('START_JUPYTER_') && !isSaid(name, said)),
    );
    expect([...unsaid]).toEqual([]);
  });
});

function isSaid(name: string, said: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(said) || said.includes(`${name.replace(/_.*/, '')}_*`);
}

describe('help on files', () => {
  const names = SESSION_FILES.rows.flatMap(
    ([term, text]) => `${term}, ${text}`.match(/[\w-]+(\.\w+)?\/?/g) ?? [],
  );

  it('has every file that the job has to do with', () => {
    const used = [...texts('batch-templates')].flatMap((text) =>
      [...text.matchAll(/session_dir\/([\w-]+(?:\.\w+)*)/g)].map(([, name = '']) => name),
    );
    expect(used.length).toBeGreaterThan(5);
    // What is renamed as soon as it is written is nobody's business.
    const unsaid = used.filter(
      (name) => !/\.(new|tmp)$/.test(name) && name !== 'lib' && !names.includes(name),
    );
    expect([...new Set(unsaid)]).toEqual([]);
  });

  it('has every file that the launcher writes or reads there', () => {
    const used = sources('src', ['proxy', 'words']).flatMap((text) =>
      [
        ...text.matchAll(/staged\.write\(\s*'([\w.-]+)'/g),
        ...text.matchAll(/join\((?:\w+\.)*directory, '([\w.-]+)'\)/g),
      ].map(([, name = '']) => name),
    );
    expect(used).toEqual(expect.arrayContaining(['session.json', 'token', 'job.log']));
    expect([...new Set(used.filter((name) => !names.includes(name)))]).toEqual([]);
  });

  it('says where they are for this person', async () => {
    const env = { HOME, XDG_STATE_HOME: '/scratch/ann', START_JUPYTER_CONFIG: '/opt/site/systems.yaml' };
    const { stdout } = await outcomeOf(['help', 'files'], fakeHost({ cwd: HOME, env, platform: 'linux' }));
    const at = (text: string) => stdout.indexOf(text);
    expect(at('~/.config/start-jupyter/systems.yaml')).toBeGreaterThan(0);
    expect(at('/opt/site/systems.yaml')).toBeGreaterThan(at('~/.config/start-jupyter/systems.yaml'));
    expect(at('/etc/start-jupyter/systems.yaml')).toBeGreaterThan(at('/opt/site/systems.yaml'));
    expect(at('/opt/site/templates/')).toBeGreaterThan(at('~/.config/start-jupyter/templates/'));
    expect(stdout).toContain('/scratch/ann/start-jupyter/sessions/ID/');
    expect(stdout).toContain('/scratch/ann/start-jupyter/conda/');
  });
});

function* texts(folder: string): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) yield readFileSync(join(entry.parentPath, entry.name), 'utf8');
  }
}

function sources(folder: string, without: readonly string[]): string[] {
  const folders = readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !without.includes(entry.name))
    .map((entry) => join(folder, entry.name));
  return folders.flatMap((each) => [...texts(each)]);
}
