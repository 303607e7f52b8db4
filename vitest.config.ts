import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vitest/config';
import { buildStoreWorker } from './scripts/build-store.mjs';

/** As the bundler's text loader: a page is imported as its text. */
const pagesAsText: Plugin = {
  name: 'pages-as-text',
  enforce: 'pre',
  load: (id) =>
    id.endsWith('.html') ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))}` : undefined,
};

/** As the build: the thread of the store is a program of its own, here one for each run. */
const storeWorker: Plugin = {
  name: 'store-worker',
  enforce: 'pre',
  async load(id) {
    if (!id.endsWith('/src/proxy/store/worker-file.ts')) return undefined;
    const folder = mkdtempSync(join(tmpdir(), 'start-jupyter-store-worker-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    await buildStoreWorker(folder);
    return `export const WORKER_FILE = ${JSON.stringify(join(folder, 'store-worker.cjs'))}`;
  },
};

const BESIDE = ['test/e2e/launched/**/*.test.ts', 'test/e2e/live-suite.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [pagesAsText, storeWorker],
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/contract/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: BESIDE,
          globalSetup: ['test/e2e/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        // `npm test` runs these beside the ones above: they mostly wait, and have users of their own.
        test: {
          name: 'beside',
          include: BESIDE,
          globalSetup: ['test/e2e/global-setup.ts'],
          testTimeout: 240_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        // `npm run test:soak`: the same scenarios as in the end-to-end suites, with the counts that take minutes.
        test: {
          name: 'soak',
          include: ['test/soak/**/*.test.ts'],
          globalSetup: ['test/e2e/global-setup.ts'],
          testTimeout: 1_200_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        // With a real scheduler: see test/live/scheduler.test.ts.
        test: {
          name: 'live',
          include: ['test/live/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
