import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCondaEnvironment } from '../../../src/jupyter/conda-find.js';
import { anyText } from '../script/any-text.js';
import { condaEnvironment, resolveContext, standIn } from './conda-stand-in.js';

describe.skipIf(process.platform === 'win32')('a conda environment', () => {
  let home: string;
  let bin: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'sj conda-'));
    bin = join(home, 'bin');
  });

  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const find = (nameOrPath: string, env: NodeJS.ProcessEnv = {}) =>
    findCondaEnvironment(
      nameOrPath,
      { PATH: `${bin}:/usr/bin:/bin`, HOME: home, ...env },
      resolveContext(home),
    );

  it('by its path needs no conda; the path may hold anything', async () => {
    const prefix = condaEnvironment(join(home, `my "$(touch x)" 'env'\n`));
    expect(await find(`${prefix}/`)).toEqual({ prefix, name: prefix });
    const named = condaEnvironment(join(home, 'envs', 'astro'));
    expect(await find(named)).toEqual({ prefix: named, name: 'astro' });
    expect(await find('~/envs/astro')).toEqual({ prefix: named, name: 'astro' });
  });

  it('that is active is known without asking', async () => {
    const prefix = condaEnvironment(join(home, 'x'));
    const { calls } = standIn(bin, ['conda']);
    const env = { CONDA_PREFIX: prefix, CONDA_DEFAULT_ENV: 'astro' };
    expect(await find('astro', env)).toEqual({ prefix, name: 'astro' });
    expect(calls()).toEqual([]);
  });

  it.each(['conda', 'mamba', 'micromamba'])('by its name is where %s has it', async (tool) => {
    const root = condaEnvironment(join(home, 'root'));
    const [first, second] = [join(home, 'first'), join(root, 'envs')];
    const astro = condaEnvironment(join(second, 'astro'));
    condaEnvironment(join(second, 'both'));
    const both = condaEnvironment(join(first, 'both'));
    mkdirSync(join(first, 'astro'), { recursive: true });
    standIn(bin, [tool], { root, folders: [first, second], prefixes: [root, astro, both] });
    expect(await find('astro')).toEqual({ prefix: astro, name: 'astro' });
    expect(await find('both')).toEqual({ prefix: both, name: 'both' });
    expect(await find('base')).toEqual({ prefix: root, name: 'base' });
    await expect(find('as')).rejects.toMatchObject({
      code: 'no-conda',
      message: 'There is no conda environment "as".',
      hint: 'There are: base, astro, both.',
    });
  });

  it('is asked for at CONDA_EXE and MAMBA_EXE, and in the usual folders', async () => {
    const astro = condaEnvironment(join(home, 'envs', 'astro'));
    const facts = { folders: [join(home, 'envs')], prefixes: [astro] };
    const hidden = standIn(join(home, 'hidden'), ['conda', 'micromamba'], facts);
    expect((await find('astro', { CONDA_EXE: join(hidden.folder, 'conda') })).prefix).toBe(astro);
    expect((await find('astro', { MAMBA_EXE: join(hidden.folder, 'micromamba') })).prefix).toBe(astro);
    await expect(find('astro')).rejects.toMatchObject({
      hint: expect.stringContaining('Neither conda, mamba nor micromamba was found') as string,
    });
    standIn(join(home, 'miniforge3/bin'), ['conda'], facts);
    expect((await find('astro')).prefix).toBe(astro);
  });

  it('is found by files where no tool answers', async () => {
    standIn(bin, ['conda']);
    writeFileSync(join(bin, 'stand-in.json'), 'broken');
    await expect(find('astro')).rejects.toMatchObject({
      message: 'There is no conda environment "astro".',
      hint: expect.stringMatching(
        /^\S.*conda did not say which there are: try ".*conda info --json"/,
      ) as string,
    });
    const astro = condaEnvironment(join(home, 'mamba', 'envs', 'astro'));
    expect((await find('astro', { MAMBA_ROOT_PREFIX: join(home, 'mamba') })).prefix).toBe(astro);
    mkdirSync(join(home, '.conda'));
    const far = condaEnvironment(join(home, 'far', 'away'));
    writeFileSync(join(home, '.conda/environments.txt'), `${astro}\n\n${far}\n/gone/away\n`);
    await expect(find('away')).rejects.toThrow(/more than one/);
    writeFileSync(join(home, '.conda/environments.txt'), `${astro}\n${far}\n`);
    expect(await find('away')).toEqual({ prefix: far, name: far });
  });

  it('whose name two folders have is not guessed', async () => {
    const [one, two] = [
      condaEnvironment(join(home, 'a', 'astro')),
      condaEnvironment(join(home, 'b', 'astro')),
    ];
    standIn(bin, ['conda'], { prefixes: [one, two] });
    await expect(find('astro')).rejects.toMatchObject({
      code: 'no-conda',
      message: 'There is more than one conda environment "astro".',
      hint: `Name the one that you mean by its path:\n  ${one}\n  ${two}`,
    });
  });

  it('that is none is refused', async () => {
    mkdirSync(join(home, 'folder'));
    mkdirSync(join(home, 'venv'));
    writeFileSync(join(home, 'venv/pyvenv.cfg'), '');
    await expect(find('envs/astro')).rejects.toThrow(/neither a name nor an absolute path/);
    await expect(find(join(home, 'folder'))).rejects.toThrow(/no conda-meta in it/);
    await expect(find(join(home, 'venv'))).rejects.toThrow(/is a virtual environment/);
    await expect(find(join(home, 'none'))).rejects.toThrow(/There is no conda environment/);
    await expect(find(condaEnvironment(join(home, 'a:b')))).rejects.toMatchObject({
      hint: 'Its path has a colon in it.',
    });
  });

  it('is never sought outside of the folders, and nothing is executed', async () => {
    condaEnvironment(join(home, 'envs'));
    condaEnvironment(home);
    standIn(bin, ['conda'], { folders: [join(home, 'envs')] });
    for (const name of ['..', '.', '']) await expect(find(name)).rejects.toMatchObject({ code: 'no-conda' });
    const names = fc.oneof(anyText, fc.constantFrom('-n', '--json', '$(touch x)'));
    await fc.assert(
      fc.asyncProperty(
        names.filter((name) => !name.includes('/')),
        async (name) => {
          await expect(find(name)).rejects.toMatchObject({ code: 'no-conda' });
        },
      ),
      { numRuns: 12, endOnFailure: true },
    );
  });
});
