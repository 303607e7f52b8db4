/** `start-jupyter templates`, as a person with a home of their own and a site beside it. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeHost, outcomeOf } from './host.js';

let home: string;
let own: string;
let site: string;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'sj-templates-command-')));
  own = join(home, '.config/start-jupyter/templates');
  site = join(home, 'site/templates');
  put('site/systems.yaml', 'systems: {one: {scheduler: slurm}, two: {scheduler: torque}}\n');
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function put(file: string, text: string): string {
  mkdirSync(dirname(join(home, file)), { recursive: true });
  writeFileSync(join(home, file), text);
  return join(home, file);
}

function start(
  args: string[],
  { terminal = false, env = {} }: { terminal?: boolean; env?: NodeJS.ProcessEnv } = {},
) {
  const places = { HOME: home, PATH: '/usr/bin:/bin', START_JUPYTER_CONFIG: join(home, 'site/systems.yaml') };
  const host = fakeHost({ cwd: home, env: { ...places, START_JUPYTER_SYSTEM: 'one', ...env }, terminal });
  return outcomeOf(['templates', ...args], host);
}

const GOOD = '#!/bin/bash\n# For the class. And more\n#SBATCH -n 1\nstart_session jupyterlab\n';

describe('templates', () => {
  beforeEach(() => {
    put('site/templates/slurm/class.sh', GOOD);
    put('.config/start-jupyter/templates/any.sh', '#!/bin/bash\n#SBATCH -n 1\n# Mine\nstart_session\n');
    put(
      '.config/start-jupyter/templates/slurm/class.sh',
      GOOD.replace('For the class', `Mine ${'long '.repeat(20)}`),
    );
    put('.config/start-jupyter/templates/slurm/\x1b[2J.sh', 'echo');
  });

  it('lists whose each is, those of other schedulers last, in 80 columns', async () => {
    const { status, stdout, stderr } = await start([]);
    expect([status, stderr]).toEqual([
      0,
      expect.stringContaining('System: one (given by START_JUPYTER_SYSTEM), scheduler slurm\n'),
    ]);
    expect(stderr).toContain(`Yours are in ${own}\n`);
    const lines = stdout.split('\n');
    expect(lines.slice(0, 5)).toEqual([
      'any.sh                yours    Mine',
      'slurm/\\x1b[2J.sh      yours    has mistakes (templates check says which)',
      expect.stringMatching(/^slurm\/class\.sh {8}yours {4}Mine long .*…$/),
      'slurm/class.sh        site     hidden: one of yours has the same name',
      'slurm/jupyterlab.sh   shipped  JupyterLab in a Slurm job',
    ]);
    expect(lines.slice(6, 9)).toEqual([
      '',
      'For other schedulers:',
      expect.stringMatching(/^local\/jupyterlab\.sh /),
    ]);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it('names what is none for its name alone', async () => {
    put('.config/start-jupyter/templates/slurm/astro.sbatch', GOOD);
    put('.config/start-jupyter/templates/slurm/astro.sh~', GOOD);
    const { stderr } = await start([]);
    expect(stderr).toContain(
      'Warning: No templates, because their names do not end in .sh: slurm/astro.sbatch.\n',
    );
  });

  it('is an object with --json, also when a variable asks for it', async () => {
    const { stdout, stderr } = await start([], { env: { START_JUPYTER_JSON: '1' } });
    expect(stderr).toBe('');
    const { system, scheduler, templates } = JSON.parse(stdout) as {
      system: string;
      scheduler: string;
      templates: { name: string; layer: string }[];
    };
    expect([system, scheduler]).toEqual(['one', 'slurm']);
    expect(templates.filter(({ layer }) => layer !== 'shipped')).toEqual([
      {
        name: 'any.sh',
        path: join(own, 'any.sh'),
        layer: 'user',
        about: 'Mine',
        server: null,
        mistakes: 0,
        hiddenBy: null,
      },
      expect.objectContaining({ name: 'slurm/\x1b[2J.sh', mistakes: 2 }),
      expect.objectContaining({
        name: 'slurm/class.sh',
        layer: 'user',
        server: 'jupyterlab',
        hiddenBy: null,
      }),
      expect.objectContaining({
        name: 'slurm/class.sh',
        path: join(site, 'slurm/class.sh'),
        about: 'For the class',
        hiddenBy: 'user',
      }),
    ]);
  });

  it('lists all where the machine is not known, and wants a system that is', async () => {
    put('bin/sbatch', '#!/bin/sh\nexit 1\n');
    chmodSync(join(home, 'bin/sbatch'), 0o755);
    const env = { START_JUPYTER_SYSTEM: '', PATH: `${home}/bin:/usr/bin:/bin` };
    const { status, stdout, stderr } = await start([], { env });
    expect([status, stderr]).toEqual([0, expect.stringContaining('This is no system that is known')]);
    expect(stdout).not.toContain('For other');
    expect(await start(['--system', 'none'], { env })).toMatchObject({ status: 3, stdout: '' });
    const copied = await start(['copy', 'jupyterlab'], { env });
    expect([copied.status, copied.stderr]).toEqual([
      2,
      expect.stringContaining('There is local/jupyterlab.sh, pbs/jupyterlab.sh, slurm/'),
    ]);
  });
});

describe('templates show', () => {
  const bytes = Buffer.from('#!/bin/bash\n\x1b[2J\xff\n', 'latin1');

  it('prints a template as it is', async () => {
    writeFileSync(join(home, 'x.sh'), bytes);
    const { status, stderr } = await start(['show', './x.sh']);
    expect([status, stderr]).toEqual([0, `Template: ${join(home, 'x.sh')}\n`]);
    const shipped = await start(['show', 'notebook']);
    expect(shipped.stdout).toBe(
      readFileSync(join(import.meta.dirname, '../../../batch-templates/slurm/notebook.sh'), 'utf8'),
    );
  });

  it('shows on a terminal what would drive it', async () => {
    writeFileSync(join(home, 'x.sh'), bytes);
    expect((await start(['show', './x.sh'], { terminal: true })).stdout).toBe(
      '#!/bin/bash\n\\x1b[2J\ufffd\n',
    );
    expect((await start(['show', './x.sh'])).stdout).toContain('\x1b[2J');
  });

  it('says what there is when there is no such', async () => {
    const { status, stderr } = await start(['show', 'jupiterlab']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('Did you mean jupyterlab?')]);
  });
});

describe('templates copy', () => {
  it('goes to one’s own folder, and says what to do next', async () => {
    const { status, stdout, stderr } = await start(['copy', 'jupyterlab']);
    expect([status, stdout]).toEqual([0, `Copied to ${own}/slurm/jupyterlab.sh\n`]);
    expect(stderr).toContain(
      '  start-jupyter templates check slurm/jupyterlab\n  start-jupyter -b jupyterlab\n',
    );
    expect(stderr).toContain('From now on this name means your copy.');
    expect((await start(['show', 'jupyterlab'])).stderr).toContain(own);
  });

  it('never goes over anything, not even through a link that leads nowhere', async () => {
    const file = put('mine.sh', 'mine');
    symlinkSync(join(home, 'nowhere'), join(home, 'link.sh'));
    for (const to of ['mine.sh', 'link.sh']) {
      const { status, stderr } = await start(['copy', 'notebook', to]);
      expect([status, stderr]).toEqual([2, expect.stringContaining('is there already; nothing was copied.')]);
    }
    expect([readFileSync(file, 'utf8'), existsSync(join(home, 'nowhere'))]).toEqual(['mine', false]);
  });

  it.each([
    ['astro', '.config/start-jupyter/templates/slurm/astro.sh', 'start-jupyter -b astro\n'],
    ['my class', '.config/start-jupyter/templates/slurm/my class.sh', "start-jupyter -b 'my class'\n"],
    ['astro.sh', 'astro.sh', 'astro.sh\n'],
    ['./astro', 'astro', 'astro\n'],
    ['folder', 'folder/notebook.sh', 'folder/notebook.sh\n'],
    ['folder/', 'folder/notebook.sh', 'folder/notebook.sh\n'],
    ['~/x.sh', 'x.sh', 'x.sh\n'],
  ])('to %j is %j', async (to, expected, next) => {
    mkdirSync(join(home, 'folder'));
    const { status, stdout, stderr } = await start(['copy', 'notebook', to]);
    expect([status, stdout]).toEqual([0, `Copied to ${join(home, expected)}\n`]);
    expect(stderr).toContain(next);
    expect(readFileSync(join(home, expected), 'utf8')).toContain('\nstart_session notebook\n');
  });

  it('is an object with --json', async () => {
    expect(JSON.parse((await start(['copy', 'notebook', 'x', '--json'])).stdout)).toEqual({
      version: 1,
      path: `${own}/slurm/x.sh`,
    });
  });

  it.each(['gone/', 'gone/x.sh'])('makes no folders elsewhere: %j', async (to) => {
    const { status, stderr } = await start(['copy', 'notebook', to]);
    expect([status, stderr]).toEqual([4, expect.stringContaining(`There is no folder ${home}/gone`)]);
  });
});

describe('templates check', () => {
  it('has nothing against what is right, and says what it starts', async () => {
    put('x.sh', GOOD);
    expect(await start(['check', 'x.sh'])).toMatchObject({
      status: 0,
      stdout: `${home}/x.sh is right. It starts JupyterLab.\n`,
    });
    expect(await start(['check', 'notebook'])).toMatchObject({ status: 0 });
    put('notebook.sh', '#!/bin/bash\nstart_session\n');
    expect((await start(['check', 'notebook.sh'])).stdout).toBe(
      `${home}/notebook.sh is right. It starts the server that -s or the system chooses.\n`,
    );
  });

  it('says everything that is wrong, by line, and what would be right', async () => {
    put('x.sh', '#!/bin/sh\n#SBATCH -t soon\nset -e\n#SBATCH -n 1\nif true; then\nstart_session voila\r\n');
    const { status, stdout } = await start(['check', 'x.sh']);
    expect(status).toBe(3);
    const heads = stdout.split('\n').filter((line) => /^ {2}\S/.test(line));
    expect(heads.map((line) => line.slice(0, 45))).toEqual([
      '  line 1  error   does not start as a bash sc',
      '  line 2  error   asks for a time that cannot',
      '  line 3  warning makes bash end at the first',
      '  line 4  error   has a directive that the sc',
      '  line 6  error   ends its lines as Windows d',
      '  line 6  error   has a start_session that st',
      expect.stringMatching(/^ {2}line 7 {2}error {3}is no bash: syntax error/),
    ]);
    expect(stdout).toContain('                  The first line has to be: #!/bin/bash\n');
    expect(stdout).toMatch(/\n6 errors, 1 warning\.\n$/);
    expect(stdout.split('\n').filter((line) => line.length > 80 && !line.startsWith('/'))).toEqual([]);
  });

  it('is content with what is only doubtful', async () => {
    put('x.sh', '#!/bin/bash\nset -e\nstart_session\n');
    const { status, stdout } = await start(['check', 'x.sh', '--json']);
    expect([status, JSON.parse(stdout)]).toMatchObject([
      0,
      { ok: true, problems: [{ line: 2, severity: 'warning' }] },
    ]);
  });

  it('reads the directives as the scheduler of the system', async () => {
    put('x.sh', '#!/bin/bash\n#PBS -l walltime=soon\nstart_session\n');
    expect((await start(['check', 'x.sh'])).stdout).toContain('is for another scheduler than Slurm');
    expect((await start(['check', 'x.sh', '--system', 'two'])).stdout).toContain(
      'a time that cannot be read: "soon"',
    );
  });

  it('shows what would drive a terminal', async () => {
    put('x.sh', '#!/bin/bash\nstart_session \x1b[2J\n');
    const { stdout } = await start(['check', 'x.sh'], { terminal: true });
    expect(stdout).toContain('\\x1b[2J');
    expect(stdout).not.toContain('\x1b[2J');
  });

  it('says of a here-document without an end what bash says', async () => {
    put('x.sh', '#!/bin/bash\ncat <<EOF\nstart_session\n');
    const { stdout } = await start(['check', 'x.sh']);
    expect(stdout).toContain('has start_session within a here-document or quotes');
    expect(stdout).toMatch(/makes bash wonder: here-document at line 2/);
  });

  it('refuses what is no file', async () => {
    expect(await start(['check', home])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('is a directory') as string,
    });
  });
});
