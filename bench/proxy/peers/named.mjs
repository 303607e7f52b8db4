// What the proxies that are configured by name have in common: a table of hosts and their targets.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { isServed } from '../connection.mjs';

/** Of the two mappings that the loads use. */
export const NAMES = { http: 'first-in-line', echo: 'second-in-line' };
const SERVED_MS = 120_000;

/**
 * Starts a proxy with the two mappings and `site.fill` more. `begin` gets `targets`, a Map of hosts to `address:port` (of the
 * two with `byName`: to 'http' and 'echo'), and returns the running program with `change(host, target)`: called after `targets` got one more.
 * What `add` measures lasts until the new name is answered.
 */
export async function startNamed(site, path, begin, { byName = false } = {}) {
  const { folder, domain, backends, fill = 0, caFile } = site;
  const hostOf = (name) => `${name}.${domain}`;
  const address = (port) => `127.0.0.1:${port}`;
  const targets = new Map(
    Object.entries(NAMES).map(([which, name]) => [
      hostOf(name),
      byName ? which : address(backends[path][which]),
    ]),
  );
  for (let count = 0; count < fill; count++)
    targets.set(hostOf(`filled-up-${count}`), address(backends[path].http));
  const running = await begin({ folder, targets });
  const ca = readFileSync(caFile);
  let added = 0;
  const add = async () => {
    const host = hostOf(`added-on-${added++}`);
    targets.set(host, address(backends[path].http));
    const before = performance.now();
    await running.change(host, targets.get(host));
    while (!(await isServed(running.port, host, ca))) {
      if (performance.now() - before > SERVED_MS) throw new Error(`${host} is not served`);
      await sleep(2);
    }
    return { host, ms: performance.now() - before };
  };
  return { ...running, hosts: { http: hostOf(NAMES.http), echo: hostOf(NAMES.echo) }, caFile, add };
}
