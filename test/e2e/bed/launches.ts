/** Launches as a person would: a site's systems.yaml for the bed, the launcher of a package copy, an ordinary user. */
import {
  mkdtempSync,
  chmodSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  existsSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { theBed } from './bed.js';
import { packageCopy } from './package-copy.js';
import type { Ended, Running } from './processes.js';
import { slurmEnvironment } from './slurm.js';
import { runAs, startAs, startOnTerminalAs, user, type User } from './users.js';

/** Where a launch reserves its name: a proxy (proxy.ts) or what stands in for one. */
export interface Service {
  endpoint: string;
  /** Absent: the roots that Node trusts. */
  caFile?: string;
}

export interface LaunchAs {
  /** Whose launch; default: alice. */
  user?: User;
  /** Added to the environment. PATH decides which Jupyter is found: see {@link jupyterPath}. */
  env?: NodeJS.ProcessEnv;
  /** Additional keys of the site's entry for this cluster, as YAML lines (`account_required: true`). */
  site?: readonly string[];
  /** Put before the command: a tracer, say. */
  wrap?: (command: string[]) => string[];
  limitMs?: number;
  /** Of {@link startLaunchAs}: on a terminal of its own (see startOnTerminalAs). */
  onTerminal?: boolean;
}

export interface Launch extends Ended {
  /** With the token; empty when none was printed. */
  url: string;
  token: string;
  /** The three words. */
  name: string;
  jobId: string;
}

/** The PATH with which one generation of Jupyter is found: Debian's Notebook 6 or the environment with JupyterLab 4. */
export function jupyterPath(generation: 'notebook6' | 'jupyter4'): string {
  return generation === 'notebook6' ? '/usr/bin:/bin' : `${theBed().jupyter4}/bin:/usr/bin:/bin`;
}

/** A site's configuration file that describes the bed's cluster and this proxy; readable by all. */
export function siteFile(proxy: Service, extra: readonly string[] = []): string {
  const folder = mkdtempSync('/var/tmp/start-jupyter-site-');
  chmodSync(folder, 0o755);
  folders.add(folder);
  const file = join(folder, 'systems.yaml');
  const lines = [
    'clusters: [start-jupyter-testbed]',
    "hosts: ['.*']",
    'scheduler: slurm',
    `endpoint: ${proxy.endpoint}`,
    ...(proxy.caFile === undefined ? [] : [`ca: ${proxy.caFile}`]),
    ...extra,
  ];
  writeFileSync(file, `systems:\n  bed:\n${lines.map((line) => `    ${line}\n`).join('')}`);
  return file;
}

/** Starts the launcher of a fresh package copy, which is deleted as soon as the launcher has ended. */
export async function launchAs(
  proxy: Service,
  args: readonly string[],
  options: LaunchAs = {},
): Promise<Launch> {
  const copy = packageCopy();
  try {
    const command = [...copy.launcher, ...args];
    const ended = await runAs(
      options.user ?? user(theBed().users.alice),
      options.wrap?.(command) ?? command,
      {
        env: launchEnvironment(proxy, options),
        limitMs: options.limitMs ?? 60_000,
      },
    );
    return { ...ended, ...readResult(ended) };
  } finally {
    copy.remove();
  }
}

/** The same, still running: for Ctrl-C. The copy is deleted after the test file. */
export function startLaunchAs(proxy: Service, args: readonly string[], options: LaunchAs = {}): Running {
  const command = [...packageCopy().launcher, ...args];
  const begin = options.onTerminal ? startOnTerminalAs : startAs;
  return begin(options.user ?? user(theBed().users.alice), options.wrap?.(command) ?? command, {
    env: launchEnvironment(proxy, options),
  });
}

function launchEnvironment(proxy: Service, options: LaunchAs): NodeJS.ProcessEnv {
  return {
    ...slurmEnvironment(),
    PATH: jupyterPath('notebook6'),
    START_JUPYTER_CONFIG: siteFile(proxy, options.site),
    ...options.env,
  };
}

function readResult({ stdout, stderr }: Ended): Pick<Launch, 'url' | 'token' | 'name' | 'jobId'> {
  const url = /https:\/\/\S+/.exec(stdout)?.[0].replace(/["\\].*$/, '') ?? '';
  const parsed = url === '' ? undefined : new URL(url);
  return {
    url,
    token: parsed?.searchParams.get('token') ?? '',
    name: parsed?.hostname.split('.')[0] ?? '',
    jobId: /"jobId":"(\d+)"/.exec(stdout)?.[1] ?? /^Job: (\d+)/m.exec(stderr)?.[1] ?? '',
  };
}

/** `~/.local/state/start-jupyter/sessions` of a user. */
export function sessionsOf(of: User): string {
  return join(of.home, '.local/state/start-jupyter/sessions');
}

/** The directories of a user's sessions, staged ones included; newest last. */
export function sessionDirectories(of: User): string[] {
  const folder = sessionsOf(of);
  return existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((name) => join(folder, name))
    : [];
}

/** The directory of the session with this job. */
export function sessionOfJob(of: User, jobId: string): string {
  for (const directory of sessionDirectories(of)) {
    const record = JSON.parse(readFileSync(join(directory, 'session.json'), 'utf8')) as { jobId?: string };
    if (record.jobId === jobId) return directory;
  }
  throw new Error(`${of.name} has no session with job ${jobId}`);
}

/** Removes what a user's launches left, so that the next test starts from nothing. */
export function forgetSessions(of: User): void {
  rmSync(dirname(sessionsOf(of)), { recursive: true, force: true });
}

const folders = new Set<string>();

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
