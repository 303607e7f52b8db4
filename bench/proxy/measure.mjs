// Processor time a unit of work, in rounds in which every proxy has its turn.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../statistics.mjs';
import { getText, isServed, openTls, openWebsocket } from './connection.mjs';
import { downloads, handshakes, openEchoes, small } from './loads.mjs';
import { processorMs, residentKiB } from './processes.mjs';

let folders = 0;

/** Starts one in a folder of its own, hands it to `work` and stops it. */
export async function withProxy(contestant, site, work) {
  const proxy = await startProxy(contestant, site);
  try {
    return await work(proxy);
  } finally {
    await proxy.stop();
  }
}

/** Resolves when it has answered a request whose connection was checked. */
async function startProxy(contestant, site) {
  const folder = join(site.folder, `${++folders}`);
  mkdirSync(folder, { mode: 0o755 });
  const proxy = await contestant.start({ ...site, folder });
  const ca = readFileSync(proxy.caFile);
  if (await isServed(proxy.port, proxy.hosts.http, ca)) return { ...proxy, ca };
  await proxy.stop();
  throw new Error(`${contestant.title} does not serve: ${proxy.said()}`);
}

async function cpu(proxy, work) {
  const before = processorMs(proxy);
  const units = await work();
  return (processorMs(proxy) - before) / units;
}

/** What is measured under load: `{title, unit, of: cost of a proxy}`. */
export const LOADS = {
  get: {
    title: 'small GET',
    unit: 'µs',
    digits: 1,
    of: async (proxy, s) => 1000 * (await cpu(proxy, () => small(proxy, s))),
  },
  handshake: {
    ...{ title: 'new connection with one GET', unit: 'µs', digits: 0 },
    of: async (proxy, s) => 1000 * (await cpu(proxy, () => handshakes(proxy, s))),
  },
  websocket: {
    ...{ title: 'websocket message and its echo, of 32', unit: 'µs', digits: 1 },
    of: (proxy, s) => withEchoes(proxy, async ({ run }) => 1000 * (await cpu(proxy, () => run(s)))),
  },
  roundtrip: {
    ...{ title: 'round trip of a lone websocket message', unit: 'µs', digits: 0, clock: true },
    of: (proxy, s) => withEchoes(proxy, ({ roundTrip }) => roundTrip(s / 2)),
  },
  download: {
    ...{ title: '64 MB download', unit: 'CPU-s/GB', digits: 2 },
    of: async (proxy, s) => (await cpu(proxy, () => downloads(proxy, s))) / 1000,
  },
};

async function withEchoes(proxy, work) {
  const echoes = await openEchoes(proxy);
  try {
    return await work(echoes);
  } finally {
    echoes.close();
  }
}

const WARM_CPU_MS = 700;
const WARM_LIMIT_MS = 10_000;

/** By work and not by time: where the core is shared, a second is not enough for a program that is compiled while it runs. */
async function warmUp(proxy, load, seconds) {
  const [before, end] = [processorMs(proxy), Date.now() + WARM_LIMIT_MS];
  do await LOADS[load].of(proxy, seconds);
  while (!LOADS[load].clock && processorMs(proxy) - before < WARM_CPU_MS && Date.now() < end);
}

/** Medians over the rounds, `{load: [a value for each contestant]}`. All run all the time; the idle ones cost nothing. */
export async function measureLoads(contestants, site, { wanted, rounds, seconds, say }) {
  if (wanted.length === 0) return {};
  const proxies = [];
  const values = Object.fromEntries(wanted.map((load) => [load, contestants.map(() => [])]));
  try {
    for (const contestant of contestants) proxies.push(await startProxy(contestant, site));
    for (const load of wanted) for (const proxy of proxies) await warmUp(proxy, load, seconds);
    say('warm');
    for (let round = 1; round <= rounds; round++) {
      for (const load of wanted) {
        for (const [index, proxy] of proxies.entries()) {
          values[load][index].push(await LOADS[load].of(proxy, seconds));
        }
      }
      say(`round ${round} of ${rounds}`);
    }
  } finally {
    for (const proxy of proxies) await proxy.stop();
  }
  return Object.fromEntries(wanted.map((load) => [load, values[load].map(median)]));
}

/** What connections that stand still take, in KiB each, in a proxy that was started for it: `{title, open}`. */
export const MEMORY = {
  idle: { title: 'idle websocket', open: ({ port, hosts, ca }) => openWebsocket(port, hosts.echo, ca) },
  stalled: {
    title: 'download that nobody reads',
    async open({ port, hosts, ca }) {
      const socket = await openTls(port, hosts.http, ca);
      socket.on('error', () => undefined);
      // Nothing reads from the socket, so that the kernel's buffers fill and then the proxy's.
      socket.pause();
      socket.write(getText(hosts.http, '/download'));
      return socket;
    },
  },
};
const WARM = 20;

export async function measureMemory(contestants, site, { which, count, say }) {
  const values = [];
  for (const contestant of contestants) {
    values.push(
      await withProxy(contestant, site, async (proxy) => {
        const sockets = [];
        const open = async (so) => {
          while (sockets.length < so) sockets.push(await MEMORY[which].open(proxy));
          await sleep(1000);
          return residentKiB(proxy);
        };
        const before = await open(WARM);
        const after = await open(WARM + count);
        sockets.forEach((socket) => socket.destroy());
        return (after - before) / count;
      }),
    );
    say(`${MEMORY[which].title}: ${contestant.title}`);
  }
  return values;
}
