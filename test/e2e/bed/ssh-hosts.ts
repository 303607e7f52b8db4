/**
 * OpenSSH on hosts of their own: servers with keys of their own, and a person's computer whose known_hosts has them.
 * Host keys are always checked. The machine's own sshd, its files and its port are not touched.
 */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Host } from './hosts.js';
import { user, type User } from './users.js';

export interface SshServer {
  /** `ssh-ed25519 AAAA…` */
  hostKey: string;
  /** No new connection from now on; those that are there stay. */
  stop(): Promise<void>;
}

export interface SshSettings {
  /** May a tunnel end at a Unix socket? (AllowStreamLocalForwarding; ssh's own default is yes.) */
  sockets?: boolean;
}

/** Starts sshd on port 22 of a host. `folder`: where its key lies, the same one for the same host. */
export async function startSshServer(
  host: Host,
  folder: string,
  settings: SshSettings = {},
): Promise<SshServer> {
  const key = hostKeyIn(folder, host);
  const file = join(folder, `sshd-${host.name}.conf`);
  writeFileSync(file, configuration(host, key, settings));
  const running = host.start(user('root'), ['/usr/sbin/sshd', '-D', '-e', '-f', file], {
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    cwd: '/',
  });
  await running.printed('stderr', /^Server listening on /m, 20_000);
  return {
    hostKey: readFileSync(`${key}.pub`, 'utf8').split(' ').slice(0, 2).join(' '),
    async stop() {
      running.signal('SIGTERM');
      await running.ended(10_000);
    },
  };
}

function hostKeyIn(folder: string, host: Host): string {
  const key = join(folder, `key-of-${host.name}`);
  try {
    readFileSync(key);
  } catch {
    keygen(key);
  }
  return key;
}

/** Keys alone let in, as the accounts have no password; without PAM no session of systemd is asked for. */
function configuration(host: Host, key: string, { sockets = true }: SshSettings): string {
  return [
    `ListenAddress ${host.address}`,
    // The login host is on both networks.
    ...host.moreAddresses.map((address) => `ListenAddress ${address}`),
    `HostKey ${key}`,
    'PidFile none',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    `AllowStreamLocalForwarding ${sockets ? 'yes' : 'no'}`,
    'LogLevel VERBOSE',
    '',
  ].join('\n');
}

/** Gives a person a key on their own computer that opens an account of the cluster. */
export function letIn(person: User, laptop: Host, account: User): void {
  const folder = sshFolder(join(laptop.homes ?? '', person.name), person);
  const key = join(folder, 'id_ed25519');
  keygen(key);
  for (const file of [key, `${key}.pub`]) chownSync(file, person.uid, person.gid);
  const authorized = join(sshFolder(account.home, account), 'authorized_keys');
  writeFileSync(authorized, readFileSync(`${key}.pub`), { mode: 0o600 });
  chownSync(authorized, account.uid, account.gid);
}

/** The person has connected to this host before, under these names. */
export function knowHost(person: User, laptop: Host, names: readonly string[], hostKey: string): void {
  const file = join(sshFolder(join(laptop.homes ?? '', person.name), person), 'known_hosts');
  appendFileSync(file, `${names.join(',')} ${hostKey}\n`, { mode: 0o600 });
  chownSync(file, person.uid, person.gid);
}

/** Takes the person's key out of the account again. */
export function letOut(account: User): void {
  rmSync(join(account.home, '.ssh'), { recursive: true, force: true });
}

function sshFolder(home: string, of: User): string {
  const folder = join(home, '.ssh');
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  chownSync(folder, of.uid, of.gid);
  return folder;
}

function keygen(file: string): void {
  const quiet = ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file];
  execFileSync('/usr/bin/ssh-keygen', quiet, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10_000 });
}
