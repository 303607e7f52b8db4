/** The companion proxy of the package, run as a service user on a port of its own. */
import { appendFileSync, chownSync, chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { theBed } from './bed.js';
import type { Host } from './hosts.js';
import { masterPrograms } from './package-copy.js';
import type { Ended } from './processes.js';
import { runAs, startAs, user } from './users.js';

export interface Proxy {
  domain: string;
  port: number;
  /** `DOMAIN:PORT`, for --endpoint. */
  endpoint: string;
  /** `https://manage.DOMAIN:PORT` */
  controlUrl: string;
  /** Readable by every user, for --ca, curl and Chromium. */
  caFile: string;
  /** The proxy's own folder: configuration, certificate and key. */
  folder: string;
  pid: number;
  /** Everything it has logged so far: JSON, a line an event. */
  log(): string;
  /** By SIGTERM, as a service manager does. */
  stop(): Promise<Ended>;
}

export interface ProxyOptions {
  /** Default: the bed's domain, of which `manage.` is in /etc/hosts. */
  domain?: string;
  /** Default: any free one. Give an earlier proxy's to start it again in its place. */
  port?: number;
  /** More options of `serve`. */
  serve?: readonly string[];
  /** More lines of proxy.yaml: some keys are no options. */
  settings?: readonly string[];
  /** On another host, at its address. */
  on?: Host;
}

const folders = new Set<string>();

/** `init`, then `serve`; resolves once it listens. Stopped at the latest after the test file. */
export async function startProxy(options: ProxyOptions = {}): Promise<Proxy> {
  const { domain = theBed().domain, port = 0, serve = [], settings = [], on } = options;
  const service = user(theBed().users.proxy);
  const program = masterPrograms().proxy;
  const folder = join(ownFolder(service.uid, service.gid), 'proxy');
  const made = await runAs(service, [...program, 'init', '--domain', domain, '--dir', folder]);
  if (made.exitCode !== 0) throw new Error(`start-jupyter-proxy init: ${made.stderr}`);

  appendFileSync(join(folder, 'proxy.yaml'), settings.map((line) => `${line}\n`).join(''));

  const listen = `${on?.address ?? '127.0.0.1'}:${port}`;
  const command = [...program, 'serve', '--config', join(folder, 'proxy.yaml'), '--listen', listen, ...serve];
  const running = on ? on.start(service, command) : startAs(service, command);
  const [, controlUrl = ''] = await running.printed('stderr', /^Control: (https:\/\/[^\s,]+)/m, 20_000);
  const listening = Number(new URL(controlUrl).port);
  return {
    domain,
    port: listening,
    endpoint: `${domain}:${listening}`,
    controlUrl,
    caFile: join(folder, 'ca.pem'),
    folder,
    pid: running.pid,
    log: () => running.stdout(),
    stop() {
      running.signal('SIGTERM');
      return running.ended(20_000);
    },
  };
}

function ownFolder(uid: number, gid: number): string {
  const folder = mkdtempSync('/var/tmp/start-jupyter-proxy-');
  folders.add(folder);
  chownSync(folder, uid, gid);
  chmodSync(folder, 0o755);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
