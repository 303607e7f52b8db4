// The proxy's store. Its thread is bundled for itself, since a thread starts with a file; in CommonJS, because SQLite's port
// looks for its WebAssembly beside it by __dirname.
import { copyFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sqlite = dirname(createRequire(import.meta.url).resolve('node-sqlite3-wasm'));
const COMMON = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.18',
  logLevel: 'warning',
};

/** Writes store-worker.cjs and what it needs into the folder. Resolves with esbuild's result. */
export async function buildStoreWorker(folder) {
  const result = await build({
    ...COMMON,
    entryPoints: ['src/proxy/store/worker.ts'],
    outfile: join(folder, 'store-worker.cjs'),
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
  });
  const wasm = 'node-sqlite3-wasm.wasm';
  copyFileSync(join(sqlite, wasm), join(folder, wasm));
  return result;
}

/** For tests and measurements: the store as a module of its own, open-store.mjs, with its thread. */
export async function buildStore(folder) {
  await build({
    ...COMMON,
    entryPoints: ['src/proxy/store/open-store.ts'],
    outfile: join(folder, 'open-store.mjs'),
    format: 'esm',
  });
  await buildStoreWorker(folder);
}
