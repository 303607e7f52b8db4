/** A page of the proxy in real Chromium, watched: what it asks for, what it complains of, how it looks and reads. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { CDPSession, Page } from 'playwright-core';
import type { Browser } from './browser.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const IMAGES = fileURLToPath(new URL('../../../docs/images/', import.meta.url));

export interface WatchedPage {
  page: Page;
  /** As the developer tools do: they are not bound by the page's own policy. */
  tools: CDPSession;
  /** The addresses of everything that the page asked for, without queries. */
  asked: string[];
  /** How often it was opened, by us or by itself: redirects do not count. */
  opened(): number;
  /** What stands in the console as an error, and what the page's policy has stopped. */
  complaints(): Promise<string[]>;
  /** Waits until the title is this and the text holds that. */
  says(title: string, text?: string | RegExp): Promise<void>;
  text(): Promise<string>;
  /** In light and dark, wide and as narrow as a small phone: axe finds nothing, and nothing has to be scrolled sideways. */
  expectAccessible(): Promise<void>;
  /** Into docs/images, when START_JUPYTER_SCREENSHOTS=1: on a desktop in light, or on a phone in dark. */
  picture(name: string, kind: 'desktop' | 'phone'): Promise<void>;
  /** As if another tab were in front; Chromium without a screen never hides one. */
  hide(hidden: boolean): Promise<void>;
}

export interface Watching {
  /** Before the page is opened. */
  prepare?: (page: Page, tools: CDPSession) => Promise<void>;
}

const SAYS_MS = 60_000;

export async function watchPage(
  browser: Browser,
  url: string,
  { prepare }: Watching = {},
): Promise<WatchedPage> {
  const page = await browser.context.newPage();
  const tools = await browser.context.newCDPSession(page);
  const [asked, errors]: [string[], string[]] = [[], []];
  let opened = 0;
  page.on('request', (request) => {
    asked.push(request.url().replace(/\?.*/, ''));
    if (request.isNavigationRequest() && request.redirectedFrom() === null) opened++;
  });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    // The page's own status is no 200 while there is no notebook. Its looks are to leave no trace.
    const own = /status of (404|410|502|503)/.test(message.text()) && message.location().url.includes('?');
    if (message.type() === 'error' && !own) errors.push(`${message.location().url}: ${message.text()}`);
  });
  await page.addInitScript(`
    globalThis.stopped = [];
    addEventListener('securitypolicyviolation', (event) => stopped.push(event.violatedDirective + ' ' + event.blockedURI));
  `);
  await prepare?.(page, tools);
  await page.goto(url, { waitUntil: 'domcontentloaded' });

  const text = () => page.locator('main').innerText();

  async function expectNoViolation(): Promise<void> {
    await tools.send('Runtime.evaluate', { expression: `${AXE};undefined` });
    const { result, exceptionDetails } = await tools.send('Runtime.evaluate', {
      expression: `axe.run(document).then(({ violations, incomplete, passes }) => ({
        found: [...violations, ...incomplete].map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html)),
        looked: passes.length,
      }))`,
      awaitPromise: true,
      returnByValue: true,
    });
    expect(exceptionDetails).toBeUndefined();
    expect(result.value).toMatchObject({ found: [] });
    expect((result.value as { looked: number }).looked).toBeGreaterThan(15);
  }

  return {
    ...{ page, tools, asked, text },
    opened: () => opened,
    async complaints() {
      return [...errors, ...(await page.evaluate<string[]>('stopped'))];
    },
    async says(title, wanted) {
      await expect.poll(() => page.title().catch(String), { timeout: SAYS_MS, interval: 200 }).toBe(title);
      if (wanted === undefined) return;
      await expect.poll(text, { timeout: SAYS_MS, interval: 200 }).toMatch(wanted);
    },
    async expectAccessible() {
      for (const width of [1280, 320]) {
        await page.setViewportSize({ width, height: 720 });
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          await expectNoViolation();
        }
        const needed = await page.evaluate<number>('document.documentElement.scrollWidth');
        expect(needed).toBeLessThanOrEqual(width);
      }
      await page.setViewportSize({ width: 1280, height: 720 });
      await page.emulateMedia({ colorScheme: 'light' });
    },
    async picture(name, kind) {
      if (process.env.START_JUPYTER_SCREENSHOTS !== '1') return;
      const phone = kind === 'phone';
      await page.setViewportSize(phone ? { width: 360, height: 640 } : { width: 900, height: 560 });
      await page.emulateMedia({ colorScheme: phone ? 'dark' : 'light', reducedMotion: 'reduce' });
      await page.screenshot({ path: `${IMAGES}${name}.png`, animations: 'disabled' });
      await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
    },
    async hide(hidden) {
      await page.evaluate(`
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${hidden} });
        document.dispatchEvent(new Event('visibilitychange'));
      `);
    },
  };
}
