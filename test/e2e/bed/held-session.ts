/** A session whose job waits until it is released, and what there is to see of it from its start to its end. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { launchAs, sessionOfJob, type LaunchAs } from './launches.js';
import { until } from './processes.js';
import type { Proxy } from './proxy.js';
import { jobInState, releaseJob } from './slurm.js';
import { visit, type Visit } from './visit.js';
import type { User } from './users.js';

/** Jupyter takes its time on a busy machine. */
const LIMIT_MS = 90_000;

export interface HeldSession {
  name: string;
  token: string;
  jobId: string;
  directory: string;
  log(): string;
  /** Lets the job start. */
  release(): Promise<void>;
  /** Resolves when the name is mapped. */
  ready(): Promise<{ port: number; pid: number }>;
  /** Resolves with the log's last line, once Slurm says that the job FAILED. */
  failed(): Promise<string>;
  /** Resolves when the log holds this. */
  logged(pattern: RegExp): Promise<void>;
  /** As the owner's browser: with the token in a header. */
  open(path: string): Promise<Visit>;
}

export async function holdSession(
  proxy: Proxy,
  owner: User,
  args: readonly string[] = [],
  options: Omit<LaunchAs, 'user'> = {},
): Promise<HeldSession> {
  const held = ['-p', 'debug', '-t', '30', '--json', '--scheduler-arg', '--hold'];
  const launch = await launchAs(proxy, [...held, ...args], { ...options, user: owner });
  expect(launch, launch.stderr).toMatchObject({ exitCode: 0 });
  const { name, token, jobId } = launch;
  const directory = sessionOfJob(owner, jobId);
  const log = () => readFileSync(join(directory, 'job.log'), 'utf8');
  const ca = readFileSync(proxy.caFile, 'utf8');
  const wait = async (what: string, ask: () => boolean): Promise<void> => {
    const seen = await until(
      () => ask() || /^start-jupyter: (failed|stopped)/m.test(log()) || undefined,
      LIMIT_MS,
    );
    if (!seen || !ask()) throw new Error(`The job of ${name} never was ${what}:\n${log()}`);
  };
  return {
    ...{ name, token, jobId, directory, log },
    release: () => releaseJob(jobId),
    async ready() {
      const file = join(directory, 'ready.json');
      await wait('ready', () => existsSync(file));
      return JSON.parse(readFileSync(file, 'utf8')) as { port: number; pid: number };
    },
    async failed() {
      await jobInState(jobId, ['FAILED'], LIMIT_MS);
      const last = log().trimEnd().split('\n').at(-1) ?? '';
      const [what] = readFileSync(join(directory, 'outcome'), 'utf8').split('\n');
      expect(what).toBe(last.replace(/^start-jupyter: /, ''));
      for (const secret of ['token', 'redeem.secret', 'key.pem', 'jupyter_config.json']) {
        expect(existsSync(join(directory, secret))).toBe(false);
      }
      return last;
    },
    logged: (pattern) => wait(`at ${String(pattern)}`, () => pattern.test(log())),
    open: (path) => visit(proxy, ca, name, path, { authorization: `token ${token}` }),
  };
}
