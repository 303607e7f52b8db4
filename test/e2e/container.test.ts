/** Jupyter in a container image, on real Slurm: what is seen inside, what is not, and how it ends. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { startBrowser, type Browser } from './bed/browser.js';
import { bareImage, withContainers } from './bed/container.js';
import { holdSession } from './bed/held-session.js';
import { forgetSessions, jupyterPath, launchAs, sessionDirectories } from './bed/launches.js';
import { interfaceOf, runCell } from './bed/notebook.js';
import { until } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { processFiles, readIfThere, tryAsNeighbour } from './bed/prying.js';
import { secretsOf } from './bed/secrets.js';
import { cancelJob, clearJobsOf, jobInState, jobsOf } from './bed/slurm.js';
import { user } from './bed/users.js';

/** What a kernel says of where it is. `planted` lies among the person's own packages. */
const FACTS = `(lambda os, sys, importlib: __import__('json').dumps({
  'image': importlib.import_module('only_in_image').WHERE,
  'planted': importlib.util.find_spec('planted') is not None,
  'kernel': os.environ.get('KERNEL_OF'),
  'python': sys.executable,
  'home': os.path.expanduser('~'),
  'cwd': os.getcwd(),
  'scheduler': os.path.exists('/usr/bin/squeue'),
  'bound': open('/data/inside/hello').read(),
  'writable': os.access('/data/inside', os.W_OK),
  'encoding': sys.stdout.encoding.lower(),
  'shell': os.path.exists(os.environ['SHELL']),
  'leaked': sorted(n for n in os.environ if n.startswith(('sj_', 'CONDA_', 'R_LIBS', 'BASH_FUNC_')) or n in
    ('PYTHONPATH', 'VIRTUAL_ENV', 'LD_PRELOAD', 'JUPYTER_CONFIG_DIR', 'JUPYTER_TOKEN', 'XDG_RUNTIME_DIR')),
  'passed': os.environ.get('SLURM_JOB_ID'),
}))(__import__('os'), __import__('sys'), __import__('importlib.util'))`;

