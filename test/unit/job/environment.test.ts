import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canRunJobs } from './session.js';
import { started } from './started.js';

const MODULE_COMMANDS = `
module() {
  [ "$1" = load ] || return 1
  echo "loading $2 from $MODULEPATH"
  [ "$2" != gone/1.0 ] || return 1
  export LOADEDMODULES="\${LOADEDMODULES:+$LOADEDMODULES:}$2" CUDA_HOME="/opt/$2" PATH="/opt/$2/bin:$PATH"
}
`;

describe.skipIf(!canRunJobs)('the environment that Jupyter gets', () => {
  it.concurrent(
    'is the recorded one, under the recorded umask, in the directory that was asked for',
    async () => {
      const rootName = `root "quoted" $(touch injected) 'and'\nnewline`;
      const { env, umask, cwd, place } = await started({
        rootName,
        environment: {
          sj_umask: '0027',
          sj_PATH: '/recorded/bin:/usr/bin:/bin',
          sj_LD_LIBRARY_PATH: '/recorded/lib',
          sj_CONDA_PREFIX: '/recorded/conda $(false)',
          sj_LANG: 'C.UTF-8',
        },
        env: { XDG_RUNTIME_DIR: '/run/user/0', BASH_ENV: '/no/such/file', JUPYTER_TOKEN: 'stray' },
      });
      expect(env).toMatchObject({
        PATH: '/recorded/bin:/usr/bin:/bin',
        LD_LIBRARY_PATH: '/recorded/lib',
        CONDA_PREFIX: '/recorded/conda $(false)',
        LANG: 'C.UTF-8',
      });
      for (const name of ['XDG_RUNTIME_DIR', 'BASH_ENV', 'JUPYTER_TOKEN'])
        expect(env).not.toHaveProperty(name);
      expect(Object.keys(env).filter((name) => name.startsWith('sj_'))).toEqual([]);
      expect(env['JUPYTER_RUNTIME_DIR']).toMatch(/^\/tmp\/sj-\w{8}$/);
      expect(umask).toBe(0o027);
      expect(cwd).toBe(join(place, rootName));
    },
  );

  it.concurrent('keeps what the template set, in front of what was recorded', async () => {
    const { env } = await started({
      commands: 'export PATH="/template/bin:$PATH" CONDA_PREFIX=/template/conda LICENCE="a b"',
      environment: { sj_PATH: '/recorded/bin:/usr/bin:/bin', sj_CONDA_PREFIX: '/recorded/conda' },
    });
    expect(env['PATH']).toBe('/template/bin:/recorded/bin:/usr/bin:/bin');
    expect(env).toMatchObject({ CONDA_PREFIX: '/template/conda', LICENCE: 'a b' });
  });

  it.concurrent(
    'loads the recorded modules before it restores the paths, and goes on when one is missing',
    async () => {
      const { env, log } = await started(
        {
          environment: {
            sj_LOADEDMODULES: 'gcc/12:gone/1.0:cuda/12',
            sj_MODULEPATH: '/recorded/modules',
            sj_PATH: '/recorded/bin:/usr/bin:/bin',
          },
          env: { MODULESHOME: '' },
        },
        async ({ place, directory }) => {
          await mkdir(join(place, 'modules', 'init'), { recursive: true });
          await writeFile(join(place, 'modules', 'init', 'bash'), MODULE_COMMANDS);
          const script = await readFile(join(directory, 'batch.sh'), 'utf8');
          await writeFile(
            join(directory, 'batch.sh'),
            script.replace(/^source/m, `export MODULESHOME=${place}/modules\nsource`),
          );
        },
      );
      expect(log).toContain('loading cuda/12 from /recorded/modules');
      expect(log).toContain('start-jupyter: warning: module gone/1.0 could not be loaded on this node');
      expect(env).toMatchObject({ CUDA_HOME: '/opt/cuda/12', LOADEDMODULES: 'gcc/12:cuda/12' });
      expect(env['PATH']).toBe('/recorded/bin:/usr/bin:/bin');
    },
  );

  it.concurrent('leaves the recorded modules out where the template loads its own', async () => {
    const { env, log } = await started({
      commands: `${MODULE_COMMANDS}\nmodule load cuda/11`,
      environment: { sj_LOADEDMODULES: 'cuda/12', sj_PATH: '/recorded/bin:/usr/bin:/bin' },
    });
    expect(log).not.toContain('loading cuda/12');
    expect(env).toMatchObject({
      CUDA_HOME: '/opt/cuda/11',
      PATH: '/opt/cuda/11/bin:/recorded/bin:/usr/bin:/bin',
    });
  });

  it.concurrent('has a short runtime directory, whatever TMPDIR is, and loses it at the end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sj-long-'));
    const long = join(folder, 'x'.repeat(40));
    await mkdir(long);
    const { env } = await started({ env: { TMPDIR: long } });
    await rm(folder, { recursive: true });
    expect(env['JUPYTER_RUNTIME_DIR']).toMatch(/^\/tmp\/sj-\w{8}$/);
    await expect(readFile(env['JUPYTER_RUNTIME_DIR']!)).rejects.toThrow('ENOENT');
  });
});
