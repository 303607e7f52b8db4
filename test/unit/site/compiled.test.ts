import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import * as source from '../../../src/site/load.js';

const packageFolder = resolve(import.meta.dirname, '../../..');
const shippedFile = join(packageFolder, 'systems.yaml');

it('what is compiled into the program says the same as systems.yaml, and a changed file counts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sj-compiled-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const text = readFileSync(shippedFile, 'utf8');
  const systems = { text, value: parse(text, { schema: 'failsafe' }) as unknown };
  await build({
    entryPoints: [join(packageFolder, 'src', 'site', 'load.ts')],
    outfile: join(folder, 'load.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['yaml'],
    define: { __SYSTEMS__: JSON.stringify(systems) },
  });
  const compiled = (await import(pathToFileURL(join(folder, 'load.mjs')).href)) as typeof source;

  const load = (file: string) => ({ shippedFile: file, files: [], minutes: Number });
  const found = await compiled.loadSystems(load(shippedFile));
  const expected = await source.loadSystems(load(shippedFile));
  expect(found.map(({ name, values }) => ({ name, values }))).toEqual(
    expected.map(({ name, values }) => ({ name, values })),
  );

  const changed = join(folder, 'systems.yaml');
  writeFileSync(changed, 'systems:\n  here: { scheduler: slurm }\n');
  expect((await compiled.loadSystems(load(changed))).map(({ name }) => name)).toEqual(['here']);
});
