import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activateConda } from '../../../src/jupyter/conda.js';
import { asItIs } from '../../../src/jupyter/resolve.js';
import { anyText } from '../script/any-text.js';
import { condaEnvironment, resolveContext, standIn } from './conda-stand-in.js';

const canRun = process.platform === 'linux';

describe.skipIf(!canRun)('an activated conda environment', () => {
  let home: string;

  beforeEach(() => {
    home = realpathSync(mkdtempSync(join(tmpdir(), 'sj-activate-')));
  });

  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const PATH = '/usr/bin:/bin';
  const activate = (nameOrPath: string, env: NodeJS.ProcessEnv = {}, init?: string) =>
    activateConda(
      { kind: 'env', nameOrPath },
      init,
      asItIs({ PATH, HOME: home, ...env }),
      resolveContext(home),
    );

  it('is what conda makes of it, recorded for the job', async () => {
    const prefix = condaEnvironment(join(home, 'envs', 'astro'));
    const activated = await activate(prefix, { LANG: 'C.UTF-8' });
    const { env, words, recorded } = activated;
    expect(env).toMatchObject({
      PATH: `${prefix}/bin:${PATH}`,
      CONDA_PREFIX: prefix,
      CONDA_DEFAULT_ENV: 'astro',
      CONDA_SHLVL: '1',
      CONDA_PROMPT_MODIFIER: '(astro) ',
      LANG: 'C.UTF-8',
    });
    expect(words).toBe('conda environment astro');
    expect(recorded).toEqual({ sj_conda_prefix: prefix, sj_conda_name: 'astro' });
    expect(await activated.probe()).toMatchObject({ found: { path: join(prefix, 'bin/jupyter') } });
  });

  it('has what its packages set: scripts in their order, variables, and what unsets one', async () => {
    const prefix = condaEnvironment(join(home, 'e'), {
      'etc/conda/activate.d/b.sh': 'export ORDER="${ORDER}b" NOISE=yes; echo noise; [ "$UNSET" ] || false',
      'etc/conda/activate.d/B.sh': 'export ORDER="${ORDER}B" HERE="$CONDA_PREFIX"; return 3',
      'etc/conda/activate.d/a.sh': 'cat; export ORDER="${ORDER}a"; shift; NOT_EXPORTED=1',
      'etc/conda/activate.d/z.csh': 'setenv ORDER z',
      'etc/conda/env_vars.d/pkg.json': '{"FROM_PACKAGE": "p", "BOTH": "package"}',
      'conda-meta/state': JSON.stringify({
        version: 1,
        env_vars: { BOTH: `$(touch x) "q" 'é'\n`, GONE: '***unset***', 'no name': 'x', NUMBER: 7 },
      }),
    });
    pythonIn(prefix);
    const { env } = await activate(prefix, { GONE: 'there' });
    expect(env).toMatchObject({ ORDER: 'Bab', HERE: prefix, NOISE: 'yes', FROM_PACKAGE: 'p', NUMBER: '7' });
    expect(env['BOTH']).toBe(`$(touch x) "q" 'é'\n`);
    for (const name of ['GONE', 'NOT_EXPORTED', 'no name', 'sj_script'])
      expect(env).not.toHaveProperty([name]);
  });

  it('leaves what was active before', async () => {
    const [base, old, prefix] = ['base', 'old', 'new'].map((name) => condaEnvironment(join(home, name)));
    mkdirSync(join(old!, 'etc/conda/deactivate.d'), { recursive: true });
    writeFileSync(join(old!, 'etc/conda/deactivate.d/1.sh'), 'unset OLD_THING; export LAST="${LAST}1"');
    writeFileSync(join(old!, 'etc/conda/deactivate.d/2.sh'), 'export LAST="${LAST}2"');
    const { env } = await activate(prefix!, {
      PATH: `/venv/bin:${old!}/bin:${base!}/bin:${base!}/condabin:${PATH}:${old!}/bin`,
      CONDA_PREFIX: old,
      CONDA_PREFIX_1: base,
      CONDA_SHLVL: '2',
      CONDA_STACKED_2: 'true',
      VIRTUAL_ENV: '/venv',
      OLD_THING: 'set',
    });
    expect(env).toMatchObject({
      PATH: `${prefix!}/bin:${base!}/condabin:${PATH}`,
      CONDA_SHLVL: '1',
      LAST: '21',
    });
    for (const name of ['OLD_THING', 'VIRTUAL_ENV', 'CONDA_PREFIX_1', 'CONDA_STACKED_2'])
      expect(env).not.toHaveProperty(name);
    // Again: nothing is there twice.
    expect((await activate(prefix!, env)).env['PATH']).toBe(env['PATH']);
  });

  it('is found through the script of the site that makes conda known', async () => {
    const prefix = condaEnvironment(join(home, 'envs', 'astro'));
    standIn(join(home, 'site'), ['conda'], { folders: [join(home, 'envs')] });
    const init = join(home, 'conda.sh');
    writeFileSync(init, `echo welcome; export PATH="${home}/site:$PATH"; conda() { :; }`);
    const { env } = await activate('astro', {}, init);
    expect(env['PATH']).toBe(`${prefix}/bin:${home}/site:${PATH}`);
    await expect(activate('astro', {}, join(home, 'none'))).rejects.toMatchObject({ code: 'no-conda' });
    writeFileSync(init, 'echo no licence >&2; exit 1');
    await expect(activate('astro', {}, init)).rejects.toMatchObject({
      message: `"${init}" ended the shell that ran it.`,
      detail: 'no licence',
    });
  });

  it('comes after modules, whose record stays', async () => {
    const prefix = condaEnvironment(join(home, 'e'));
    const resolved = {
      ...asItIs({ PATH, HOME: home }),
      words: 'module cuda/12',
      recorded: { sj_modules: 'cuda/12' },
    };
    const { words, recorded } = await activateConda(
      { kind: 'env', nameOrPath: prefix },
      undefined,
      resolved,
      resolveContext(home),
    );
    expect(words).toBe(`conda environment ${prefix}, module cuda/12`);
    expect(recorded).toMatchObject({ sj_modules: 'cuda/12', sj_conda_prefix: prefix });
  });

  it('without Jupyter is refused, although there is another one on PATH', async () => {
    const prefix = condaEnvironment(join(home, 'my env'));
    rmSync(join(prefix, 'bin/jupyter'));
    const other = condaEnvironment(join(home, 'other'));
    await expect(activate(prefix, { PATH: `${other}/bin:${PATH}` })).rejects.toMatchObject({
      code: 'no-jupyter',
      hint: `conda install -p '${prefix}' jupyterlab notebook`,
    });
    const file = join(home, 'astro.yml');
    writeFileSync(file, 'dependencies:\n  - python # none\n  - jupyter-client\n');
    standIn(join(home, 'bin'), ['conda']);
    const building = activateConda(
      { kind: 'yml', file },
      undefined,
      asItIs({ PATH: `${join(home, 'bin')}:${PATH}`, HOME: home }),
      resolveContext(join(home, 'kept')),
    );
    await expect(building).rejects.toMatchObject({
      code: 'no-jupyter',
      message: 'There is no Jupyter in the conda environment of astro.yml.',
    });
  });

  it('that is not built yet is not looked into by a dry run', async () => {
    const file = join(home, 'astro.yml');
    writeFileSync(file, 'dependencies:\n  - jupyterlab\n');
    const context = resolveContext(join(home, 'kept'), { dryRun: true });
    const activated = await activateConda(
      { kind: 'yml', file },
      undefined,
      asItIs({ PATH, HOME: home }),
      context,
    );
    expect(activated.words).toBe('conda environment of astro.yml');
    // For a system that wants conda.
    expect(activated.env['CONDA_PREFIX']).toContain(join(home, 'kept'));
    expect(await activated.probe()).toEqual({
      notLooked: expect.stringContaining('is not built yet') as string,
    });
  });

  it('may have a script that parts words in another way', async () => {
    const script = { 'etc/conda/activate.d/x.sh': 'export IFS=: LEVEL=high' };
    const { env } = await activate(condaEnvironment(join(home, 'e'), script));
    expect(env).toMatchObject({ CONDA_PREFIX: join(home, 'e'), HOME: home, LEVEL: 'high' });
    const init = join(home, 'init.sh');
    writeFileSync(init, 'IFS=e');
    expect((await activate(join(home, 'e'), {}, init)).env).toMatchObject({ HOME: home });
  });

  it('whose script ends the shell is refused with its words', async () => {
    const prefix = condaEnvironment(join(home, 'e'), {
      'etc/conda/activate.d/x.sh': 'echo "go away" >&2; exit 0',
    });
    await expect(activate(prefix)).rejects.toMatchObject({ code: 'no-conda', detail: 'go away' });
  });

  it('may have any path that PATH can hold: it arrives exactly, and nothing of it is executed', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyText
          .map((text) => text.replace(/[/:]/g, '').slice(0, 60))
          .filter((text) => !['', '.', '..'].includes(text)),
        async (text) => {
          const name = Buffer.from(text, 'utf8')
            .subarray(0, 200)
            .toString('utf8')
            .replace(/\uFFFD/g, '');
          const prefix = condaEnvironment(join(home, `p${name}`));
          const { env, recorded } = await activate(prefix);
          expect(env['PATH']).toBe(`${prefix}/bin:${PATH}`);
          expect([env['CONDA_PREFIX'], recorded['sj_conda_prefix']]).toEqual([prefix, prefix]);
          rmSync(prefix, { recursive: true });
        },
      ),
      { numRuns: 25, endOnFailure: true },
    );
  });
});

/** A Python of its own, as every environment with Jupyter has one. */
function pythonIn(prefix: string): void {
  const python = execFileSync('/bin/sh', ['-c', 'command -v python3'], { encoding: 'utf8' }).trim();
  writeFileSync(join(prefix, 'bin/python'), `#!/bin/sh\nexec ${python} "$@"\n`);
  chmodSync(join(prefix, 'bin/python'), 0o755);
}
