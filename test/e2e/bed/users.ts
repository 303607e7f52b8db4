/** Runs programs as the bed's ordinary users, in a clean environment. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Ended, type Running, run, start } from './processes.js';

export interface User {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

export interface AsUserOptions {
  /** Added to the clean environment, or taken out of it (undefined). */
  env?: NodeJS.ProcessEnv;
  /** Default: the user's home. */
  cwd?: string;
  input?: string;
  /** Default: a minute. */
  limitMs?: number;
  /** What enters another host, put before everything: see hosts.ts. */
  inside?: readonly string[];
}

const TERMINAL = readFileSync(fileURLToPath(new URL('terminal.py', import.meta.url)), 'utf8');

/** A user of this machine, by /etc/passwd. */
export function user(name: string): User {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [entry, , uid, gid, , home = '/'] = line.split(':');
    if (entry === name) return { name, uid: Number(uid), gid: Number(gid), home };
  }
  throw new Error(`There is no user ${name} on this machine`);
}

/** What a fresh login has, and nothing of the environment in which the tests run. */
export function loginEnvironment(of: User): NodeJS.ProcessEnv {
  return {
    HOME: of.home,
    USER: of.name,
    LOGNAME: of.name,
    SHELL: '/bin/bash',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
  };
}

/** Runs a command as a user, to its end. */
export async function runAs(
  of: User,
  command: readonly string[],
  options: AsUserOptions = {},
): Promise<Ended> {
  return run(asUser(of, command, options), {
    ...startOptions(of, options),
    limitMs: options.limitMs ?? 60_000,
  });
}

/** Starts a command as a user; the returned pid is the command's own. */
export function startAs(of: User, command: readonly string[], options: AsUserOptions = {}): Running {
  return start(asUser(of, command, options), startOptions(of, options));
}

/**
 * The same on a terminal of its own: `write('\x03')` is Ctrl-C. Everything it prints, standard error too, comes as
 * standard output, with CR LF.
 */
export function startOnTerminalAs(
  of: User,
  command: readonly string[],
  options: AsUserOptions = {},
): Running {
  const onTerminal = ['/usr/bin/python3', '-c', TERMINAL, ...command];
  return start(asUser(of, onTerminal, options), startOptions(of, options), true);
}

/** setpriv becomes the command: no process of root stays in between, and signals reach the command itself. */
function asUser(of: User, command: readonly string[], options: AsUserOptions): string[] {
  const identity = [`--reuid=${of.uid}`, `--regid=${of.gid}`, '--init-groups'];
  const became = ['/usr/bin/setpriv', ...identity, '--', ...command];
  // Another host has another file system, so that the directory is entered there.
  return options.inside
    ? [...options.inside, '/usr/bin/env', '-C', options.cwd ?? of.home, ...became]
    : became;
}

function startOptions(of: User, options: AsUserOptions) {
  return {
    env: { ...loginEnvironment(of), ...options.env },
    cwd: options.inside ? '/' : (options.cwd ?? of.home),
    ...(options.input === undefined ? {} : { input: options.input }),
  };
}
