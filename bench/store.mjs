// What the proxy's store costs: `node bench/store.mjs [FOLDER]`, on the file system of FOLDER (default: the temporary one).
// Everything is measured RUNS times in processes of their own; the table shows the median and the worst.
import { execFileSync } from 'node:child_process';
import { cpus, tmpdir } from 'node:os';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { buildStore } from '../scripts/build-store.mjs';

const RUNS = 5;
const SIZES = [0, 10_000, 100_000, 200_000];
const CHANGES = 1_000;

const session = (number) => ({
  name: `sunny-leaf-ramp${number}`,
  kind: 'v1',
  revision: 1,
  createdAt: 1_763_856_000_000 + number,
  jobId: String(number),
  secretSha256: 'a'.repeat(64),
  viewerKeySha256: 'b'.repeat(64),
  certificateSha256: 'c'.repeat(64),
  phase: 'ready',
  backend: { address: '10.21.3.17', port: 20_082 },
  redeemedAt: 1_763_856_100_000,
  endsAt: 1_763_956_000_000,
});

const [task, module, folder, argument] = process.argv.slice(2);
const TASKS = { fill, open, change };
if (TASKS[task]) {
  const { openStore } = await import(module);
  console.log(JSON.stringify(await TASKS[task](openStore, folder, Number(argument))));
} else await report(task ?? tmpdir());

async function fill(openStore, place, count) {
  const store = await openStore(place, console.error);
  for (let first = 0; first < count; first += 5_000) {
    const some = Array.from({ length: Math.min(5_000, count - first) }, (_, index) => session(first + index));
    await Promise.all(some.map((one) => store.create(one)));
  }
  await store.close();
  return {};
}

async function open(openStore, place) {
  const before = process.memoryUsage.rss();
  const used = process.cpuUsage();
  const start = performance.now();
  const store = await openStore(place, console.error);
  const opened = performance.now();
  const sessions = await store.load();
  const loaded = performance.now();
  const { user, system } = process.cpuUsage(used);
  await store.close();
  return {
    cpuMs: (user + system) / 1000,
    openMs: opened - start,
    loadMs: loaded - opened,
    rssMb: (process.memoryUsage.rss() - before) / 1e6,
    count: sessions.length,
  };
}

/** So many clients, each with one change after the other; without any, how long this machine stops the main thread anyway. */
async function change(openStore, place, clients) {
  const store = await openStore(place, console.error);
  const latencies = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  await store.load();
  delay.enable();
  const start = performance.now();
  if (clients === 0) await new Promise((resolve) => setTimeout(resolve, 1_000));
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let turn = 0; turn < CHANGES / clients; turn++) {
        const asked = performance.now();
        await store.create(session(`-${process.pid}-${client}-${turn}`));
        latencies.push(performance.now() - asked);
      }
    }),
  );
  const changesASecond = (latencies.length / (performance.now() - start)) * 1000;
  delay.disable();
  await store.close();
  latencies.sort((one, other) => one - other);
  return {
    medianMs: latencies[Math.floor(latencies.length / 2)],
    p99Ms: latencies[Math.floor(latencies.length * 0.99)],
    changesASecond,
    // The sampler's own resolution of 1 ms is in it.
    longestPauseMs: delay.max / 1e6,
  };
}

async function report(parent) {
  const root = mkdtempSync(join(parent, 'start-jupyter-bench-store-'));
  try {
    const built = join(root, 'built');
    mkdirSync(built);
    await buildStore(built);
    console.log(
      `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, ${new Date().toISOString()}, in ${parent}\n`,
    );
    console.log(
      '| sessions | file | open | load | together | worst | processor time | memory |\n| --- | --- | --- | --- | --- | --- | --- | --- |',
    );
    for (const size of SIZES) {
      const place = join(root, String(size));
      run('fill', place, size);
      const all = runs('open', place);
      const together = all.map(({ openMs, loadMs }) => openMs + loadMs);
      const megabytes = statSync(join(place, 'sessions.db')).size / 1e6;
      const columns = [
        ms(median(all, 'openMs')),
        ms(median(all, 'loadMs')),
        ms(middle(together)),
        ms(Math.max(...together)),
        ms(median(all, 'cpuMs')),
      ];
      console.log(
        `| ${size} | ${megabytes.toFixed(1)} MB | ${columns.join(' | ')} | ${median(all, 'rssMb').toFixed(0)} MB |`,
      );
    }
    console.log(
      '\n| clients at once | median | 99 of 100 | changes a second | longest pause of the main thread |\n| --- | --- | --- | --- | --- |',
    );
    for (const clients of [0, 1, 50, 500]) {
      const all = runs('change', join(root, '10000'), clients);
      const worst = Math.max(...all.map(({ longestPauseMs }) => longestPauseMs));
      if (clients === 0) {
        console.log(`| 0 | | | | ${ms(worst)} |`);
        continue;
      }
      const columns = [
        ms(median(all, 'medianMs')),
        ms(median(all, 'p99Ms')),
        median(all, 'changesASecond').toFixed(0),
        ms(worst),
      ];
      console.log(`| ${clients} | ${columns.join(' | ')} |`);
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }

  function run(...args) {
    const values = [args[0], join(root, 'built', 'open-store.mjs'), ...args.slice(1)].map(String);
    return JSON.parse(
      execFileSync(process.execPath, [fileURLToPath(import.meta.url), ...values], { encoding: 'utf8' }),
    );
  }

  function runs(...args) {
    return Array.from({ length: RUNS }, () => run(...args));
  }
}

function median(all, key) {
  return middle(all.map((one) => one[key]));
}

function middle(numbers) {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)];
}

function ms(number) {
  return `${number.toFixed(number < 10 ? 2 : 0)} ms`;
}
