import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import * as source from '../../../src/site/load.js';

const packageFolder = resolve(import.meta.dirname, '../../..');
const shippedFile = join(packageFolder, 'systems.yaml');

it('what is compiled into the program says the same as systems.yaml, without reading it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sj-compiled-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const systems: unknown = parse(readFileSync(shippedFile, 'utf8'), { schema: 'failsafe' });
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

  const nowhere = join(folder, 'no', 'systems.yaml');
  const found = await compiled.loadSystems({ shippedFile: nowhere, files: [], minutes: Number });
  const expected = await source.loadSystems({ shippedFile, files: [], minutes: Number });
  expect(found.map(({ name, values }) => ({ name, values }))).toEqual(
    expected.map(({ name, values }) => ({ name, values })),
  );
  expect(found[0]?.origins.endpoint).toEqual({ layer: 'shipped', file: nowhere });
});
