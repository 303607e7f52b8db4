/** The software that was asked for, made again in the job: by the real module systems, and as conda activates it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { condaEnvironment } from '../jupyter/conda-stand-in.js';
import { moduleSystems, writeModule } from '../jupyter/module-systems.js';
import { startControl } from './control.js';
import { canRunJobs, makeSession, type SessionOptions } from './session.js';
import { started } from './started.js';

const PATH = '/usr/bin:/bin';

/** How a job ends that cannot start its Jupyter. */
async function ended(
  options: Partial<SessionOptions>,
): Promise<{ outcome: string; log: string; secrets: string[] }> {
  const control = await startControl();
  const session = await makeSession({ control, ...options });
  try {
    const job = session.start();
    expect(await job.ended).toBe(1);
    return { outcome: await session.read('outcome'), log: job.log(), secrets: session.secretsLeft() };
  } finally {
    await session.remove();
    await control.close();
  }
}

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sj-software-'));
  await writeModule(
    folder,
    'astro/1.2',
    'prepend-path PATH /opt/astro/bin',
    'setenv ASTRO "it\'s  \\"here\\""',
  );
  await writeModule(folder, 'chatty/1', 'puts stderr "welcome to chatty"', 'setenv CHATTY yes');
  await writeModule(folder, 'old/1', 'setenv OLD yes');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

for (const { system, there, own } of moduleSystems)
  describe.skipIf(!canRunJobs || !there)(`a job with modules of ${system}`, () => {
    const { MODULESHOME } = own;
    const recorded = (modules: string, more: Record<string, string> = {}) => ({
      sj_MODULESHOME: MODULESHOME,
      sj_MODULEPATH: folder,
      sj_LOADEDMODULES: modules.replaceAll(' ', ':'),
      sj_modules: modules,
      sj_module_start: 'purge',
      sj_PATH: `/opt/astro/bin:${PATH}`,
      ...more,
    });

    it.concurrent('loads them in a shell that knows no modules', async () => {
      const { env, log } = await started({ environment: recorded('astro/1.2 chatty/1') });
      expect(env).toMatchObject({
        ASTRO: `it's  "here"`,
        CHATTY: 'yes',
        LOADEDMODULES: 'astro/1.2:chatty/1',
        PATH: `/opt/astro/bin:${PATH}`,
      });
      expect(log).toContain('welcome to chatty');
      expect(Object.keys(env).filter((name) => name.startsWith('sj_'))).toEqual([]);
    });

    it.concurrent('warns of one that was only loaded, and loads the others', async () => {
      const environment = recorded('astro/1.2', {
        sj_LOADEDMODULES: 'gone/1:old/1:astro/1.2',
        sj_module_start: 'keep',
      });
      const { env, log } = await started({ environment });
      expect(log).toContain('start-jupyter: warning: module gone/1 could not be loaded on this node');
      expect(env).toMatchObject({ OLD: 'yes', LOADEDMODULES: 'old/1:astro/1.2' });
    });

    it.concurrent('ends when one that was asked for cannot be loaded', async () => {
      const { outcome, log, secrets } = await ended({ environment: recorded('chatty/1 gone/1') });
      expect(outcome).toMatch(
        /^failed: the module gone\/1 could not be loaded on node \S+; why is said above$/m,
      );
      expect(log).toMatch(/gone\/1(?:.|\n)*start-jupyter: failed: the module gone\/1/);
      expect(secrets).toEqual([]);
    });

    it.concurrent('puts them beside those of the template', async () => {
      const { env } = await started({
        commands: `source ${MODULESHOME}/init/bash; module use ${folder}; module load old/1`,
        environment: recorded('astro/1.2'),
      });
      expect(env).toMatchObject({ OLD: 'yes', LOADEDMODULES: 'old/1:astro/1.2' });
    });

    it.concurrent('says what it waited for when a module does not come to an end', async () => {
      const slow = mkdtempSync(join(tmpdir(), 'sj-software-'));
      await writeModule(slow, 'slow/1', 'exec sleep 20');
      const environment = recorded('slow/1', { sj_MODULEPATH: slow });
      const { outcome } = await ended({ environment, limits: { sj_start_seconds: 2 } });
      expect(outcome).toMatch(
        /^failed: Jupyter did not start within 2 s: still loading the module slow\/1\n/,
      );
      rmSync(slow, { recursive: true });
    });
  });

