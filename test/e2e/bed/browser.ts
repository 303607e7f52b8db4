/** Real Chromium that trusts the test's CA and nothing else of ours; certificate checking is never switched off. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type Page, chromium } from 'playwright-core';
import { theBed } from './bed.js';
import type { Host } from './hosts.js';
import type { User } from './users.js';

export interface Browser {
  context: BrowserContext;
  /** A new tab at this address; throws what Chromium says when it refuses the certificate. */
  open(url: string, limitMs?: number): Promise<Page>;
  close(): Promise<void>;
}

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Somebody's place on another host (hosts.ts), whose homes are its own. */
export interface Seat {
  person: User;
  host: Host;
}

/**
 * Starts Chromium with a profile and an NSS database of its own, in which these CA files are trusted; `more` are further
 * arguments of its command line. With a seat it runs there, as that person.
 */
export async function startBrowser(
  caFiles: readonly string[],
  more: readonly string[] = [],
  seat?: Seat,
): Promise<Browser> {
  const home = mkdtempSync(join(seat ? homeAt(seat) : tmpdir(), 'start-jupyter-browser-'));
  trust(home, caFiles);
  const context = await chromium.launchPersistentContext(join(home, 'profile'), {
    executablePath: seat ? programAt(seat, home) : theBed().chromium,
    args: [...ARGUMENTS, ...more],
    headless: true,
    env: { HOME: home, PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
    viewport: { width: 1280, height: 900 },
  });
  return {
    context,
    async open(url, limitMs = 60_000) {
      const page = await context.newPage();
      await page.goto(url, { timeout: limitMs, waitUntil: 'domcontentloaded' });
      return page;
    },
    async close() {
      await context.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Chromium on Linux reads the database below its HOME. `P`: a certificate that is trusted by itself, as a peer's. */
function trust(home: string, caFiles: readonly string[]): void {
  const folder = join(home, '.pki/nssdb');
  mkdirSync(folder, { recursive: true });
  const certutil = (...args: string[]) =>
    execFileSync('certutil', ['-d', `sql:${folder}`, ...args], { stdio: 'pipe', timeout: 20_000 });
  certutil('-N', '--empty-password');
  caFiles.forEach((file, index) => certutil('-A', '-t', 'CP,,', '-n', `test ca ${index}`, '-i', file));
}

/** The machine's path of the person's home there; the host sees it under this path too. */
function homeAt({ person, host }: Seat): string {
  if (host.homes === undefined) throw new Error(`${host.name} has no homes of its own`);
  return join(host.homes, person.name);
}

/** A program that becomes Chromium on that host: the pipes by which it is driven stay open all the way. */
function programAt({ person, host }: Seat, home: string): string {
  const identity = [`--reuid=${person.uid}`, `--regid=${person.gid}`, '--init-groups'];
  const command = [...host.enter, '/usr/bin/setpriv', ...identity, '--', theBed().chromium];
  const file = join(home, 'chromium-there');
  mkdirSync(join(home, 'profile'));
  writeFileSync(file, `#!/bin/bash\nexec ${command.join(' ')} "$@"\n`, { mode: 0o755 });
  execFileSync('/usr/bin/chown', ['-R', `${person.uid}:${person.gid}`, home]);
  return file;
}
