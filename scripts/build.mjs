// Bundles both programs into dist/: a thin entry each and chunks that are loaded when a command needs them.
// What `npm pack` makes then runs unpacked anywhere, read-only, without node_modules. share/ gets its generated files.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { parse } from 'yaml';
import { buildStoreWorker } from './build-store.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
const systemsText = readFileSync('systems.yaml', 'utf8');
const systems = { text: systemsText, value: parse(systemsText, { schema: 'failsafe' }) };
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

// Built beside it and then put in its place: a program that starts meanwhile finds all of dist/ or none of it.
const fresh = `dist.new-${process.pid}`;
const result = await build({
  entryPoints: {
    'start-jupyter': 'src/cli/main.ts',
    'start-jupyter-proxy': 'src/proxy/main.ts',
    proxy: 'src/proxy/module.ts',
  },
  outdir: fresh,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.18',
  // Where a package has both forms, ES modules: what nobody uses of them is left out (@peculiar/x509 loads in 25 ms
  // instead of 37).
  mainFields: ['module', 'main'],
  chunkNames: 'chunks/[name]-[hash]',
  loader: { '.html': 'text', '.css': 'text' },
  define: {
    __VERSION__: JSON.stringify(version),
    __SYSTEMS__: JSON.stringify(systems),
    // undici looks whether there is another Headers class, for cookies; that loads Node's own undici, for 10 ms.
    'globalThis.Headers': 'undefined',
  },
  // CommonJS packages inside an ES module bundle call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);",
  },
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

const worker = await buildStoreWorker(join(fresh, 'chunks'));

writeFileSync(
  'THIRD-PARTY-NOTICES.txt',
  notices([result, worker].flatMap(({ metafile }) => Object.keys(metafile.inputs))),
);
if (!process.argv.includes('--no-types')) {
  const types = ['-p', 'tsconfig.types.json', '--outDir', join(fresh, 'types')];
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', ...types], {
    stdio: 'inherit',
  });
}
execFileSync(process.execPath, ['scripts/share.mjs'], { stdio: 'inherit' });
rmSync('dist', { recursive: true, force: true });
renameSync(fresh, 'dist');

/** The licence texts of every package of which code is in the bundle. */
function notices(inputs) {
  const packages = new Set();
  for (const input of inputs) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) packages.add(found[1]);
  }
  const parts = [...packages].sort().map((folder) => {
    const {
      name,
      version: packageVersion,
      license,
    } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text =
      file && existsSync(join(folder, file))
        ? readFileSync(join(folder, file), 'utf8').trim()
        : `Licence: ${license}`;
    return `${name} ${packageVersion} (${license})\n\n${text}\n`;
  });
  return `start-jupyter contains code of these packages, under their own licences.\n\n${parts.join(`\n${'-'.repeat(78)}\n\n`)}`;
}