describe.skipIf(!canRunJobs)('a job without a module system', () => {
  it.concurrent('ends when modules were asked for', async () => {
    const { outcome } = await ended({ environment: { sj_modules: 'astro/1.2 gcc/12', sj_PATH: PATH } });
    expect(outcome).toMatch(
      /^failed: there is no module command on node \S+, so that these cannot be loaded: astro\/1\.2 gcc\/12$/m,
    );
  });
});

describe.skipIf(!canRunJobs)('a job with a conda environment', () => {
  const scripts = (prefix: string) =>
    condaEnvironment(prefix, {
      'etc/conda/activate.d/a.sh': 'export GDAL_DATA="$CONDA_PREFIX/share" AT="$PWD"; echo activated',
      'etc/conda/deactivate.d/a.sh': 'export LEFT=yes',
      'conda-meta/state': '{"env_vars": {"TOKEN_FILE": "$(touch x) \\"q\\""}}',
      'bin/python': '#!/bin/sh\nexec /usr/bin/python3 "$@"\n',
    });

  it.concurrent('activates it in a shell that knows no conda, whatever its path is', async () => {
    const prefix = scripts(join(folder, `my "$(touch x)" 'env'\n`));
    const { env, log } = await started({
      environment: {
        sj_conda_prefix: prefix,
        sj_conda_name: prefix,
        sj_CONDA_PREFIX: prefix,
        sj_PATH: `${prefix}/bin:${PATH}`,
      },
    });
    expect(env).toMatchObject({
      PATH: `${prefix}/bin:${PATH}`,
      CONDA_PREFIX: prefix,
      CONDA_DEFAULT_ENV: prefix,
      CONDA_SHLVL: '1',
      GDAL_DATA: `${prefix}/share`,
      TOKEN_FILE: '$(touch x) "q"',
    });
    expect(log).toContain('activated');
    expect(env).not.toHaveProperty('LEFT');
  });

  it.concurrent('leaves the one that the template activated', async () => {
    const [mine, asked] = [condaEnvironment(join(folder, 'mine')), condaEnvironment(join(folder, 'asked'))];
    const { env } = await started({
      commands: `export CONDA_PREFIX=${mine} PATH=${mine}/bin:/template/bin:$PATH VIRTUAL_ENV=/v`,
      environment: { sj_conda_prefix: asked, sj_conda_name: 'asked', sj_PATH: `${asked}/bin:${PATH}` },
    });
    expect(env['PATH']).toBe(`${asked}/bin:/template/bin:${PATH}`);
    expect(env).toMatchObject({ CONDA_PREFIX: asked, CONDA_DEFAULT_ENV: 'asked' });
    expect(env).not.toHaveProperty('VIRTUAL_ENV');
  });

  it.concurrent('that was active has there what its packages set, too', async () => {
    const prefix = scripts(join(folder, 'active'));
    const { env } = await started({
      environment: {
        sj_CONDA_PREFIX: prefix,
        sj_CONDA_DEFAULT_ENV: 'active',
        sj_PATH: `/first:${prefix}/bin:${PATH}`,
      },
    });
    expect(env).toMatchObject({
      PATH: `/first:${prefix}/bin:${PATH}`,
      CONDA_DEFAULT_ENV: 'active',
      GDAL_DATA: `${prefix}/share`,
      TOKEN_FILE: '$(touch x) "q"',
    });
  });

  it.concurrent('ends where the environment is not', async () => {
    const { outcome } = await ended({
      environment: { sj_conda_prefix: join(folder, 'none'), sj_conda_name: 'none', sj_PATH: PATH },
    });
    expect(outcome).toMatch(
      /^failed: there is no conda environment .*none on node \S+: is its file system there\?$/m,
    );
  });
});
