import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enterImage } from '../../../src/jupyter/container.js';
import type { ImagePlan } from '../../../src/jupyter/environment-plan.js';
import { optionFamily } from '../../../src/jupyter/family.js';
import { asItIs, resolveEnvironment, type ResolveContext } from '../../../src/jupyter/resolve.js';
import { chooseServer } from '../../../src/jupyter/server-choice.js';
import { anyText } from '../script/any-text.js';
import { moduleSystems, writeModule } from './module-systems.js';

const packageFolder = join(import.meta.dirname, '../../..');
const canRun =
  process.platform === 'linux' && ['/bin/bash', '/usr/bin/python3', '/usr/bin/env'].every(existsSync);

let folder: string;
let warnings: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sj-container-'));
  warnings = [];
  await mkdir(join(folder, 'image'));
  await writeFile(join(folder, 'some.sif'), 'an image');
});

afterEach(() => rm(folder, { recursive: true }));

const context = (changes: Partial<ResolveContext> = {}): ResolveContext => ({
  env: {},
  packageFolder,
  directories: { home: folder, notebook: folder, session: folder },
  condaFolder: '/nowhere',
  signal: new AbortController().signal,
  check: true,
  dryRun: false,
  doing: () => undefined,
  warn: (text) => warnings.push(text),
  ...changes,
});

async function apptainer(name = 'apptainer'): Promise<string> {
  const file = join(folder, name);
  await cp(join(import.meta.dirname, '../job/stand-in-apptainer.sh'), file);
  await chmod(file, 0o755);
  return file;
}

/** The image's jupyter: a script whose Python says this. */
async function jupyterSays(lines: readonly string[], exitCode = 0): Promise<void> {
  const quoted = lines.map((line) => `echo '${line}'`).join('\n');
  await writeFile(join(folder, 'image/python3'), `#!/bin/sh\n${quoted}\nexit ${exitCode}\n`, { mode: 0o755 });
  await writeFile(join(folder, 'image/jupyter'), `#!${join(folder, 'image/python3')} -s\n`, { mode: 0o755 });
}

const enter = (
  plan: Partial<ImagePlan> = {},
  env: NodeJS.ProcessEnv = {},
  changes?: Partial<ResolveContext>,
) =>
  enterImage(
    { image: join(folder, 'some.sif'), binds: [], modules: [], ...plan },
    asItIs({ PATH: `${folder}:/usr/bin:/bin`, ...env }),
    context(changes),
  );

const called = async () => (await readFile(join(folder, 'called'), 'utf8')).split('\0').slice(0, -1);

const VERSIONS = '{"notebook":"7.6.0","jupyterlab":"4.6.0","jupyter_server":"2.21.0"}';

