import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { templateServer } from '../../../src/script/check.js';
import {
  otherNames,
  readTemplate,
  shippedTemplatePath,
  templateNames,
} from '../../../src/script/templates.js';

const GOOD = '#!/bin/bash\nstart_session\n';
let top: string;
let cwd: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'sj-templates-'));
  cwd = join(top, 'here');
  mkdirSync(cwd);
});

afterEach(() => {
  rmSync(top, { recursive: true, force: true });
});

describe('templateNames', () => {
  it('lists what ends in .sh, in the folder and in those of schedulers', async () => {
    const names = [
      'a.sh',
      'slurm/z.sh',
      'pbs/my own.sh',
      '.hidden.sh',
      'note.txt',
      'slurm/x.sh~',
      'other/y.sh',
    ];
    for (const folder of ['pbs', 'other']) mkdirSync(join(cwd, folder));
    mkdirSync(join(cwd, 'slurm', 'folder.sh'), { recursive: true });
    for (const name of names) writeFileSync(join(cwd, name), '');
    expect(await templateNames(cwd)).toEqual(['a.sh', 'pbs/my own.sh', 'slurm/z.sh']);
    expect(await otherNames(cwd)).toEqual(['note.txt']);
  });

  it('lists nothing where there is no folder', async () => {
    expect(await templateNames(join(cwd, 'gone'))).toEqual([]);
  });
});

describe('shippedTemplatePath', () => {
  it('is in the folder of the scheduler', () => {
    expect(shippedTemplatePath('/t', 'slurm', 'notebook')).toBe(join('/t', 'slurm', 'notebook.sh'));
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
