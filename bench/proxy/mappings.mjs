// Adding a mapping to a proxy that has so many already, and what everybody else notices of it.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../statistics.mjs';
import { ask, getText, openTls } from './connection.mjs';
import { withProxy } from './measure.mjs';
import { processorMs } from './processes.mjs';

const READERS = 4;
const EVERY_MS = 5;
const CALM_MS = 1500;
/** Of the cheap ones; those that take longer get fewer. */
const ADDED = 20;
const LONG_MS = 1000;

/**
 * For each contestant: `{ms, cpuMs, calm, during}`, the latter two `{p99, max}` in ms of GETs that others send meanwhile. With
 * so many mappings one may not come up: then undefined.
 */
export async function measureMappings(contestants, site, { size, say }) {
  const results = [];
  for (const contestant of contestants) {
    const adding = withProxy(contestant, { ...site, fill: size - 2 }, measureAdding);
    const result = await adding.catch((error) => {
      say(error.message);
      return undefined;
    });
    results.push(result);
    say(`mappings at ${size}: ${contestant.title}: ${JSON.stringify(result)}`);
  }
  return results;
}

async function measureAdding(proxy) {
  const others = await startReaders(proxy);
  await sleep(300);
  others.take();
  await sleep(CALM_MS);
  const calm = others.take();
  const before = processorMs(proxy);
  const begun = performance.now();
  const times = [];
  while (times.length < ADDED && (times.length < 1 || performance.now() - begun < LONG_MS)) {
    times.push((await proxy.add()).ms);
    await sleep(20);
  }
  const spent = processorMs(proxy) - before;
  // What was begun may go on: old workers end, tables are thrown away.
  await sleep(300);
  const during = others.take();
  await others.stop();
  return { ms: median(times), cpuMs: spent / times.length, calm, during };
}

/** GETs at a steady pace on connections that stay. One that is lost is made again, and its time counts. */
async function startReaders({ port, hosts, ca }) {
  let [times, going, lost] = [[], true, 0];
  const read = async () => {
    let socket = await openTls(port, hosts.http, ca);
    socket.on('error', () => undefined);
    while (going) {
      const before = performance.now();
      for (let done = false; !done && going;) {
        try {
          await ask(socket, getText(hosts.http), 60_000);
          done = true;
        } catch {
          lost++;
          socket.destroy();
          socket = await openTls(port, hosts.http, ca).catch(() => socket);
          socket.on('error', () => undefined);
        }
      }
      times.push(performance.now() - before);
      await sleep(EVERY_MS);
    }
    socket.destroy();
  };
  const readers = Array.from({ length: READERS }, read);
  return {
    take() {
      const sorted = times.sort((one, other) => one - other);
      const result = {
        n: sorted.length,
        p99: sorted[Math.floor(0.99 * sorted.length)] ?? NaN,
        max: sorted.at(-1) ?? NaN,
        lost,
      };
      [times, lost] = [[], 0];
      return result;
    },
    async stop() {
      going = false;
      await Promise.all(readers);
    },
  };
}
