// `npm run bench:proxy`: what the proxy costs beside its peers. As root on Debian, with two cores.
//
//   npm run bench:proxy -- [--quick] [--only get,handshake,…] [--path plain,pinned] [--rounds N] [--seconds S] [--sizes 10,1000] [--package FOLDER]
//
// --quick     one round, fewer websockets, mappings at 1,000 alone, of TLS to the backend the same work alone: 3 minutes
//             in the place of 15
// --only      get, handshake, websocket, roundtrip, download, idle, stalled, mapping
// --path      plain: HTTP to the backend; pinned: TLS to the backend, its certificate checked
// --sizes     how many mappings there are when some are added
// --package   an unpacked package, in the place of packing this one
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packedPackage, whyNoBed } from '../bed.mjs';
import { startBackends } from './backends.mjs';
import { MAPPING, PINNED, PLAIN, SAME_WORK } from './contestants.mjs';
import { installPeers, versions } from './install.mjs';
import { measureMappings } from './mappings.mjs';
import { LOADS, measureMemory, MEMORY, measureLoads } from './measure.mjs';
import { pinSelf } from './processes.mjs';
import { loadTable, mappingTable } from './report.mjs';

const DOMAIN = 'bench.jupyter.localhost';
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: [...Object.keys(LOADS), ...Object.keys(MEMORY), 'mapping'].join() },
    path: { type: 'string', default: 'plain,pinned' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    sizes: { type: 'string' },
    package: { type: 'string' },
  },
});
const wanted = values.only.split(',');
const amounts = values.quick
  ? { rounds: 1, seconds: 1, idle: 300, stalled: 50, sizes: [1000] }
  : { rounds: 5, seconds: 1, idle: 1000, stalled: 200, sizes: [10, 1000, 10_000] };
const rounds = Number(values.rounds ?? amounts.rounds);
const seconds = Number(values.seconds ?? amounts.seconds);
const sizes = values.sizes?.split(',').map(Number) ?? amounts.sizes;
const say = (text) => process.stderr.write(`${text}\n`);

const reason = cpus().length < 2 ? 'it needs two cores' : whyNoBed();
if (reason !== undefined) throw new Error(`These measurements cannot be taken here: ${reason}.`);
const { chp } = installPeers();
const unpacked = values.package
  ? { folder: resolve(values.package), remove: () => undefined }
  : packedPackage();
const folder = mkdtempSync('/var/tmp/start-jupyter-bench-proxy.');
chmodSync(folder, 0o755);
let backends;
try {
  pinSelf();
  backends = await startBackends(join(folder, 'backends'));
  await compare({
    ...certificates(),
    node: process.execPath,
    folder,
    domain: DOMAIN,
    backends,
    packageFolder: unpacked.folder,
    chp,
  });
} finally {
  await backends?.stop();
  rmSync(folder, { recursive: true, force: true });
  unpacked.remove();
}

/** One for all of them: what our own `init` makes, an EC key on P-256. */
function certificates() {
  const own = join(folder, 'front');
  const program = join(unpacked.folder, 'bin/start-jupyter-proxy.js');
  execFileSync(process.execPath, [program, 'init', '--domain', DOMAIN, '--dir', own], { stdio: 'pipe' });
  const [certFile, keyFile, caFile] = ['certificate.pem', 'key.pem', 'ca.pem'].map((name) => join(own, name));
  return {
    certFile,
    keyFile,
    caFile,
    certificatePem: readFileSync(certFile, 'utf8'),
    keyPem: readFileSync(keyFile, 'utf8'),
  };
}

async function compare(site) {
  const begun = Date.now();
  console.log(
    `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores, Linux ${release()}.`,
  );
  console.log(
    `${Object.entries(versions())
      .map((pair) => pair.join(' '))
      .join(', ')}.`,
  );
  console.log(`Medians of ${rounds} interleaved rounds of ${seconds} s a load.`);
  const loads = Object.keys(LOADS).filter((load) => wanted.includes(load));
  for (const [path, contestants] of [
    ['plain', PLAIN],
    ['pinned', values.quick ? SAME_WORK : PINNED],
  ]) {
    if (!values.path.split(',').includes(path)) continue;
    const results = await measureLoads(contestants, site, { wanted: loads, rounds, seconds, say });
    for (const which of Object.keys(MEMORY).filter((one) => wanted.includes(one))) {
      results[which] = await measureMemory(contestants, site, { which, count: amounts[which], say });
    }
    if (Object.keys(results).length === 0) continue;
    console.log(`\n### ${path === 'plain' ? 'Plain backends' : 'Backends with TLS, certificate checked'}\n`);
    console.log(loadTable(contestants, results));
  }
  if (wanted.includes('mapping')) {
    const bySize = {};
    for (const size of sizes) bySize[size] = await measureMappings(MAPPING, site, { size, say });
    console.log('\n### Adding a mapping\n');
    console.log(mappingTable(MAPPING, bySize));
  }
  say(`${Math.round((Date.now() - begun) / 1000)} s`);
}
