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
export { EXIT_CODES } from './src/words/exit-codes.ts';
`;

/** `programs`: the launcher and the proxy, as `describe` gives them; `exitCodes`: what they mean. */
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
    const { buildProgram, createProgram, EXIT_CODES } = await import(pathToFileURL(outfile).href);
    const words = fixedWords(root);
    return {
      programs: [
        describe(
          buildProgram({}, () => undefined),
          words,
        ),
        describe(createProgram({}), words),
      ],
      exitCodes: Object.values(EXIT_CODES),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function leaveOutLazyParts({ onResolve }) {
  onResolve({ filter: /^\./ }, ({ path, kind }) =>
    kind === 'dynamic-import' ? { path, external: true } : undefined,
  );
}

/** What may stand for a value and is the same everywhere: by an option, or a command's argument (`templates show <name>`). */
function fixedWords(root) {
  // Without their folder the scheduler's own are meant.
  const templates = ['jupyterlab', 'notebook'];
  const systems = Object.keys(parse(readFileSync(join(root, 'systems.yaml'), 'utf8')).systems);
  return {
    '--server': ['notebook', 'jupyterlab'],
    '--batch-script': templates,
    '--system': systems,
    'templates show <name>': templates,
    'templates copy <name>': templates,
    'help [topic]': ['exit-codes'],
  };
}

/**
 * A command with what is below it. `path`: the words that lead to it, without the program's name; `options`: those of its
 * help; `taken`: all that it takes.
 */
function describe(command, words, path = [], above = []) {
  const help = command.createHelp();
  // `help` is hidden in the launcher's --help, and of use all the same.
  const below = command.commands.filter((each) => !each._hidden || each.name() === 'help');
  const options = help.visibleOptions(command).map((option) => describeOption(option, words));
  // The doctor looks at a launch, and takes the options of one.
  const taken = command.name() === 'doctor' ? above.filter(({ long }) => long !== '--version') : [];
  return {
    name: command.name(),
    path,
    description: command.description() || (command.name() === 'help' ? 'explains a topic' : ''),
    usage: command.usage(),
    options,
    taken: [...options, ...taken.filter(({ long }) => options.every((own) => own.long !== long))],
    arguments: command.registeredArguments.map((argument) => {
      const shown = argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
      return {
        name: argument.name(),
        shown,
        completes: completionOf(shown, words[[...path, shown].join(' ')]),
      };
    }),
    commands: below.map((each) => describe(each, words, [...path, each.name()], options)),
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
