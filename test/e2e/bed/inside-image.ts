/** Commands inside the bed's container image, with the program and a Node beside it and nothing else of this machine. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll } from 'vitest';
import { theBed } from './bed.js';
import type { User } from './users.js';

export interface Inside {
  /** Shown read-only, by their place inside. */
  files?: Record<string, string>;
  env?: Record<string, string>;
  /** Another host name than the machine's. */
  hostName?: string;
}

/** Where the parts of the program are inside. */
export const INSIDE = { node: '/opt/node/bin/node', package: '/opt/start-jupyter' } as const;

/**
 * The command that a user starts outside, on a machine that lets them have a user namespace: bubblewrap shows them a root of
 * their own. Root has no number in it, as in every container that a user starts without privileges.
 */
export function insideImage(of: User, packageFolder: string, command: readonly string[], more: Inside = {}) {
  const image = theBed().image;
  const shown = Object.entries({
    '/usr': join(image, 'usr'),
    '/etc': join(image, 'etc'),
    '/opt/jupyter': join(image, 'opt/jupyter'),
    [INSIDE.node]: theBed().node,
    [INSIDE.package]: packageFolder,
    ...more.files,
  }).flatMap(([inside, outside]) => ['--ro-bind', outside, inside]);
  const links = ['bin', 'sbin', 'lib', 'lib64'].flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]);
  const home = ['--bind', homes(of), '/home', '--bind', of.home, of.home];
  const env = { HOME: of.home, PATH: '/opt/node/bin:/opt/jupyter/bin:/usr/bin:/bin', ...more.env };
  const variables = Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]);
  const host = more.hostName === undefined ? [] : ['--unshare-uts', '--hostname', more.hostName];
  const places = ['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'];
  const bwrap = [
    '/usr/bin/bwrap',
    '--clearenv',
    ...shown,
    ...links,
    ...places,
    ...home,
    ...variables,
    ...host,
  ];
  return [...bwrap, '--', ...command];
}

/** A folder of homes that is root's, as everywhere. */
function homes(of: User): string {
  const folder = mkdtempSync('/var/tmp/start-jupyter-homes-');
  folders.add(folder);
  mkdirSync(join(folder, basename(of.home)));
  chmodSync(folder, 0o755);
  return folder;
}

const folders = new Set<string>();

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