describeOnBed('a container image', () => {
  let proxy: Proxy;
  let browser: Browser;
  let folder: string;
  const mike = () => user(theBed().users.mike);

  beforeAll(async () => {
    proxy = await startProxy();
    browser = await startBrowser([proxy.caFile]);
    folder = mkdtempSync('/var/tmp/start-jupyter-container-');
    chmodSync(folder, 0o755);
  });

  afterEach(async () => {
    await clearJobsOf(mike().name);
    forgetSessions(mike());
  });

  afterAll(async () => {
    for (const left of ['.local', '.jupyter', '.ipython', 'course work', 'to scratch', 'Untitled.ipynb']) {
      rmSync(join(mike().home, left), { recursive: true, force: true });
    }
    rmSync(folder, { recursive: true, force: true });
    await browser.close();
    await proxy.stop();
  });

  function asMike(path: string, text?: string): string {
    for (const above of [dirname(path), path]) {
      if (!existsSync(above)) {
        if (above === path && text !== undefined) writeFileSync(above, text);
        else mkdirSync(above, { recursive: true });
      }
    }
    return path;
  }

  /** What people have in their homes for the software outside. */
  function plantInHome(): void {
    const { home, uid, gid } = mike();
    const spec = { argv: ['/bin/false', '{connection_file}'], display_name: 'Planted', language: 'python' };
    asMike(join(home, '.local/share/jupyter/kernels/python3/kernel.json'), JSON.stringify(spec));
    asMike(join(home, '.local/lib/python3.11/site-packages/planted.py'), '');
    for (const name of readdirSync(home, { recursive: true })) chownSync(join(home, String(name)), uid, gid);
  }

  /** A template that sets what a site, a module or a login may have set. */
  function template(name: string, lines: readonly string[]): string {
    const file = join(folder, name);
    const text = [
      '#!/bin/bash',
      ...lines,
      'session_dir={{session_dir}}',
      'server={{server}}',
      'source "$session_dir/run.sh"',
    ];
    writeFileSync(file, `${text.join('\n')}\n`);
    chmodSync(file, 0o644);
    return file;
  }

  test('its kernel has its software, the home and the binds, and nothing of the software outside', async () => {
    plantInHome();
    const { folder: programs, path } = withContainers(mike(), 'apptainer');
    const data = asMike(join(folder, `it's $(touch hacked) data`));
    writeFileSync(join(data, 'hello'), 'from outside');
    const work = asMike(join(mike().home, 'course work'));
    chownSync(work, mike().uid, mike().gid);
    const leaking = template('leaking.sh', [
      'export PYTHONPATH=/nowhere CONDA_PREFIX=/nowhere R_LIBS_USER=/nowhere LD_PRELOAD= JUPYTER_CONFIG_DIR=/nowhere',
      'export LC_ALL=tlh_QO.UTF-8 SHELL=/usr/bin/no-such-shell',
      'leak() { :; }; export -f leak',
    ]);
    const session = await holdSession(
      proxy,
      mike(),
      ['-I', theBed().image, '--bind', `${data}:/data/inside:ro`, '-d', work, '-b', leaking],
      { env: { PATH: path }, site: ['conda_required: true'] },
    );
    await session.release();
    await session.ready();
    expect(session.log()).not.toContain('hacked');

    const page = await browser.open(`https://${session.name}.${proxy.endpoint}/lab?token=${session.token}`);
    expect(await interfaceOf(page)).toBe('lab');
    const { result } = await runCell(page, FACTS);
    expect(JSON.parse(result.replace(/^'|'$/g, '').replaceAll(String.raw`\'`, "'"))).toEqual({
      image: 'in the image',
      planted: false,
      kernel: 'image',
      python: expect.stringMatching(/^\/opt\/jupyter\/bin\/python/) as string,
      home: mike().home,
      cwd: work,
      scheduler: false,
      bound: 'from outside',
      writable: false,
      encoding: 'utf-8',
      shell: true,
      leaked: [],
      passed: session.jobId,
    });

    const secrets = secretsOf(session.directory);
    const { jobId, directory } = session;
    const runtimeFiles = ['jpserver-N.json', 'jpserver-N-open.html'];
    await tryAsNeighbour({ owner: mike(), jobId, directory, secrets, proxy, runtimeFiles });

    await cancelJob(jobId);
    await jobInState(jobId, ['CANCELLED', 'COMPLETED', 'FAILED']);
    expect(session.log()).toContain('start-jupyter: stopped: it was cancelled');
    await expectNothingLeft(programs);
  });

  test('Singularity, where a site shows nothing by default: Notebook 7 starts, and its violent end is noticed', async () => {
    const { folder: programs, path } = withContainers(mike(), 'singularity');
    const closed = template('closed.sh', [
      'export SINGULARITY_CONTAIN=1 SINGULARITY_CLEANENV=1 SINGULARITY_NO_HOME=1 SINGULARITY_PID=1',
    ]);
    const scratch = asMike(join(folder, 'scratch'));
    const link = join(mike().home, 'to scratch');
    symlinkSync(scratch, link);
    const bind = ['--bind', `${folder}:/course:ro`, '-d', link];
    const session = await holdSession(
      proxy,
      mike(),
      ['-I', theBed().image, ...bind, '-s', 'notebook', '--nv'],
      {
        env: { PATH: path },
        site: [`template: ${closed}`],
      },
    );
    await session.release();
    await session.ready();
    expect((await session.open('/tree')).status).toBe(200);
    const inside = processFiles(mike())
      .filter((file) => file.endsWith('cmdline'))
      .find((file) => readIfThere(file).startsWith('/opt/jupyter/bin/python'));
    process.kill(Number(inside?.split('/')[2]), 'SIGKILL');
    expect(await session.failed()).toBe(
      'start-jupyter: failed: Jupyter was killed: perhaps the job ran out of memory',
    );
    await expectNothingLeft(programs);
  });

  async function expectNothingLeft(programs: string): Promise<void> {
    const theirs = () =>
      processFiles(mike())
        .filter((file) => file.endsWith('cmdline'))
        .map((file) => readIfThere(file).replaceAll('\0', ' '))
        .filter(
          (command) => command.includes(programs) || command.includes('jupyter') || command.includes('bwrap'),
        );
    await until(() => (theirs().length === 0 ? true : undefined), 10_000);
    expect(theirs()).toEqual([]);
    expect(
      readdirSync('/tmp').filter((name) => name.startsWith('sj-') && isMikes(join('/tmp', name))),
    ).toEqual([]);
  }

  function isMikes(path: string): boolean {
    return statSync(path, { throwIfNoEntry: false })?.uid === mike().uid;
  }

  test.each<[string, { args: () => string[]; path?: () => string; code: number; says: RegExp }]>([
    [
      'nothing here can run it',
      {
        args: () => ['-I', theBed().image],
        path: () => jupyterPath('notebook6'),
        code: 4,
        says: /Neither apptainer nor singularity is on your PATH[\s\S]*module load apptainer/,
      },
    ],
    [
      'there is no Jupyter in it',
      { args: () => ['-I', bareImage()], code: 4, says: /There is no "jupyter" on the PATH of the image/ },
    ],
    [
      'it is of a kind that there is not',
      {
        args: () => ['-I', 'shub://a/b'],
        code: 4,
        says: /no images of the form "shub:\/\/a\/b"[\s\S]*docker:\/\//,
      },
    ],
  ])('nothing is taken when %s', async (_what, { args, path, code, says }) => {
    const env = { PATH: path?.() ?? withContainers(mike(), 'apptainer').path };
    const launch = await launchAs(proxy, ['-p', 'debug', ...args()], { user: mike(), env });
    expect(launch.stderr).toMatch(says);
    expect(launch.exitCode).toBe(code);
    expect(sessionDirectories(mike())).toEqual([]);
    expect(await jobsOf(mike().name)).toEqual([]);
  });
});
