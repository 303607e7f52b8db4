/** The job whose Jupyter is in a container image, with real bash and a program that runs it as if in the image. */
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assignments } from '../../../src/script/quote.js';
import { type Control, startControl } from './control.js';
import { canRunJobs, type JobSession, lastLine, makeSession, type SessionOptions } from './session.js';

interface ImageOptions extends Partial<SessionOptions> {
  image?: string;
  gpu?: string;
  /** Below the session's place. */
  binds?: readonly string[];
  /** Behaviour of the stand-in for apptainer. */
  apptainer?: string;
  /** Where the job finds it; default: where it is recorded. */
  found?: 'on PATH' | 'nowhere';
}

interface ImageSession extends JobSession {
  image: string;
  /** The stand-in for apptainer and what it notes; `image` in it is what is seen inside. */
  folder: string;
}

interface Seen {
  session: ImageSession;
  /** What apptainer was called with. */
  called: string[];
  /** The variables that it got, `NAME=value`. */
  outside: string[];
  inside: { argv: string[]; cwd: string; env: Record<string, string>; umask: number };
  log: string;
}

describe.skipIf(!canRunJobs)('a job in an image', () => {
  let control: Control;
  const sessions: JobSession[] = [];

  beforeAll(async () => {
    control = await startControl();
  });

  afterAll(async () => {
    for (const session of sessions) await session.remove();
    await control.close();
  });

  async function inImage(options: ImageOptions): Promise<ImageSession> {
    const session = await makeSession({ control, jupyter: '', ...options });
    sessions.push(session);
    const { place, home, directory } = session;
    const folder = join(place, 'apptainer');
    await mkdir(join(folder, 'image'), { recursive: true });
    await cp(join(import.meta.dirname, 'stand-in-apptainer.sh'), join(folder, 'apptainer'));
    await cp(join(import.meta.dirname, 'stand-in-jupyter.py'), join(folder, 'image/jupyter'));
    for (const program of ['apptainer', 'image/jupyter']) await chmod(join(folder, program), 0o755);
    await writeFile(join(folder, 'behaviour'), options.apptainer ?? '');
    await writeFile(join(folder, 'image/behaviour'), options.behaviour ?? '');
    const image = options.image ?? join(place, "it's an image.sif");
    if (options.image === undefined) await writeFile(image, '');
    const binds = (options.binds ?? []).map((bind) => join(place, bind));
    for (const bind of binds) await mkdir(bind.split(':')[0]!, { recursive: true });
    const recorded = assignments({
      sj_container: options.found === undefined ? join(folder, 'apptainer') : '',
      sj_image: image,
      sj_image_gpu: options.gpu ?? '',
      sj_image_binds: [home, ...binds].join('\n'),
      sj_image_home: home,
      ...(options.found === undefined ? {} : { sj_PATH: options.found === 'on PATH' ? folder : '/nowhere' }),
    });
    const file = join(directory, 'environment');
    await writeFile(file, (await readFile(file, 'utf8')) + recorded);
    return { ...session, image, folder };
  }

  async function seen(options: ImageOptions): Promise<Seen> {
    const session = await inImage(options);
    const job = session.start();
    await job.said('is mapped to this node');
    job.terminate();
    await job.ended;
    const read = async (name: string) => readFile(join(session.folder, name), 'utf8');
    const entries = async (name: string) => (await read(name)).split('\0').slice(0, -1);
    const inside = JSON.parse(await read('image/started')) as Seen['inside'];
    return {
      session,
      called: await entries('called'),
      outside: await entries('outside'),
      inside,
      log: job.log(),
    };
  }

  /** The log's last line. */
  async function failure(
    options: ImageOptions,
    change?: (session: ImageSession) => Promise<void>,
  ): Promise<string> {
    const session = await inImage(options);
    await change?.(session);
    const job = session.start();
    expect(await job.ended).toBe(1);
    expect(session.secretsLeft()).toEqual([]);
    return lastLine(job.log()).replaceAll(session.place, 'PLACE');
  }

  it.concurrent(
    'starts its Jupyter with the binds as they are said, read-only ones after the session’s own',
    async () => {
      const bind = `da ta $(touch hacked) 'and':/in side:ro`;
      const rootName = `root "quoted" $(touch hacked) 'and'\nnewline`;
      const { session, called, inside } = await seen({ binds: [bind, 'more'], gpu: 'nv', rootName });
      const runtime = inside.env['JUPYTER_RUNTIME_DIR']!;
      expect(runtime).toMatch(/^\/tmp\/sj-\w{8}$/);
      const { place, home, directory, image } = session;
      const paths = [home, join(place, 'more'), directory, runtime, join(place, bind)];
      const binds = paths.flatMap((path) => ['--bind', path]);
      expect(called.slice(0, 2 + binds.length + 3)).toEqual([
        'exec',
        '--nv',
        ...binds,
        image,
        '/bin/sh',
        '-c',
      ]);
      expect(inside.argv.slice(0, 2)).toEqual(['notebook', `--config=${directory}/jupyter_config.json`]);
      expect(inside).toMatchObject({ cwd: session.rootDir, umask: 0o022 });
      const said = called.join('\n');
      for (const secret of [session.token, session.redeemSecret, session.key])
        expect(said).not.toContain(secret);
    },
  );

  it.concurrent('leaves the software outside behind, and hands on the rest', async () => {
    const { outside, inside, session } = await seen({
      environment: {
        sj_CONDA_PREFIX: '/conda',
        sj_LD_LIBRARY_PATH: '/conda/lib',
        sj_SINGULARITY_BINDPATH: '/gpfs',
        sj_LANG: 'tlh_QO',
        sj_umask: '0027',
      },
      commands: [
        'export PYTHONPATH=/x PYTHONHOME=/x R_LIBS_USER=/x JUPYTER_PATH=/x JUPYTER_DATA_DIR=/x LC_ALL=tlh_QO KEPT="a b"',
        'export TMPDIR=/no/such/place SHELL=/no/such/shell',
        'module() { :; }; export -f module',
      ].join('\n'),
    });
    const leaked = /^(?:PYTHON|CONDA_|R_LIBS|JUPYTER_|LC_|LANG|VIRTUAL_ENV|BASH_FUNC_|sj_)/;
    expect(outside.filter((entry) => leaked.test(entry))).toEqual([]);
    expect(outside).toEqual(expect.arrayContaining(['KEPT=a b', 'SINGULARITY_BINDPATH=/gpfs']));
    expect(inside.env).toMatchObject({
      HOME: session.home,
      KEPT: 'a b',
      LANG: 'C.UTF-8',
      PYTHONNOUSERSITE: '1',
      JUPYTER_PREFER_ENV_PATH: '1',
      SHELL: '/bin/sh',
    });
    const left = Object.keys(inside.env).filter((name) => /^(?:JUPYTER|PYTHON|TMPDIR|XDG)/.test(name));
    const ours = ['JUPYTER_PATH', 'JUPYTER_PREFER_ENV_PATH', 'JUPYTER_RUNTIME_DIR', 'PYTHONNOUSERSITE'];
    expect(left.filter((name) => !ours.includes(name))).toEqual([]);
    expect(inside.env['JUPYTER_PATH']).not.toBe('/x');
    expect(inside.umask).toBe(0o027);
  });

  it.concurrent('prefers the kernels of the image to those of the home', async () => {
    const session = await inImage({});
    const share = join(session.folder, 'share/jupyter');
    await mkdir(share, { recursive: true });
    const job = session.start();
    await job.said('is mapped to this node');
    job.terminate();
    await job.ended;
    const { env } = JSON.parse(
      await readFile(join(session.folder, 'image/started'), 'utf8'),
    ) as Seen['inside'];
    expect(env['JUPYTER_PATH']?.split(':')).toContain(share);
  });

  it.concurrent('finds apptainer on PATH where it was not recorded', async () => {
    const { called } = await seen({ found: 'on PATH' });
    expect(called[0]).toBe('exec');
  });

  it.concurrent('fetches an image of a registry before Jupyter has to answer', async () => {
    const { log, called } = await seen({ image: 'docker://some/image' });
    expect(log).toMatch(/fetching the image docker:\/\/some\/image[\s\S]*starting Jupyter on node/);
    expect(called).toContain('docker://some/image');
  });

  it.concurrent('tries another port when the first is taken', async () => {
    const session = await inImage({ behaviour: 'squatted' });
    const job = session.start();
    await job.said('is mapped to this node');
    expect(job.log()).toContain("is somebody else's, trying another one");
    job.terminate();
    expect(await job.ended).toBe(143);
    expect(session.secretsLeft()).toEqual([]);
  });

  it.concurrent.each<[string, ImageOptions, RegExp, ((session: ImageSession) => Promise<void>)?]>([
    [
      'there is no apptainer on the node',
      { found: 'nowhere' },
      /failed: neither apptainer nor singularity is on node \S+: load the module/,
    ],
    [
      'the image is gone',
      {},
      /failed: the image PLACE\/it's an image.sif cannot be read on node/,
      ({ image }) => rm(image),
    ],
    [
      'a bind is not on the node',
      { binds: ['data:/d'] },
      /failed: there is no PLACE\/data on node \S+ to be seen inside the image/,
      ({ place }) => rm(join(place, 'data'), { recursive: true }),
    ],
    ['it is no image', { apptainer: 'fatal' }, /failed: the image .* could not be started \(status 255\)/],
    [
      'a site lets nobody bind',
      { apptainer: 'gone' },
      /failed: the session's own directory is not seen inside/,
    ],
    [
      'a registry cannot be reached',
      { image: 'oras://some/image', apptainer: 'unreachable' },
      /failed: the image oras:\/\/some\/image could not be fetched on node \S+ \(status 255\)/,
    ],
    [
      'there is no jupyter in it',
      {},
      /failed: there is no jupyter in the image$/,
      ({ folder }) => rm(join(folder, 'image/jupyter')),
    ],
    [
      'its jupyter is another one now',
      { jupyter: '/opt/gone/jupyter' },
      /failed: there is no \/opt\/gone\/jupyter in the image/,
    ],
    ['its Jupyter dies', { behaviour: 'dies' }, /failed: Jupyter ended before it answered \(status 3\)/],
  ])('ends with a clear word when %s', async (_what, options, says, change) => {
    expect(await failure(options, change)).toMatch(says);
  });

  it.concurrent('can be cancelled while an image is fetched', async () => {
    const session = await inImage({ image: 'docker://some/image', apptainer: 'slow' });
    const job = session.start();
    await job.said('fetching the image');
    job.terminate();
    expect(await job.ended).toBe(143);
    expect(lastLine(job.log())).toMatch(/stopped: it was cancelled/);
    expect(session.secretsLeft()).toEqual([]);
  });
});
