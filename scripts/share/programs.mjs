// The two programs as plain data: their options, commands and arguments, as `--help` knows them.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { parse } from 'yaml';

const ENTRY = `
export { buildProgram } from './src/cli/program.ts';
export { createProgram } from './src/proxy/program.ts';
export { helpTopic } from './src/cli/help-topics.ts';
export { SSH_WAYS } from './src/site/schema.ts';
export { COMMANDS, LAUNCH } from './src/words/commands.ts';
export { EXIT_CODES } from './src/words/exit-codes.ts';
export { TOPICS } from './src/words/help.ts';
`;

/**
 * `programs`: the launcher and the proxy, as `describe` gives them; `exitCodes`: what they mean; `topics`: parts of the
 * launcher's help, with rows of a term and a text.
 */
export async function loadPrograms(root) {
  const folder = mkdtempSync(join(tmpdir(), 'start-jupyter-share-'));
  try {
    const outfile = join(folder, 'programs.mjs');
    await build({
      stdin: { contents: ENTRY, resolveDir: root, loader: 'ts' },
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      // Commands are loaded when they run, and none runs here.
      plugins: [{ name: 'no-commands', setup: leaveOutLazyParts }],
      define: { __VERSION__: '"0"', __SYSTEMS__: 'null' },
      banner: {
        js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);",
      },
      logLevel: 'warning',
    });
    const code = await import(pathToFileURL(outfile).href);
    const launcher = code.buildProgram({}, () => undefined);
    const words = fixedWords(root, code, launcher);
    return {
      programs: [
        { ...describe(launcher, words, code.COMMANDS), examples: code.LAUNCH.examples },
        describe(code.createProgram({}), words),
      ],
      exitCodes: Object.values(code.EXIT_CODES),
      topics: Object.fromEntries(
        code.TOPICS.map((topic) => [topic, code.helpTopic(topic, launcher, ANYWHERE)]),
      ),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Nobody in particular, for whom the lists of files are. */
const ANYWHERE = {
  env: { HOME: '/home/you' },
  cwd: '/',
  platform: 'linux',
  packageRoot: new URL('file:///PACKAGE/'),
};

function leaveOutLazyParts({ onResolve }) {
  onResolve({ filter: /^\./ }, ({ path, kind }) =>
    kind === 'dynamic-import' ? { path, external: true } : undefined,
  );
}

/** What may stand for a value and is the same everywhere: by an option, or a command's argument (`templates show <name>`). */
function fixedWords(root, { SSH_WAYS, TOPICS }, launcher) {
  // Without their folder the scheduler's own are meant.
  const templates = ['jupyterlab', 'notebook'];
  const systems = Object.keys(parse(readFileSync(join(root, 'systems.yaml'), 'utf8')).systems);
  return {
    '--server': ['notebook', 'jupyterlab'],
    '--batch-script': templates,
    '--system': systems,
    'templates show <name>': templates,
    'templates copy <name>': templates,
    '--connect': ['proxy', 'ssh'],
    '--ssh-way': [...SSH_WAYS],
    '--until': ['ready', 'ended'],
    '--notify': ['mail'],
    '--warn-before': ['none'],
    '--idle-timeout': ['none'],
    'help [topic...]': [...TOPICS, ...launcher.commands.map((command) => command.name())],
  };
}

/**
 * A command with what is below it. `path`: the words that lead to it, without the program's name; `options`: those of its
 * help; `taken`: all that it takes.
 */
function describe(command, words, said = {}, path = [], above = []) {
  const help = command.createHelp();
  const below = help.visibleCommands(command);
  const { examples = [], more } = said[path.join(' ')] ?? {};
  const options = help.visibleOptions(command).map((option) => describeOption(option, words));
  // These are about a launch, and take the options of one.
  const ofLaunch = ['doctor', 'again'].includes(command.name());
  const taken = ofLaunch ? above.filter(({ long }) => long !== '--version') : [];
  return {
    name: command.name(),
    path,
    summary: command.summary() || command.description(),
    description: command.description(),
    examples,
    more,
    usage: command.usage(),
    options,
    taken: [...options, ...taken.filter(({ long }) => options.every((own) => own.long !== long))],
    arguments: command.registeredArguments.map((argument) => {
      const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
      const shown = argument.required ? `<${name}>` : `[${name}]`;
      return {
        name: argument.name(),
        shown,
        completes: completionOf(shown, words[[...path, shown].join(' ')]),
      };
    }),
    commands: below.map((each) => describe(each, words, said, [...path, each.name()], options)),
  };
}

function describeOption(option, words) {
  return {
    flags: option.flags,
    short: option.short,
    long: option.long,
    description: option.description,
    takesValue: option.required || option.optional,
    repeats: Array.isArray(option.defaultValue) || / may be repeated/.test(option.description),
    value: /[<[](.*)[>\]]$/.exec(option.flags)?.[1] ?? '',
    completes: completionOf(option.flags, words[option.long] ?? listed(option)),
  };
}

/** `--scheduler <name>`: "whose queue: slurm, torque or pbs". */
function listed({ long, description }) {
  return long === '--scheduler' ? description.replace(/^.*: /, '').split(/, | or /) : undefined;
}

/** By the name that the help gives a value. `files` beside words: both do. */
function completionOf(notation, words = []) {
  const value = /[<[](.*)[>\]]$/.exec(notation)?.[1] ?? '';
  if (value === 'boolean') return { kind: 'words', words: ['true', 'false'] };
  if (/^(--conda-env|-b|-I|--image)\b/.test(notation)) return { kind: 'files', words };
  if (/^(file|path\[:path\]|to)$/.test(value)) return { kind: 'files', words };
  if (/^(path|dir|folder)$/.test(value)) return { kind: 'folders', words };
  return { kind: words.length > 0 ? 'words' : 'none', words };
}
