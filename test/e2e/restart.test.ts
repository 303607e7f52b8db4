/** A proxy that is killed and started again: an open notebook goes on by itself, with the same kernel. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { proxyHome, type ProxyHome, type RunningProxy } from '../soak/proxy-home.js';
import { describeOnBed, theBed } from './bed/bed.js';
import { startBrowser, type Browser } from './bed/browser.js';
import { holdSession } from './bed/held-session.js';
import { forgetSessions, jupyterPath } from './bed/launches.js';
import { interfaceOf, runCell } from './bed/notebook.js';
import { until } from './bed/processes.js';
import { clearJobsOf } from './bed/slurm.js';
import { user } from './bed/users.js';

/** JupyterLab tries again after longer and longer times. */
const RECONNECTS_MS = 90_000;

describeOnBed('after kill -9 of the proxy and a new start', () => {
  let home: ProxyHome;
  let proxy: RunningProxy;
  let browser: Browser;
  const alice = () => user(theBed().users.alice);

  beforeAll(async () => {
    home = await proxyHome();
    proxy = await home.start();
    browser = await startBrowser([home.caFile]);
  });

  afterEach(async () => {
    await clearJobsOf(alice().name);
    forgetSessions(alice());
    for (const left of ['Untitled.ipynb', '.jupyter']) {
      rmSync(join(alice().home, left), { recursive: true, force: true });
    }
  });

  afterAll(async () => {
    await browser.close();
    await proxy.stop();
    home.remove();
  });

  test('an open JupyterLab reconnects without a reload, and its kernel still knows what it knew', async () => {
    const session = await holdSession(proxy, alice(), ['-s', 'lab'], {
      env: { PATH: jupyterPath('jupyter4') },
    });
    const page = await browser.open(
      `https://${session.name}.${proxy.endpoint}/?token=${encodeURIComponent(session.token)}`,
    );
    await session.release();
    expect(await interfaceOf(page)).toBe('lab');
    expect((await runCell(page, '(kept := 6*7)')).result).toBe('42');
    await page.evaluate('globalThis.sameDocument = true');
    const reopened: string[] = [];
    page.on('websocket', (socket) => reopened.push(socket.url()));

    await home.kill();
    // Everybody has noticed: a request of the page's own fails.
    const gone = await page.evaluate("fetch('/api/status').then(() => 'answered', () => 'failed')");
    expect(gone).toBe('failed');
    const before = proxy.pid;
    proxy = await home.start();
    expect(proxy.pid).not.toBe(before);

    expect(await runNextCell(page, 'kept + 1')).toBe('43');
    expect(await page.evaluate('globalThis.sameDocument')).toBe(true);
    const channels = `wss://${session.name}.${proxy.endpoint}/api/kernels/`;
    expect(reopened.filter((url) => url.startsWith(channels))).not.toEqual([]);
  });
});

/** In the cell that JupyterLab made below the first one when that was run. */
async function runNextCell(page: Page, code: string): Promise<string> {
  const cell = page.locator('.jp-Notebook:visible .jp-CodeCell').nth(1);
  await cell.locator('.cm-content').click({ timeout: RECONNECTS_MS });
  await page.keyboard.insertText(code);
  const output = cell.locator('.jp-OutputArea-executeResult .jp-OutputArea-output').first();
  const result = await until(
    async () => {
      await cell.locator('.cm-content').click({ timeout: RECONNECTS_MS });
      await page.keyboard.press('Shift+Enter');
      await page.waitForTimeout(1000);
      return (await output.count()) > 0 ? (await output.innerText()).trim() : undefined;
    },
    RECONNECTS_MS,
    500,
  );
  return result ?? `no result after ${RECONNECTS_MS} ms`;
}
