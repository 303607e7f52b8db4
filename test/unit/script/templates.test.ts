import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLine } from '../../../src/script/placeholders.js';
import { findTemplate, readTemplate, shippedTemplatePath } from '../../../src/script/templates.js';
import { templateServer } from '../../../src/script/check.js';

const openLines = (text: string) => text.split('\n').flatMap((line) => openLine(line)?.name ?? []);
const GOOD = '#!/bin/bash\nsession_dir={{session_dir}}\n';
let top: string;
let templatesFolder: string;
let cwd: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'sj-templates-'));
  templatesFolder = join(top, 'batch-templates');
  cwd = join(top, 'here');
  mkdirSync(cwd);
  mkdirSync(join(templatesFolder, 'lib'), { recursive: true });
  for (const folder of ['slurm', 'torque']) {
    mkdirSync(join(templatesFolder, folder), { recursive: true });
    writeFileSync(join(templatesFolder, folder, 'notebook.sh'), GOOD);
  }
  writeFileSync(join(templatesFolder, 'slurm', 'jupyterlab.sh'), GOOD);
  writeFileSync(join(templatesFolder, 'slurm', 'another.sh'), GOOD);
  writeFileSync(join(templatesFolder, 'lib', 'run.sh'), GOOD);
});

afterEach(() => {
  rmSync(top, { recursive: true, force: true });
});

const find = (name: string, scheduler = 'slurm') => findTemplate({ name, scheduler, templatesFolder, cwd });

describe('findTemplate', () => {
  it.each([
    ['slurm/notebook.sh', 'torque', 'slurm/notebook.sh'],
    ['torque/notebook.sh', 'slurm', 'torque/notebook.sh'],
    ['notebook.sh', 'torque', 'torque/notebook.sh'],
    ['jupyterlab.sh', 'slurm', 'slurm/jupyterlab.sh'],
    ['batch_notebook.sh', 'slurm', 'slurm/notebook.sh'],
    ['batch_jupyterlab.sh', 'slurm', 'slurm/jupyterlab.sh'],
  ])('%s on %s is the shipped %s', async (name, scheduler, expected) => {
    expect(await find(name, scheduler)).toBe(join(templatesFolder, expected));
  });

  it.each(["my own $(job) it's.sh", './x.sh', 'sub/notebook.sh'])('%j is a file here', async (name) => {
    mkdirSync(join(cwd, 'sub'));
    writeFileSync(join(cwd, name), GOOD);
    expect(await find(name)).toBe(join(cwd, name));
  });

  it('takes an absolute path', async () => {
    const path = join(cwd, 'x.sh');
    writeFileSync(path, GOOD);
    expect(await find(path)).toBe(path);
  });

  it('does not guess between a shipped template and a file of its name', async () => {
    writeFileSync(join(cwd, 'notebook.sh'), GOOD);
    await expect(find('notebook.sh')).rejects.toMatchObject({
      code: 'unknown-template',
      hint: 'Write ./notebook.sh for the file here, slurm/notebook.sh for the shipped one.',
    });
    expect(await find('./notebook.sh')).toBe(join(cwd, 'notebook.sh'));
  });

  it('looks at nothing in the current directory when the configuration said the name', async () => {
    mkdirSync(join(cwd, 'pbs'));
    for (const name of ['notebook.sh', 'job.sh', 'pbs/notebook.sh']) writeFileSync(join(cwd, name), GOOD);
    const said = (name: string) => findTemplate({ name, scheduler: 'slurm', templatesFolder });
    const before = process.cwd();
    process.chdir(cwd);
    try {
      expect(await said('notebook.sh')).toBe(join(templatesFolder, 'slurm', 'notebook.sh'));
      expect(await said(join(cwd, 'job.sh'))).toBe(join(cwd, 'job.sh'));
      for (const name of ['job.sh', 'pbs/notebook.sh'])
        await expect(said(name)).rejects.toMatchObject({ code: 'unknown-template' });
    } finally {
      process.chdir(before);
    }
  });

  it.each(['nothing.sh', 'slurm/nothing.sh', 'lib/run.sh', 'slurm/another.sh', '/no/such/file', '~/x.sh'])(
    '%j is not known, with a list of what there is',
    async (name) => {
      await expect(find(name)).rejects.toMatchObject({
        code: 'unknown-template',
        message: expect.stringContaining(`"${name}"`) as string,
        hint: expect.stringContaining(
          'slurm/jupyterlab.sh, slurm/notebook.sh, torque/notebook.sh.',
        ) as string,
      });
    },
  );
});

describe('shippedTemplatePath', () => {
  it('is in the folder of the scheduler', () => {
    expect(shippedTemplatePath(templatesFolder, 'slurm', 'notebook')).toBe(
      join(templatesFolder, 'slurm', 'notebook.sh'),
    );
  });
});

describe('readTemplate', () => {
  const file = () => join(cwd, 'x.sh');
  const refused = (message: string) => ({
    code: 'bad-template',
    message: expect.stringContaining(message) as string,
  });

  it('reads and checks', async () => {
    writeFileSync(file(), GOOD);
    expect(await readTemplate(file())).toEqual({ path: file(), text: GOOD });
    writeFileSync(file(), 'echo');
    await expect(readTemplate(file())).rejects.toMatchObject(refused(`${file()}, line 1:`));
  });

  it('takes every template that we ship', async () => {
    const folder = resolve(import.meta.dirname, '../../../batch-templates');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const shipped = files.filter((name) => /(notebook|jupyterlab)\.sh$/.test(name));
    expect(shipped.length).toBeGreaterThanOrEqual(4);
    for (const name of shipped) {
      const { text } = await readTemplate(join(folder, name));
      expect(openLines(text), name).toEqual(['session_dir']);
      // What it starts stands in it, so that a copy under another name starts the same.
      expect(name).toContain(`/${templateServer(text) ?? 'no server'}.sh`);
    }
  });

  it('refuses a directory', async () => {
    await expect(readTemplate(cwd)).rejects.toMatchObject(refused('is a directory'));
  });

  it('refuses a file that is too large', async () => {
    writeFileSync(file(), GOOD);
    truncateSync(file(), 1024 * 1024 + 1);
    await expect(readTemplate(file())).rejects.toMatchObject(refused('larger than 1 MiB'));
  });

  it('says why a file cannot be read', async () => {
    await expect(readTemplate(file())).rejects.toMatchObject(refused('cannot be read (ENOENT)'));
  });

  it.skipIf(process.platform === 'win32')('does not wait on a device', async () => {
    await expect(readTemplate('/dev/zero')).rejects.toMatchObject(refused('is not an ordinary file'));
  });

  // Root may read everything.
  if (process.platform !== 'win32' && process.getuid?.() !== 0) {
    it('says so when it may not', async () => {
      writeFileSync(file(), GOOD);
      chmodSync(file(), 0);
      await expect(readTemplate(file())).rejects.toMatchObject(refused('cannot be read (EACCES)'));
    });
  }
});
