/** Real Chromium that trusts the test's CA and nothing else of ours; certificate checking is never switched off. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type Page, chromium } from 'playwright-core';
import { theBed } from './bed.js';

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

/**
 * Starts Chromium with a profile and an NSS database of its own, in which these CA files are trusted; `more` are further
 * arguments of its command line.
 */
export async function startBrowser(
  caFiles: readonly string[],
  more: readonly string[] = [],
): Promise<Browser> {
  const home = mkdtempSync(join(tmpdir(), 'start-jupyter-browser-'));
  trust(home, caFiles);
  const context = await chromium.launchPersistentContext(join(home, 'profile'), {
    executablePath: theBed().chromium,
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

/** Chromium on Linux reads the database below its HOME. */
function trust(home: string, caFiles: readonly string[]): void {
  const folder = join(home, '.pki/nssdb');
  mkdirSync(folder, { recursive: true });
  const certutil = (...args: string[]) =>
    execFileSync('certutil', ['-d', `sql:${folder}`, ...args], { stdio: 'pipe', timeout: 20_000 });
  certutil('-N', '--empty-password');
  caFiles.forEach((file, index) => certutil('-A', '-t', 'C,,', '-n', `test ca ${index}`, '-i', file));
}
