/** The feeder of the package, run as a service user that owns none of the jobs. */
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll } from 'vitest';
import { theBed } from './bed.js';
import { masterPrograms } from './package-copy.js';
import type { Ended, Running } from './processes.js';
import { slurmEnvironment } from './slurm.js';
import { runAs, startAs, user } from './users.js';

const folders = new Set<string>();

/** A new secret in a file of mode 0600, which both the proxy and the feeder read. Deleted after the test file. */
export function feederSecretFile(): string {
  const service = user(theBed().users.proxy);
  const folder = mkdtempSync('/var/tmp/start-jupyter-feeder-');
  folders.add(folder);
  const file = join(folder, 'feeder.secret');
  writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  for (const path of [folder, file]) chownSync(path, service.uid, service.gid);
  chmodSync(folder, 0o700);
  return file;
}

export interface FeederOptions {
  to: { controlUrl: string; caFile: string };
  /** `--secret-file FILE`, `--classic`, `--interval 1s`, … */
  args: readonly string[];
  /** Default: where the real squeue is. */
  path?: string;
}

/** Still running. */
export function startFeeder(options: FeederOptions): Running {
  return startAs(user(theBed().users.proxy), command(options), { env: environment(options) });
}

/** One round. */
export function feedOnce(options: FeederOptions): Promise<Ended> {
  const once = { ...options, args: [...options.args, '--once'] };
  return runAs(user(theBed().users.proxy), command(once), { env: environment(options), limitMs: 90_000 });
}

function command({ to, args }: FeederOptions): string[] {
  const target = ['--scheduler', 'slurm', '--to', to.controlUrl, '--ca', to.caFile];
  return [...masterPrograms().proxy, 'feed', ...target, ...args];
}

function environment({ path }: FeederOptions): NodeJS.ProcessEnv {
  return { ...slurmEnvironment(), ...(path === undefined ? {} : { PATH: path }) };
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
