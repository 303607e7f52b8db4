/** What a curious neighbour can try while another person's job runs, and root's look at everything at once. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { theBed } from './bed.js';
import type { Proxy } from './proxy.js';
import { searchFiles, secretsIn, type Secrets } from './secrets.js';
import { slurmEnvironment } from './slurm.js';
import { runAs, user, type User } from './users.js';

export interface Pried {
  owner: User;
  jobId: string;
  /** The session's. */
  directory: string;
  secrets: Secrets;
  proxy: Proxy;
  /** Files of Jupyter's own that hold the token, with N for the process id. */
  runtimeFiles: readonly string[];
}

/** Everything that the owner, the scheduler and the proxy have on disk or in /proc, and what the scheduler says. */
export async function tryAsNeighbour({
  owner,
  jobId,
  directory,
  secrets,
  proxy,
  runtimeFiles,
}: Pried): Promise<void> {
  const cluster = dirname(theBed().slurmConf);
  const owned = find('/tmp', '/var/tmp', '/dev/shm', owner.home, '-user', owner.name, '-type', 'f');
  const slurmFiles = find(join(cluster, 'spool'), join(cluster, 'state'), '-type', 'f');
  expect(slurmFiles.some((path) => path.includes(jobId))).toBe(true);
  const all = [...owned, ...slurmFiles, ...processFiles(owner), ...find(proxy.folder, '-type', 'f')];
  const holders = expectNothingOpen(all, secrets, runtimeFiles);
  const own = find(directory, '-printf', '%y %m\\n');
  expect(new Set(own)).toEqual(new Set(['d 700', 'f 600']));
  await expectUnreadable([...find(directory, '-type', 'f'), ...holders]);

  const bob = user(theBed().users.bob);
  const script = 'for file; do cat -- "$file"; done; :';
  const read = await runAs(bob, ['/bin/bash', '-c', script, 'bash', ...all]);
  expect(read.stdout).toMatch(/jupyter-(notebook|lab)/);
  expect(secretsIn(read.stdout, secrets)).toEqual([]);
  for (const who of [bob, owner]) await expectNothingFromSlurm(who, jobId, secrets);
}

/** Gives the files that hold a part of a secret, of which none may be open to others. */
function expectNothingOpen(
  paths: readonly string[],
  secrets: Secrets,
  runtimeFiles: readonly string[],
): string[] {
  const found = searchFiles(paths, secrets);
  expect(found.filter(({ open }) => open)).toEqual([]);
  // The search does find them where they belong, Jupyter's own runtime files included.
  const names = found.map(({ path }) => path.replace(/^.*\//, '').replace(/\d+/, 'N'));
  for (const name of ['token', 'redeem.secret', 'key.pem', 'jupyter_config.json', ...runtimeFiles]) {
    expect(names).toContain(name);
  }
  return found.map(({ path }) => path);
}

async function expectUnreadable(paths: readonly string[]): Promise<void> {
  const script = 'for file; do [ ! -r "$file" ] || echo "$file"; done';
  const tried = await runAs(user(theBed().users.bob), ['/bin/bash', '-c', script, 'bash', ...paths]);
  expect(tried.stdout).toBe('');
}

async function expectNothingFromSlurm(who: User, jobId: string, secrets: Secrets): Promise<void> {
  for (const command of [
    ['scontrol', 'show', 'job', '-dd', jobId],
    ['scontrol', 'write', 'batch_script', jobId, '-'],
    ['squeue', '-j', jobId, '-o', '%all'],
  ]) {
    const { stdout, stderr } = await runAs(who, command, { env: slurmEnvironment() });
    expect(stdout + stderr).not.toBe('');
    expect(secretsIn(stdout + stderr, secrets)).toEqual([]);
  }
}

/** Argument lists and environments of all processes of a user. */
export function processFiles({ uid }: User): string[] {
  const theirs = new RegExp(`^Uid:\\s+${uid}\\s`, 'm');
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && theirs.test(readIfThere(`/proc/${pid}/status`)))
    .flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
}

export function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** find(1), for which it is no failure that a file goes while it looks. */
function find(...args: string[]): string[] {
  return execFileSync('/bin/sh', ['-c', 'find "$@" || :', 'find', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1e8,
  })
    .split('\n')
    .filter(Boolean);
}
