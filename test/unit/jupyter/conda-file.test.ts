import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readCondaFile } from '../../../src/jupyter/conda-file.js';

const folder = mkdtempSync(join(tmpdir(), 'sj-conda-file-'));
const file = join(folder, 'astro "1".yml');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(text: string | Buffer, check = true): Promise<string> {
  writeFileSync(file, text);
  return readCondaFile(file, check);
}

describe('a file that describes an environment', () => {
  it.each([
    'name: x\ndependencies:\n  - python=3.12\n  - jupyterlab>=4\n',
    'dependencies:\r\n  - "conda-forge::notebook"\r\n',
    'dependencies: [python, jupyter_server]\n',
    'dependencies:\n- pip\n- pip:\n  - jupyterlab\n  - -e git+https://example.org/x.git\n  - https://example.org/y.whl\n',
  ])('%j is read as it is', async (text) => {
    expect(await read(text)).toBe(text);
  });

  it('that names no Jupyter is refused, unless nobody wants to check', async () => {
    const text = 'dependencies:\n  - python # jupyterlab\n# - notebook\n';
    await expect(read(text)).rejects.toMatchObject({
      code: 'no-jupyter',
      message: `${file} names no Jupyter.`,
      hint: expect.stringContaining('- jupyterlab') as string,
    });
    expect(await read(text, false)).toBe(text);
  });

  it.each([
    '-r requirements.txt',
    '--requirement=a.txt',
    '-e .',
    '-c limits.txt',
    './mine',
    '"-r a.txt"',
    '../x',
  ])('that refers to another one is refused: %s', async (entry) => {
    await expect(read(`dependencies:\n- jupyterlab\n- pip:\n  - ${entry}\n`)).rejects.toMatchObject({
      code: 'no-conda',
      message: expect.stringContaining('line 4: - ') as string,
    });
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['something else', 'jupyterlab\n', /describes no conda environment/],
    ['too large', 'x'.repeat(1024 * 1024 + 1), /larger than 1 MiB/],
    ['no text', Buffer.from([0x64, 0xff, 0xfe]), /no text in UTF-8/],
  ])('that is %s is refused', async (_, text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      code: 'no-conda',
      message: expect.stringMatching(message) as string,
    });
  });

  it('that is none is refused', async () => {
    const missing = join(folder, 'missing.yml');
    await expect(readCondaFile(missing, true)).rejects.toThrow(`There is no file ${missing}.`);
    mkdirSync(join(folder, 'dir'));
    await expect(readCondaFile(join(folder, 'dir'), true)).rejects.toThrow(/is no file/);
  });

  it.skipIf(process.platform === 'win32')('that is a pipe is not waited for', async () => {
    const pipe = join(folder, 'pipe.yml');
    execFileSync('mkfifo', [pipe]);
    await expect(readCondaFile(pipe, true)).rejects.toThrow(/is no file/);
  });
});
