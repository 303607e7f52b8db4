import { describe, expect, it } from 'vitest';
import { planEnvironment } from '../../../src/launch/environment.js';
import { refuseLocked } from '../../../src/launch/profiles/locks.js';
import type { LaunchOptions } from '../../../src/launch/options.js';
import type { SystemKey } from '../../../src/site/schema.js';
import type { System } from '../../../src/site/system.js';

const options = (given: Partial<LaunchOptions>): LaunchOptions => ({
  schedulerArguments: [],
  here: false,
  info: false,
  dryRun: false,
  check: true,
  from: (key: SystemKey | 'profile') => `--${key === 'binds' ? 'bind' : key.replaceAll('_', '-')}`,
  ...given,
});

const plan = (given: Partial<LaunchOptions>, values: Partial<System['values']> = {}) =>
  planEnvironment(
    options(given),
    { values: { module_start: 'keep', ...values } as System['values'] },
    '/home/ada',
    '/home/ada',
  );

describe('the software that Jupyter runs in', () => {
  it('is what is active here where nobody says anything', () => {
    expect(plan({})).toEqual({ modules: [], modulepath: [], moduleStart: 'keep' });
  });

  it('is an image: a path from here, or where a registry has it', () => {
    expect(plan({ image: 'my.sif' }).image?.image).toBe('/home/ada/my.sif');
    expect(plan({ image: '/data/my.sif' }).image?.image).toBe('/data/my.sif');
    for (const remote of [
      'docker://a/b:c',
      'library://a',
      'oras://h/a',
      'shub://a',
      'Docker://a',
      'docker+x://a',
    ]) {
      expect(plan({ image: remote }).image?.image).toBe(remote);
    }
  });

  it('shows in an image what the system binds, then what the person does', () => {
    const system = {
      binds: ['/gpfs', '/data:/d:ro'],
      image_gpu: 'nv' as const,
      image_modules: ['apptainer'],
    };
    expect(plan({ image: '/i.sif', binds: ['course:/course'] }, system).image).toEqual({
      image: '/i.sif',
      binds: ['/gpfs', '/data:/d:ro', '/home/ada/course:/course'],
      gpu: 'nv',
      modules: ['apptainer'],
    });
    expect(plan({ image: '/i.sif', imageGpu: 'rocm' }, system).image?.gpu).toBe('rocm');
  });

  it('has no bind that cannot be said, whoever says it', () => {
    expect(() => plan({ image: '/i.sif', binds: ['/a,/b'] })).toThrow('--bind cannot have "/a,/b"');
    expect(() => plan({ image: '/i.sif' }, { binds: ['/a:b'] })).toThrow('binds cannot have "/a:b"');
  });

  it('leaves variables for images without effect where there is none', () => {
    const from = (key: string) => `START_JUPYTER_${key.toUpperCase()}`;
    expect(plan({ binds: ['/data'], imageGpu: 'nv', from }).image).toBeUndefined();
  });

  it.each<[string, Partial<LaunchOptions>, string]>([
    [
      'an image and conda',
      { image: '/i.sif', condaEnv: 'astro' },
      '--image and --conda-env do not go together',
    ],
    [
      'an image and a file for conda',
      { image: '/i.sif', condaYml: 'e.yml' },
      '--image and --conda-yml do not',
    ],
    [
      'two of conda',
      { condaEnv: 'astro', condaYml: 'e.yml' },
      '--conda-env and --conda-yml do not go together',
    ],
    ['a bind without an image', { binds: ['/data'] }, '--bind means something only with an image'],
    [
      'a GPU’s libraries without an image',
      { imageGpu: 'nv' },
      '--image-gpu means something only with an image',
    ],
    [
      'a bind with conda',
      { binds: ['/data'], condaEnv: 'astro' },
      '--bind means something only with an image',
    ],
    [
      'a folder of modules without modules',
      { modulepath: ['/sw'] },
      '--modulepath means something only with modules',
    ],
  ])('is refused: %s', (_what, given, message) => {
    expect(() => plan(given)).toThrow(message);
  });

  it('may look for the system’s modules elsewhere, and for those that bring what runs an image', () => {
    expect(plan({ modulepath: ['sw'] }, { modules: ['gcc'] }).modulepath).toEqual(['/home/ada/sw']);
    const runner = { image_modules: ['apptainer'] };
    expect(plan({ modulepath: ['/sw'], image: '/i.sif' }, runner).modulepath).toEqual(['/sw']);
  });

  it('is found in the home directory where the shell left ~ alone', () => {
    expect(plan({ image: '~/my.sif' }).image?.image).toBe('/home/ada/my.sif');
    expect(plan({ condaYml: '~/e.yml' }).conda).toEqual({ kind: 'yml', file: '/home/ada/e.yml' });
    expect(plan({ condaEnv: '~/envs/e' }).conda).toEqual({ kind: 'env', nameOrPath: '/home/ada/envs/e' });
    expect(plan({ modules: ['a'], modulepath: ['~/m'] }).modulepath).toEqual(['/home/ada/m']);
  });

  it('leaves the system’s other out', () => {
    const image = { image: '/system.sif', modules: ['gcc'] };
    expect(plan({}, image)).toMatchObject({ modules: [], image: { image: '/system.sif' } });
    expect(plan({ condaEnv: 'astro' }, image)).not.toHaveProperty('image');
    expect(plan({ modules: ['astro'] }, image)).toMatchObject({ modules: ['astro'] });
    expect(plan({ modules: ['astro'] }, image)).not.toHaveProperty('image');
    expect(plan({ image: '/i.sif' }, { conda_env: 'astro' })).not.toHaveProperty('conda');
    expect(plan({ image: '/i.sif' }, { conda_yml: '/e.yml' })).not.toHaveProperty('conda');
  });

  it('has the modules that a person names beside an image, which may bring apptainer', () => {
    const { modules, image } = plan({ image: '/i.sif', modules: ['apptainer'] }, { modules: ['gcc'] });
    expect(modules).toEqual(['apptainer']);
    expect(image?.image).toBe('/i.sif');
  });
});

it('modules are no way round an image that a site locks', () => {
  const profile = { name: 'course', values: { image: '/c.sif' }, locked: ['image'] };
  const locked = profile as unknown as Parameters<typeof refuseLocked>[1];
  expect(() => refuseLocked(options({ modules: ['gcc'] }), locked, '/')).toThrow(
    '--modules is not possible with the profile course, which fixes image to /c.sif.',
  );
  expect(() => refuseLocked(options({ image: '/c.sif' }), locked, '/')).not.toThrow();
});
