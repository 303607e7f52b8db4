import { readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vitest/config';

/** As the bundler's text loader: a page is imported as its text. */
const pagesAsText: Plugin = {
  name: 'pages-as-text',
  enforce: 'pre',
  load: (id) =>
    id.endsWith('.html') ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))}` : undefined,
};

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [pagesAsText],
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
          globalSetup: ['test/e2e/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
