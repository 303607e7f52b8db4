/** The example images: what can be said of them without building them. Neither needs more than the package holds. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(join(root, 'share', name), 'utf8');

/** `%post` and the others, by name. */
function sectionsOf(definition: string): Map<string, string> {
  const parts = definition.split(/^%(\w+)\n/m).slice(1);
  return new Map(parts.flatMap((part, at) => (at % 2 === 0 ? [[part, parts[at + 1]!] as const] : [])));
}

/** The shell of each RUN, its continued lines joined. */
function runsOf(containerfile: string): string[] {
  const lines = containerfile.replaceAll('\\\n', '').split('\n');
  return lines.filter((line) => line.startsWith('RUN ')).map((line) => line.slice(4));
}

const sections = sectionsOf(read('start-jupyter.def'));
const runs = runsOf(read('Containerfile'));
const scripts: [string, string][] = [
  ...['post', 'environment', 'runscript', 'test'].map((name): [string, string] => [
    `%${name}`,
    sections.get(name) ?? '',
  ]),
  ...runs.map((text, at): [string, string] => [`RUN ${at + 1}`, text]),
];

describe.skipIf(!existsSync('/usr/bin/shellcheck'))('the example images', () => {
  it.each(scripts)('%s is shell', (_name, text) => {
    expect(text.trim()).not.toBe('');
    const checked = spawnSync('shellcheck', ['--shell=sh', '-'], { input: text, encoding: 'utf8' });
    expect(checked).toMatchObject({ stdout: '', status: 0 });
  });
});

it('install the same in both', () => {
  const both = [sections.get('post') ?? '', runs.join('\n')];
  for (const pattern of [
    /apt-get install [^\n&]*/,
    /pip install [^\n&]*/,
    /tar -xzf [^\n&]*/,
    /ln -s [^\n&]*/,
  ]) {
    const [inImage, inContainer] = both.map((text) => pattern.exec(text)?.[0].trim());
    expect(inImage).toBeDefined();
    expect(inImage).toBe(inContainer);
  }
  const [, linked = ''] = /ln -s \/opt\/start-jupyter\/(\S+)/.exec(both[0] ?? '') ?? [];
  expect(existsSync(join(root, linked))).toBe(true);
  const [first, second] = ['start-jupyter.def', 'Containerfile'].map(
    (name) => /^From:? (\S+)/im.exec(read(name))?.[1],
  );
  expect(first).toBe(second);
});
