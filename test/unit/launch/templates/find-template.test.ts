import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findTemplate, type TemplateSearch } from '../../../../src/launch/templates/find-template.js';
import {
  foldersUpTo,
  templateFolders,
  type TemplateFolder,
} from '../../../../src/launch/templates/template-folders.js';

let top: string;
let folders: TemplateFolder[];
let base: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'sj-find-template-'));
  folders = (['user', 'site', 'shipped'] as const).map((layer) => ({ layer, folder: join(top, layer) }));
  base = join(top, 'here');
  const shipped = [
    'slurm/notebook',
    'slurm/jupyterlab',
    'slurm/another',
    'torque/notebook',
    'local/notebook',
    'lib/run',
  ];
  put(...shipped.map((name) => `shipped/${name}.sh`));
  mkdirSync(base);
});

afterEach(() => rmSync(top, { recursive: true, force: true }));

/** Makes files below `top`. */
function put(...files: string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(top, file)), { recursive: true });
    writeFileSync(join(top, file), '');
  }
}

const find = async (name: string, more: Partial<TemplateSearch> = {}) =>
  (await findTemplate({ name, schedulers: ['slurm'], folders, base, ...more })).path;

const unknown = (message: string, hint: RegExp) => ({
  code: 'unknown-template',
  message: expect.stringContaining(message) as string,
  hint: expect.stringMatching(hint) as string,
});

describe('a name', () => {
  it.each([
    ['slurm/notebook.sh', 'torque', 'slurm/notebook.sh'],
    ['torque/notebook', 'slurm', 'torque/notebook.sh'],
    ['notebook.sh', 'torque', 'torque/notebook.sh'],
    ['jupyterlab', 'slurm', 'slurm/jupyterlab.sh'],
    ['batch_notebook.sh', 'slurm', 'slurm/notebook.sh'],
    ['batch_jupyterlab.sh', 'slurm', 'slurm/jupyterlab.sh'],
  ])('%s on %s is the shipped %s', async (name, scheduler, expected) => {
    expect(await find(name, { schedulers: [scheduler] })).toBe(join(top, 'shipped', expected));
  });

  it.each(['astro', 'astro.sh', 'slurm/astro', 'slurm/astro.sh'])(
    '%s is the highest that there is',
    async (name) => {
      put('site/slurm/astro.sh');
      expect(await find(name)).toBe(join(top, 'site/slurm/astro.sh'));
      put('user/slurm/astro.sh');
      expect(await find(name)).toBe(join(top, 'user/slurm/astro.sh'));
    },
  );

  it('is the own scheduler’s within a folder, and the folder decides before that', async () => {
    put('user/astro.sh', 'user/torque/astro.sh', 'site/slurm/astro.sh');
    expect(await find('astro')).toBe(join(top, 'user/astro.sh'));
    expect(await find('astro', { schedulers: ['torque'] })).toBe(join(top, 'user/torque/astro.sh'));
    put('user/slurm/astro.sh');
    expect(await find('astro')).toBe(join(top, 'user/slurm/astro.sh'));
  });

  it('is the machine’s own before the scheduler’s when nothing is submitted', async () => {
    put('user/slurm/astro.sh');
    const here = { schedulers: ['local', 'slurm'] };
    expect(await find('notebook', here)).toBe(join(top, 'shipped/local/notebook.sh'));
    expect(await find('astro', here)).toBe(join(top, 'user/slurm/astro.sh'));
  });

  it('may be a person’s own of a shipped one, by its old name as well', async () => {
    put('user/slurm/notebook.sh');
    expect(await find('notebook')).toBe(join(top, 'user/slurm/notebook.sh'));
    expect(await find('batch_notebook.sh')).toBe(join(top, 'user/slurm/notebook.sh'));
    put('user/batch_notebook.sh');
    expect(await find('batch_notebook.sh')).toBe(join(top, 'user/batch_notebook.sh'));
  });

  it('may hold anything that a file’s may', async () => {
    put("user/slurm/my own $(job) it's.sh");
    expect(await find("my own $(job) it's")).toBe(join(top, "user/slurm/my own $(job) it's.sh"));
  });
});

