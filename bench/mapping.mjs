// What a mapping itself costs: `node bench/mapping.mjs`. A redeem in the registry over so many sessions, with a store in
// memory and a backend that is proven at once; what a call over TLS and the flush to disk add is in `npm run bench:proxy`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomBytes, randomInt } from 'node:crypto';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'start-jupyter-mapping-'));
try {
  const outfile = join(folder, 'registry.mjs');
  const contents = ['registry', 'memory-store', 'clock']
    .map((name) => `export * from './src/proxy/registry/${name}.js';`)
    .join('\n');
  await build({
    stdin: { contents, resolveDir: root },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  const parts = await import(outfile);
  for (const size of [10, 1_000, 10_000]) console.log(await measure(parts, size));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure({ createRegistry, createMemoryStore, systemClock }, size) {
  const registry = await createRegistry({
    store: createMemoryStore(),
    clock: systemClock,
    random: { int: randomInt, bytes: randomBytes },
    log: () => undefined,
    verifyBackend: () => Promise.resolve(),
    openTether: () => Promise.reject(new Error('not here')),
    settings: { allowPlainBackends: false, pendingReservations: Infinity },
  });
  async function add(number) {
    const certificateSha256 = String(number).padStart(64, '0');
    const { session } = await registry.reserve({ certificateSha256, viewerKeySha256: 'e'.repeat(64) });
    const address = `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
    const before = performance.now();
    await registry.redeem(session.name, { address, port: 20_000 + (number % 10_000) });
    return performance.now() - before;
  }
  for (let number = 0; number < size; number++) await add(number);
  const times = [];
  for (let number = size; number < size + 1_000; number++) times.push(await add(number));
  await registry.close();
  times.sort((one, other) => one - other);
  return `over ${size} sessions: median ${times[500].toFixed(3)} ms, p99 ${times[990].toFixed(3)} ms`;
}
