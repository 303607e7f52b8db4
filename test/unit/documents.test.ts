/** The documents say what the programs do: options, exit codes and keys are those of the code, and links lead somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addLaunchOptions } from '../../src/cli/options.js';
import { readVariables, variableOf } from '../../src/cli/variables.js';
import { EXIT_CODES } from '../../src/words/exit-codes.js';
import { KEYS, type KeyFacts } from '../../src/proxy/configuration/keys.js';

const root = join(import.meta.dirname, '../..');
const inFolder = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
const DOCUMENTS = [...inFolder('.'), ...inFolder('docs')].sort();

const read = (document: string): string => readFileSync(join(root, document), 'utf8');

/** The cells of each row of the table whose head begins with these words. A `\|` is no border. */
function tableOf(document: string, ...head: string[]): string[][] {
  const rows = read(document)
    .split('\n')
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .map((cells) => cells.slice(1, -1));
  const start = rows.findIndex((cells) => head.every((word, at) => cells[at] === word));
  if (start === -1) throw new Error(`${document} has no table with the head ${head.join(', ')}`);
  const end = rows.findIndex((cells, at) => at > start && cells.length === 0);
  return rows.slice(start + 2, end);
}

/** What stands between backticks in a cell. */
const codeIn = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

/** `-p, --partition NAME` as `-p --partition`: how the documents name a value is free. */
const flags = (notation: string): string => (notation.match(/(?<![\w-])--?[a-z][a-z-]*/gi) ?? []).join(' ');

describe('README.md', () => {
  it('has every option of the launcher, and no other', () => {
    const shown = tableOf('README.md', 'option', 'meaning').flatMap(([cell]) => codeIn(cell).map(flags));
    const { options } = addLaunchOptions(new Command());
    expect(shown.sort()).toEqual(options.map((option) => flags(option.flags)).sort());
  });

  it('is right in that every option has a variable', () => {
    const { options } = addLaunchOptions(new Command());
    const without = options.filter((option) => {
      const command = addLaunchOptions(new Command());
      readVariables(command, { [variableOf(option.name())]: option.required ? 'x' : 'yes' });
      return command.getOptionValueSource(option.attributeName()) !== 'env';
    });
    expect(without.map(({ long }) => long)).toEqual([]);
  });

  it('has every exit code with its meaning', () => {
    const shown = tableOf('README.md', 'exit code', 'meaning');
    const codes = Object.values(EXIT_CODES).map(({ code, meaning }) => [String(code), meaning]);
    expect(shown).toEqual(codes);
  });
});

describe('docs/proxy.md', () => {
  it('has every key with its option, and no other', () => {
    const shown = tableOf('docs/proxy.md', 'key', 'option').map(([key, option]) => [
      codeIn(key)[0],
      flags(codeIn(option)[0] ?? ''),
    ]);
    const keys = Object.entries<KeyFacts>(KEYS).map(([key, { option = '' }]) => [key, flags(option)]);
    expect(shown.sort()).toEqual(keys.sort());
  });
});

describe('CONTRIBUTING.md', () => {
  it('names every npm script', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const short = ['start', 'test'];
    const commands = Object.keys(scripts)
      .filter((name) => name !== 'prepack')
      .map((name) => `npm ${short.includes(name) ? '' : 'run '}${name}`);
    const shown = tableOf('CONTRIBUTING.md', 'command', 'what it does').flatMap(([cell]) => codeIn(cell));
    expect(shown.sort()).toEqual(commands.sort());
  });
});

describe.each(DOCUMENTS)('%s', (document) => {
  const links = linksIn(read(document));

  it('links only to files that exist', () => {
    const files = links.map((link) => link.replace(/#.*/, '')).filter(Boolean);
    expect(files.filter((file) => !existsSync(join(root, dirname(document), file)))).toEqual([]);
  });

  it('links only to headings that exist', () => {
    const lost = links.filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? document : join(dirname(document), file);
      return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
    });
    expect(lost).toEqual([]);
  });
});

/** Links and images that lead to a file or heading of ours. What stands in code is none. */
function linksIn(text: string): string[] {
  const prose = text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/i.test(link));
}

/** As GitHub makes them: small letters, blanks as hyphens, nothing but letters, digits, `-` and `_`. */
function anchorsOf(text: string): string[] {
  return [...text.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