describe('a path', () => {
  it.each(['my own $(job).sh', './x.sh', 'sub/notebook.sh', '../here/y.sh'])(
    '%j starts from here',
    async (name) => {
      put(join('here', name));
      expect(await find(name)).toBe(join(base, name));
    },
  );

  it('may be absolute, or start from home', async () => {
    put('home/x.sh', 'here/~/x.sh');
    expect(await find(join(top, 'home/x.sh'))).toBe(join(top, 'home/x.sh'));
    expect(await find('~/x.sh', { home: join(top, 'home') })).toBe(join(top, 'home/x.sh'));
  });

  it('is not guessed where a template has the same name', async () => {
    put('here/notebook.sh', 'here/astro', 'user/astro.sh', 'here/slurm/notebook.sh');
    await expect(find('notebook.sh')).rejects.toMatchObject({
      code: 'unknown-template',
      message: `"notebook.sh" is the name of the shipped template slurm/notebook.sh, and a file of that name lies in ${base} as well`,
      hint: 'Write ./notebook.sh for the file, slurm/notebook.sh for the template.',
    });
    await expect(find('astro')).rejects.toMatchObject({
      message: expect.stringContaining('"astro" is the name of your template astro.sh') as string,
      hint: 'Write ./astro for the file, astro.sh for the template.',
    });
    await expect(find('slurm/notebook.sh')).rejects.toMatchObject({
      hint: `Write ./slurm/notebook.sh for the file, ${join(top, 'shipped/slurm/notebook.sh')} for the template.`,
    });
    expect(await find('./notebook.sh')).toBe(join(base, 'notebook.sh'));
    expect(await find('notebook.sh', { preferFile: true })).toBe(join(base, 'notebook.sh'));
    expect(await find('jupyterlab', { preferFile: true })).toBe(join(top, 'shipped/slurm/jupyterlab.sh'));
    expect(await find(join(top, 'user/astro.sh'))).toBe(join(top, 'user/astro.sh'));
  });

  it('of a folder is not meant where a template has the same name', async () => {
    put('here/notebook/x', 'user/slurm/jupyterlab.sh/x');
    expect(await find('notebook')).toBe(join(top, 'shipped/slurm/notebook.sh'));
    expect(await find('jupyterlab')).toBe(join(top, 'shipped/slurm/jupyterlab.sh'));
    expect(await find('notebook', { preferFile: true })).toBe(join(top, 'shipped/slurm/notebook.sh'));
    expect(await find('./notebook')).toBe(join(base, 'notebook'));
  });

  it('is not guessed wrongly when it is the template itself', async () => {
    expect(await find('slurm/notebook.sh', { base: join(top, 'shipped') })).toBe(
      join(top, 'shipped/slurm/notebook.sh'),
    );
  });
});

describe('what there is not', () => {
  it.each(['nothing.sh', 'slurm/nothing', 'slurm/another', '..', '.', ''])(
    'is a template %j',
    async (name) => {
      const search = name.startsWith('.') || name === '' ? { base: join(top, 'gone/deeper') } : {};
      await expect(find(name, search)).rejects.toMatchObject(
        unknown(
          `There is no template "${name}": `,
          /^There are slurm\/jupyterlab\.sh, slurm\/notebook\.sh\. /m,
        ),
      );
    },
  );

  it.each(['lib/run.sh', '/no/such/file.sh', '~/x.sh', 'a/b.sh'])('is a file %j', async (name) => {
    await expect(find(name, { home: '/home/nobody' })).rejects.toMatchObject(
      unknown(
        `${name.replace(/^(?=[a-z])/, `${base}/`).replace('~', '/home/nobody')} does not exist`,
        /There are/,
      ),
    );
  });

  it('is a slip', async () => {
    put('site/astro.sh');
    await expect(find('asrto')).rejects.toMatchObject(
      unknown('no template "asrto"', /^Did you mean astro\?/),
    );
  });

  it('is another scheduler’s', async () => {
    put('user/pbs/astro.sh');
    await expect(find('astro')).rejects.toMatchObject(
      unknown('no template "astro"', /^There is pbs\/astro\.sh: say it in full/),
    );
  });
});

describe('the folders', () => {
  it('are beside the configuration files, the highest first', () => {
    const env = { HOME: '/home/alice', START_JUPYTER_CONFIG: 'site/systems.yaml' };
    expect(templateFolders({ env, platform: 'linux', cwd: '/x', packageFolder: '/p' })).toEqual([
      { layer: 'user', folder: '/home/alice/.config/start-jupyter/templates' },
      { layer: 'site', folder: '/x/site/templates' },
      { layer: 'site', folder: '/etc/start-jupyter/templates' },
      { layer: 'shipped', folder: '/p/batch-templates' },
    ]);
  });

  it('of a person have no say in what a site means, nor the site’s in what we ship', () => {
    expect(foldersUpTo('user', folders).map(({ layer }) => layer)).toEqual(['user', 'site', 'shipped']);
    expect(foldersUpTo('site', folders).map(({ layer }) => layer)).toEqual(['site', 'shipped']);
    expect(foldersUpTo('shipped', folders).map(({ layer }) => layer)).toEqual(['shipped']);
  });
});