describe.skipIf(!canRun)('an image', () => {
  it('is recorded with its binds, the home first, and without what is of no use inside', async () => {
    const program = await apptainer();
    const home = join(folder, 'home');
    const env = {
      CONDA_PREFIX: '/conda',
      LANG: 'de_DE.UTF-8',
      SINGULARITY_BIND: '/gpfs',
      APPTAINER_KEY: 'secret',
    };
    const directories = { home, notebook: '/scratch', session: home };
    const entered = await enter({ binds: ['/data:/d:ro'], gpu: 'nv' }, env, { directories });
    expect(entered.recorded).toEqual({
      sj_container: program,
      sj_image: join(folder, 'some.sif'),
      sj_image_gpu: 'nv',
      sj_image_binds: `${home}\n/scratch\n/data:/d:ro`,
      sj_image_home: home,
      sj_SINGULARITY_BIND: '/gpfs',
    });
    expect(Object.keys(entered.env).sort()).toEqual(['APPTAINER_KEY', 'PATH', 'SINGULARITY_BIND']);
    expect(entered.words).toBe('image some.sif');
  });

  it('is run by apptainer rather than singularity, and by that where there is nothing else', async () => {
    const singularity = await apptainer('singularity');
    const here = { PATH: folder };
    expect((await enter({}, here)).recorded['sj_container']).toBe(singularity);
    const program = await apptainer();
    expect((await enter({}, here)).recorded['sj_container']).toBe(program);
  });

  it('is asked inside, without the variables of the software outside', async () => {
    await apptainer();
    await jupyterSays(['hello', `{"configured":true,${VERSIONS.slice(1)}`]);
    const outside = {
      PYTHONPATH: '/x',
      CONDA_EXE: '/x',
      VIRTUAL_ENV: '/x',
      JUPYTER_PATH: '/x',
      LC_ALL: 'C',
      KEPT: 'yes',
    };
    const entered = await enter({ gpu: 'rocm', binds: ['/usr:/host'] }, outside);
    const probed = await entered.probe();
    expect(probed).toEqual({
      found: {
        path: join(folder, 'image/jupyter'),
        versions: { notebook: '7.6.0', jupyterlab: '4.6.0', jupyter_server: '2.21.0' },
        image: { path: join(folder, 'some.sif'), configured: true },
      },
    });
    const [command, ...args] = await called();
    expect([command, ...args.slice(0, 8)]).toEqual([
      ...['exec', '--rocm', '--bind', folder, '--bind', '/usr:/host'],
      ...[join(folder, 'some.sif'), '/bin/sh', '-c'],
    ]);
    const variables = (await readFile(join(folder, 'outside'), 'utf8')).split('\0');
    expect(variables).toContain('KEPT=yes');
    const leaked = /^(?:PYTHON|CONDA_|VIRTUAL_ENV|JUPYTER_|LC_|sj_)/;
    expect(variables.filter((entry) => leaked.test(entry))).toEqual([]);
  });

  it('has configuration files or none, which decides how options are named', async () => {
    await apptainer();
    for (const [configured, family] of [
      ['false', 'ServerApp'],
      ['true', undefined],
    ] as const) {
      await jupyterSays([`{"configured":${configured},${VERSIONS.slice(1)}`]);
      const probed = await (await enter()).probe();
      const { found } = probed as { found: Parameters<typeof optionFamily>[0] };
      expect(await optionFamily(found, 'jupyterlab', { HOME: '/nowhere' })).toBe(family);
    }
  });

  it('may have a Python that is too old to be asked, or a trampoline before it', async () => {
    await apptainer();
    await writeFile(
      join(folder, 'image/jupyter'),
      `#!/bin/sh\n'''exec' "${join(folder, 'no such python')}" "$0" "$@"\n`,
      { mode: 0o755 },
    );
    await writeFile(
      join(folder, 'no such python'),
      '#!/bin/sh\n[ "$1" != -c ] || exit 1\necho "notebook : 6.4.12"\necho "jupyterlab : not installed"\n',
      { mode: 0o755 },
    );
    expect(await (await enter()).probe()).toMatchObject({
      found: { versions: { notebook: '6.4.12' }, image: { configured: true } },
    });
  });

  it('has no Jupyter, or one that does not work, or does not start', async () => {
    await apptainer();
    await expect((await enter()).probe()).rejects.toMatchObject({
      code: 'no-jupyter',
      message: `There is no "jupyter" on the PATH of the image ${JSON.stringify(join(folder, 'some.sif'))}.`,
    });
    await jupyterSays(['ImportError: no zmq'], 1);
    await expect((await enter()).probe()).rejects.toMatchObject({
      code: 'no-jupyter',
      message: expect.stringContaining('image/jupyter is in the image') as string,
    });
    await writeFile(join(folder, 'behaviour'), 'fatal');
    await expect((await enter()).probe()).rejects.toMatchObject({
      code: 'no-image',
      message: expect.stringContaining('could not be started') as string,
      detail: 'FATAL:   image format not recognized',
    });
  });

  it('has not the interface that was asked for', async () => {
    await apptainer();
    await jupyterSays(['{"notebook":"7.6.0","jupyter_server":"2.21.0"}']);
    const { found } = (await (await enter()).probe()) as { found: Parameters<typeof chooseServer>[2] };
    expect(() => chooseServer('jupyterlab', 'notebook', found)).toThrow(
      `JupyterLab is not in the image ${join(folder, 'some.sif')}.`,
    );
  });

  it('is doubtful when a bind is not there, and looked into without it', async () => {
    await apptainer();
    await jupyterSays([VERSIONS]);
    await (await enter({ binds: ['/no/such/place:/d'] })).probe();
    expect(warnings).toEqual([expect.stringContaining('There is no /no/such/place on this machine')]);
    expect(await called()).not.toContain('/no/such/place:/d');
  });

  it('of a registry is not looked into, and how to fetch it is said', async () => {
    await apptainer();
    const entered = await enter({ image: 'docker://jupyter/base-notebook:latest' });
    expect(await entered.probe()).toEqual({
      notLooked: expect.stringContaining(
        'apptainer pull base-notebook.sif docker://jupyter/base-notebook:latest, and then --image base-notebook.sif.',
      ) as string,
    });
    expect(existsSync(join(folder, 'called'))).toBe(false);
  });

  it('is interrupted while it is asked', async () => {
    await apptainer();
    await writeFile(join(folder, 'image/jupyter'), '#!/bin/sh\nexec /bin/sleep 60\n', { mode: 0o755 });
    const controller = new AbortController();
    const asked = (await enter()).probe(controller.signal);
    controller.abort();
    await expect(asked).rejects.toMatchObject({ code: 'interrupted' });
  });

  it.each([
    ['shub://a/b', /There are no images of the form "shub:\/\/a\/b"/],
    ['http://a/b.sif', /no images of the form/],
    ['docker://', /no images of the form/],
    ['docker://a b', /no images of the form/],
    ['DOCKER://a', /no images of the form/],
    ['/no/such.sif', /There is no image "\/no\/such.sif"/],
    ['/etc/passwd/x.sif', /There is no image/],
    ['/dev/null', /"\/dev\/null" is no image/],
  ])('is not %s', async (image, message) => {
    await apptainer();
    await expect(enter({ image })).rejects.toMatchObject({
      code: 'no-image',
      message: expect.stringMatching(message) as string,
      hint: expect.stringContaining('docker://') as string,
    });
  });

  it('needs a program that runs it, at least on the node', async () => {
    const here = { PATH: folder };
    await expect(enter({}, here)).rejects.toMatchObject({
      code: 'no-image',
      message: expect.stringContaining('Neither apptainer nor singularity is on your PATH') as string,
      hint: expect.stringContaining('--no-check') as string,
    });
    expect((await enter({}, here, { check: false })).recorded['sj_container']).toBe('');
  });

  it('reaches apptainer with its binds exactly, whatever they are called, and nothing is executed', async () => {
    await apptainer();
    await jupyterSays([VERSIONS]);
    const name = anyText
      .map((text) => Array.from(text.replaceAll('/', '|')).slice(0, 60).join(''))
      .filter((text) => !/^\.*$/.test(text));
    const sayable = name.map((text) => text.replace(/[,:"\\\p{Cc}]/gu, '_'));
    await fc.assert(
      fc.asyncProperty(name, sayable, async (file, bound) => {
        const image = join(folder, 'images', file);
        await mkdir(join(folder, 'images'), { recursive: true });
        await writeFile(image, '');
        const place = join(folder, 'bound', bound);
        await mkdir(place, { recursive: true });
        await (await enter({ image, binds: [`${place}:/${bound}`] })).probe();
        expect((await called()).slice(0, 6)).toEqual([
          'exec',
          '--bind',
          folder,
          '--bind',
          `${place}:/${bound}`,
          image,
        ]);
      }),
      { numRuns: 25 },
    );
  }, 30_000);
});

for (const { system, there, own } of moduleSystems)
  describe.skipIf(!there)(`apptainer that a module of ${system} brings`, () => {
    it('runs the image, and is loaded in the job as well', async () => {
      const program = await apptainer();
      await jupyterSays([VERSIONS]);
      await writeModule(join(folder, 'modules'), 'tools/box/1.3', `prepend-path PATH ${folder}`);
      const plan = {
        modules: [],
        modulepath: [join(folder, 'modules')],
        moduleStart: 'keep' as const,
        image: { image: join(folder, 'some.sif'), binds: [], modules: ['tools/box'] },
      };
      const asked = context({ env: { ...own, PATH: '/usr/bin:/bin', HOME: folder } });
      const resolved = await resolveEnvironment(plan, asked);
      expect(resolved.recorded).toMatchObject({ sj_container: program, sj_modules: 'tools/box/1.3' });
      expect(await resolved.probe()).toMatchObject({ found: { versions: { notebook: '7.6.0' } } });
    });
  });
