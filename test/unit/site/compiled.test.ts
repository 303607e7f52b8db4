import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { parseTime } from '../../../src/scheduler/duration.js';
import * as source from '../../../src/site/load.js';

const packageFolder = resolve(import.meta.dirname, '../../..');

/** What we ship, with a profile, of which there is none in it. */
function systemsText(): string {
  const shipped = readFileSync(join(packageFolder, 'systems.yaml'), 'utf8');
  const profile = '{time: 1h, modules: [astro], locked: [time], groups: [astro2026]}';
  return shipped.replace(
    '\n  local:\n',
    `\n  local:\n    profiles: {class: ${profile}}\n    profile: class\n`,
  );
}

it('what is compiled into the program says the same as systems.yaml, and a changed file counts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sj-compiled-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const text = systemsText();
  const file = join(folder, 'systems.yaml');
  writeFileSync(file, text);
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

  const options = { shippedFile: file, files: [], minutes: parseTime };
  const found = await compiled.loadSystems(options);
  const expected = await source.loadSystems(options);
  const said = (systems: typeof found) =>
    systems.map(({ name, values, profiles = new Map<string, never>() }) => {
      return {
        name,
        values,
        profiles: [...profiles.values()].map((profile) => ({ ...profile, origins: {} })),
      };
    });
  expect(said(found)).toEqual(said(expected));
  // Only a file that was parsed has lines.
  expect([found, expected].map(([first]) => first?.origins.scheduler?.line === undefined)).toEqual([
    true,
    false,
  ]);
  expect(found.find(({ name }) => name === 'local')?.profiles?.get('class')).toMatchObject({
    values: { time: 60, modules: ['astro'] },
    locked: ['time'],
  });

  writeFileSync(file, 'systems:\n  here: { scheduler: slurm }\n');
  expect((await compiled.loadSystems(options)).map(({ name }) => name)).toEqual(['here']);
});
