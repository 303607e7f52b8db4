/** A session directory as the launcher makes it, and the job that runs from it, with real bash. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSignedCertificate } from '../../../src/certificate.js';
import { optionClasses } from '../../../src/jupyter/family.js';
import { jupyterConfig } from '../../../src/jupyter/settings.js';
import { assignments } from '../../../src/script/quote.js';
import { render } from '../../../src/script/render.js';
import type { SshWay } from '../../../src/site/schema.js';
import type { Control } from './control.js';

const templates = join(import.meta.dirname, '../../../batch-templates');

/** The job's tests need a POSIX system with these; elsewhere they are skipped, visibly. */
export const canRunJobs =
  process.platform === 'linux' && ['/bin/bash', '/usr/bin/python3', '/usr/bin/curl'].every(existsSync);

export interface SessionOptions {
  control: Control;
  protocol?: 'v1' | 'classic';
  /** The ways of ssh that the job may choose from: then there is no proxy. */
  sshWays?: readonly SshWay[];
  server?: 'notebook' | 'jupyterlab';
  /** Absolute path of a `jupyter`; by default the stand-in. Empty: the job looks for it on PATH. */
  jupyter?: string;
  /** The notebook's top-level directory, a name below the session's place. */
  rootName?: string;
  /** Directory names below which the session lies, for long or strange paths. */
  below?: string;
  /** The name of the home directory, for long paths. */
  homeName?: string;
  settings?: Record<string, string>;
  environment?: Record<string, string>;
  /** Shorter limits (`sj_start_seconds: 2`), written into the session's copy of the scripts. */
  limits?: Record<string, number>;
  /** Jupyter ends when nothing was done for so long. */
  idleSeconds?: number;
  /** Words for the stand-in's `behaviour`. */
  behaviour?: string;
  /** The tools that the job shall find, from /usr/bin; by default all of them. */
  tools?: readonly string[];
  /** Lines of the template before its last one. */
  commands?: string;
  env?: Record<string, string>;
}

export interface JobSession {
  directory: string;
  /** Where everything of this test lies; the stand-in is in `bin/`. */
  place: string;
  home: string;
  rootDir: string;
  token: string;
  redeemSecret: string;
  key: string;
  /** Starts the job, under another program (`strace …`) if one is given. */
  start: (under?: readonly string[]) => RunningJob;
  read: (name: string) => Promise<string>;
  /** Which of the secret files are there. */
  secretsLeft: () => string[];
  remove: () => Promise<void>;
}

export interface RunningJob {
  child: ChildProcess;
  /** As a scheduler that cancels a job: TERM to everything in its process group. */
  terminate: () => void;
  log: () => string;
  /** Waits until the log holds the text. */
  said: (text: string | RegExp, limitMs?: number) => Promise<void>;
  /** The job's exit status, or the name of the signal that ended it. */
  ended: Promise<number | string>;
}

const NAME = 'three-old-words';
const BASIC_TOOLS = ['bash', 'date', 'mktemp', 'mv', 'rm', 'sleep', 'timeout', 'uname'];

