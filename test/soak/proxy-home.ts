/** The bundled proxy as a service user, with a folder of its own in which it is started, killed and started again. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { afterAll } from 'vitest';
import { theBed } from '../e2e/bed/bed.js';
import { run, start, until, type Ended, type Running } from '../e2e/bed/processes.js';
import { loginEnvironment, user } from '../e2e/bed/users.js';

/** Where a proxy is, for who connects to it. */
export interface Place {
  domain: string;
  port: number;
  /** Trusts the proxy's own authority and nothing else. */
  secureContext: SecureContext;
}

export interface ProxyHome {
  domain: string;
  /** Configuration, certificate and key. */
  folder: string;
  caFile: string;
  /** Where its sessions are kept; the service user's, mode 0700. */
  store: string;
  /** Resolves once it listens; the second time on the same port. Rejects with what it said when it ends instead. */
  start(options?: StartOptions): Promise<RunningProxy>;
  /** SIGKILL to the one that was started last, whether it listens yet or not. */
  kill(): Promise<void>;
  remove(): void;
}

export interface StartOptions {
  /** More options of `serve`. */
  serve?: readonly string[];
  /** Options of Node itself. */
  node?: readonly string[];
}

export interface RunningProxy extends Place {
  pid: number;
  /** By performance.now(): when its program was started. */
  startedAt: number;
  /** For `--endpoint`. */
  endpoint: string;
  controlUrl: string;
  caFile: string;
  folder: string;
  log(): string;
  stderr(): string;
  /** Open descriptors. */
  descriptors(): number;
  /** In bytes. */
  residentSize(): number;
  /** SIGTERM. */
  stop(): Promise<Ended>;
}

const STARTS_MS = 20_000;

/** The soak's own settings: sources are many loopback addresses. */
const SETTINGS = ['--trusted-network', '127.0.0.0/8', '--allow-local-backends', 'true'];

const folders = new Set<string>();

/** A folder with a configuration and a certificate. `store` is made below it unless a folder is given. */
export async function proxyHome(given: { store?: string; domain?: string } = {}): Promise<ProxyHome> {
  const service = user(theBed().users.proxy);
  const domain = given.domain ?? theBed().domain;
  const above = mkdtempSync('/var/tmp/start-jupyter-soak-');
  folders.add(above);
  chownSync(above, service.uid, service.gid);
  chmodSync(above, 0o755);
  const folder = join(above, 'proxy');
  const store = given.store ?? join(above, 'store');
  if (given.store === undefined) {
    mkdirSync(store, { mode: 0o700 });
    chownSync(store, service.uid, service.gid);
  }
  const identity = [`--reuid=${service.uid}`, `--regid=${service.gid}`, '--init-groups', '--'];
  const program = join(theBed().package, 'bin/start-jupyter-proxy.js');
  const command = (node: readonly string[], ...args: string[]): string[] => [
    ...['/usr/bin/setpriv', ...identity, theBed().node, ...node, program],
    ...args,
  ];
  const env = loginEnvironment(service);
  const made = await run(command([], 'init', '--domain', domain, '--dir', folder), { env });
  if (made.exitCode !== 0) throw new Error(`start-jupyter-proxy init: ${made.stderr}`);
  const caFile = join(folder, 'ca.pem');
  const secureContext = createSecureContext({ ca: readFileSync(caFile) });
  let port = 0;
  let last: Running | undefined;

  async function startProxy({ serve = [], node = [] }: StartOptions = {}): Promise<RunningProxy> {
    const config = ['--config', join(folder, 'proxy.yaml'), '--listen', `127.0.0.1:${port}`];
    const startedAt = performance.now();
    const running = start(command(node, 'serve', ...config, '--store', store, ...SETTINGS, ...serve), {
      env,
    });
    last = running;
    await running.printed('stderr', /^Control: /m, STARTS_MS);
    port = Number(/ listens on \S+:(\d+) /.exec(running.stderr())?.[1]);
    const { pid } = running;
    return {
      ...{ domain, port, secureContext, pid, startedAt, caFile, folder },
      endpoint: `${domain}:${port}`,
      controlUrl: `https://manage.${domain}:${port}`,
      log: () => running.stdout(),
      stderr: () => running.stderr(),
      descriptors: () => readdirSync(`/proc/${pid}/fd`).length,
      residentSize: () =>
        1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
      stop() {
        running.signal('SIGTERM');
        return running.ended(STARTS_MS);
      },
    };
  }

  return {
    ...{ domain, folder, caFile, store },
    start: startProxy,
    async kill() {
      last?.signal('SIGKILL');
      await last?.ended(STARTS_MS);
    },
    remove: () => rmSync(above, { recursive: true, force: true }),
  };
}

/** Waits until no more descriptors are open than at the start; the number at the end. */
export async function descriptorsBackTo(
  proxy: RunningProxy,
  before: number,
  limitMs: number,
): Promise<number> {
  await until(() => (proxy.descriptors() <= before ? true : undefined), limitMs, 100);
  return proxy.descriptors();
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
