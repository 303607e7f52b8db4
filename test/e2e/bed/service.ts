/** The proxy as a service unit runs it: another user's files, a folder of its own, what the unit forbids. */
import { chownSync, mkdirSync, mkdtempSync, chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import type { CertificatePair } from '../../../src/proxy/proxy-options.js';
import { theBed } from './bed.js';
import { masterPrograms } from './package-copy.js';
import { start, type Running } from './processes.js';
import { startAs, user } from './users.js';

export const UNITS = fileURLToPath(new URL('../../../share/systemd/', import.meta.url));
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export interface ServiceFiles {
  folder: string;
  config: string;
  caFile: string;
  store: string;
  /** Root's, and readable by the group of the service. */
  write: (name: string, text: string, mode?: number) => string;
}

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A folder of root's with a configuration, certificates and the authority that signed them. */
export function serviceFiles(rootPem: string, pairs: readonly CertificatePair[], more = ''): ServiceFiles {
  const service = user(theBed().users.proxy);
  const folder = mkdtempSync('/var/tmp/start-jupyter-service-');
  folders.push(folder);
  chmodSync(folder, 0o755);
  const store = join(folder, 'store');
  mkdirSync(store, { mode: 0o700 });
  chownSync(store, service.uid, service.gid);
  const write = (name: string, text: string, mode = 0o640): string => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode });
    chmodSync(file, mode);
    chownSync(file, 0, service.gid);
    return file;
  };
  pairs.forEach(({ certificatePem, keyPem }, index) => {
    write(`certificate-${index}.pem`, certificatePem);
    write(`key-${index}.pem`, keyPem);
  });
  const list = (kind: string) => `${kind}: [${pairs.map((_, index) => `${kind}-${index}.pem`).join(', ')}]\n`;
  const config = write(
    'proxy.yaml',
    `domain: ${theBed().domain}\nlisten: 127.0.0.1:0\nstore: store\n${list('certificate')}${list('key')}` +
      `trusted_networks: [127.0.0.0/8]\nallow_local_backends: true\n${more}`,
  );
  return { folder, config, store, caFile: write('ca.pem', rootPem, 0o644), write };
}

/** `serve` as the service user, with the ports that it opens itself. */
export async function serveAs(files: ServiceFiles): Promise<{ running: Running; port: number }> {
  const service = user(theBed().users.proxy);
  const running = startAs(service, [...masterPrograms().proxy, 'serve', '--config', files.config]);
  const [, port] = await running.printed('stderr', /listens on .*:(\d+) for/, 30_000);
  return { running, port: Number(port) };
}

export interface HeldService {
  running: Running;
  ports: number[];
  /** The process of the proxy that runs now. */
  pid: () => number;
}

/**
 * `serve` as the unit file says, as far as that can be had without a systemd that is the first process: its sockets, its
 * system calls, no capability, nobody else's processes, no home directories, a file system that is read-only but for the store.
 */
export async function serveAsUnit(files: ServiceFiles): Promise<HeldService> {
  const service = user(theBed().users.proxy);
  const mounts =
    'set -e; store=$1; shift; mount -t proc -o subset=pid,hidepid=invisible proc /proc; ' +
    'for hidden in /tmp /home /root; do mount -t tmpfs -o mode=0755 tmpfs $hidden; done; ' +
    'mount --bind "$store" "$store"; mount -o remount,bind,ro /; exec "$@"';
  const identity = [`--reuid=${service.uid}`, `--regid=${service.gid}`, '--clear-groups'];
  const nothing = ['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all'];
  const command = [
    ...['/usr/bin/unshare', '--mount', '--ipc', '--propagation', 'private'],
    ...['/bin/bash', '-c', mounts, 'mounts', files.store],
    ...['/usr/bin/prlimit', '--core=0'],
    ...['/usr/bin/setpriv', ...identity, ...nothing],
    ...['/usr/bin/python3', copyOf(files, 'unit_filter.py'), copyOf(files, 'unit')],
    ...[...masterPrograms().proxy, 'serve', '--config', files.config],
  ];
  const running = start(['/usr/bin/python3', script('socket_holder.py'), 'https:http', ...command], {
    env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
  });
  const [, https, http] = await running.printed('stdout', /^ports (\d+) (\d+)$/m, 10_000);
  return {
    running,
    ports: [Number(https), Number(http)],
    pid: () => Number([...running.stdout().matchAll(/^started (\d+)$/gm)].at(-1)?.[1]),
  };
}

/** Where the service may read it: the checkout may be in a home directory. */
function copyOf(files: ServiceFiles, name: 'unit_filter.py' | 'unit'): string {
  const source = name === 'unit' ? join(UNITS, 'start-jupyter-proxy.service') : script(name);
  return files.write(name, readFileSync(source, 'utf8'));
}