export async function makeSession(options: SessionOptions): Promise<JobSession> {
  const place = await mkdtemp(join(tmpdir(), 'sj-job-'));
  const directory = join(place, options.below ?? '', 'session');
  const classic = options.protocol === 'classic';
  const token = randomBytes(32).toString('base64url');
  const redeemSecret = randomBytes(32).toString('base64url');
  const rootDir = join(place, options.rootName ?? 'root');
  await mkdir(join(directory, 'lib'), { recursive: true, mode: 0o700 });
  await mkdir(join(place, 'bin'));
  const home = join(place, options.homeName ?? 'home');
  await mkdir(home);
  await mkdir(rootDir, { recursive: true });
  const write = (name: string, text: string) => writeFile(join(directory, name), text, { mode: 0o600 });

  const tls = { certificateFile: join(directory, 'certificate.pem'), keyFile: join(directory, 'key.pem') };
  const certificate = await selfSignedCertificate({
    commonName: 'session',
    names: ['localhost', '127.0.0.1'],
    days: 2,
  });
  if (!classic) {
    await write('certificate.pem', certificate.certificatePem);
    await write('key.pem', certificate.keyPem);
    await write('redeem.secret', redeemSecret);
  }
  await write('token', token);
  await write(
    'jupyter_config.json',
    JSON.stringify(
      jupyterConfig({
        family: undefined,
        token,
        rootDir,
        asRoot: process.geteuid?.() === 0,
        ...(options.idleSeconds === undefined ? {} : { idleSeconds: options.idleSeconds }),
        ...(options.sshWays ? { bySsh: true } : classic ? {} : { tls }),
      }),
    ),
  );
  await write('ca.pem', options.control.caPem);
  await write(
    'settings',
    assignments({
      sj_name: NAME,
      sj_protocol: options.protocol ?? 'v1',
      sj_manage_host: 'manage.job.jupyter.localhost',
      sj_manage_port: String(options.control.port),
      sj_connect_address: '127.0.0.1',
      sj_ca_file: join(directory, 'ca.pem'),
      sj_root_dir: rootDir,
      sj_walltime_seconds: '1800',
      sj_node_suffix: '',
      sj_bind: options.sshWays ? 'all' : 'loopback',
      ...(options.sshWays ? { sj_connect: 'ssh', sj_ssh_ways: options.sshWays.join(' ') } : {}),
      ...options.settings,
    }),
  );
  await installStandIn(place, options.behaviour ?? '');
  await write(
    'environment',
    assignments({
      sj_jupyter: options.jupyter ?? join(place, 'bin', 'jupyter'),
      sj_python: '',
      sj_classes: optionClasses(undefined).join(' '),
      sj_umask: '0022',
      sj_PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      ...options.environment,
    }),
  );
  await installScripts(directory, options.limits ?? {});
  await write('batch.sh', await renderTemplate(directory, options));
  const path = options.tools ? await restrictedPath(place, options.tools) : '/usr/bin:/bin';
  return {
    directory,
    place,
    home,
    rootDir,
    token,
    redeemSecret,
    key: certificate.keyPem,
    start: (under = []) =>
      startJob([...under, '/bin/bash', join(directory, 'batch.sh')], {
        PATH: path,
        HOME: home,
        ...options.env,
      }),
    read: (name) => readFile(join(directory, name), 'utf8'),
    secretsLeft: () =>
      ['token', 'redeem.secret', 'key.pem', 'jupyter_config.json', 'open.html'].filter((name) =>
        existsSync(join(directory, name)),
      ),
    remove: () => rm(place, { recursive: true, force: true }),
  };
}

async function installStandIn(place: string, behaviour: string): Promise<void> {
  await cp(join(import.meta.dirname, 'stand-in-jupyter.py'), join(place, 'bin', 'jupyter'));
  await chmod(join(place, 'bin', 'jupyter'), 0o755);
  await writeFile(join(place, 'bin', 'behaviour'), behaviour);
}

async function installScripts(directory: string, limits: Record<string, number>): Promise<void> {
  for (const name of await readdir(join(templates, 'lib'))) {
    let text = await readFile(join(templates, 'lib', name), 'utf8');
    for (const [limit, value] of Object.entries(limits)) {
      text = text.replace(new RegExp(`^${limit}=\\d+$`, 'm'), `${limit}=${value}`);
    }
    await writeFile(join(directory, name === 'run.sh' ? name : `lib/${name}`), text, { mode: 0o600 });
  }
}

async function renderTemplate(directory: string, options: SessionOptions): Promise<string> {
  const server = options.server ?? 'notebook';
  const text = await readFile(join(templates, 'slurm', `${server}.sh`), 'utf8');
  const script = render(text, { session_dir: directory, server }, { lower: [], upper: [] });
  return script.replace('source "$session_dir/run.sh"', (line) => `${options.commands ?? ''}\n${line}`);
}

/** A PATH on which only these tools are, with what every job needs. */
async function restrictedPath(place: string, tools: readonly string[]): Promise<string> {
  const folder = join(place, 'tools');
  await mkdir(folder);
  for (const tool of [...BASIC_TOOLS, ...tools]) {
    await symlink(join('/usr/bin', tool), join(folder, tool)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
  return folder;
}

function startJob(command: readonly string[], env: Record<string, string>): RunningJob {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let log = '';
  const keep = (data: Buffer) => (log += data.toString());
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve(status ?? signal ?? 'nothing'));
  });
  return {
    child,
    ended,
    log: () => log,
    said: (text, limitMs = 20_000) => waitFor(() => log, text, limitMs),
    terminate: () => {
      if (child.exitCode === null) process.kill(-child.pid!, 'SIGTERM');
    },
  };
}

async function waitFor(log: () => string, text: string | RegExp, limitMs: number): Promise<void> {
  const until = Date.now() + limitMs;
  for (;;) {
    if (typeof text === 'string' ? log().includes(text) : text.test(log())) return;
    if (Date.now() > until)
      throw new Error(`Not said within ${limitMs} ms: ${String(text)}\nThe log:\n${log()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The last line of a log. */
export function lastLine(log: string): string {
  return log.trimEnd().split('\n').at(-1) ?? '';
}
