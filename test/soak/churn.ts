/** Connections opened and closed in every way, and what is left of them: descriptors, heap, resident size. */
import { startBackends } from './backends.js';
import { within } from './browser-connection.js';
import { loopback, readySession } from './calls.js';
import { KINDS, LINGERS, type Target } from './churn-kinds.js';
import { atOnce } from './at-once.js';
import { inspect, INSPECTED } from './inspector.js';
import { descriptorsBackTo, proxyHome } from './proxy-home.js';
import { seeded } from './seeded.js';
import { slope, type Slope } from './statistics.js';

export interface ChurnPlan {
  seed: number;
  connections: number;
  /** As many go before, unmeasured: what a process takes once and keeps is no slope. */
  warmUp?: number;
  atOnce: number;
  /** After each of them what is left is measured. */
  batches: number;
  /** Kinds that are left out. */
  without?: readonly string[];
}

export interface ChurnResult {
  /** By kind. */
  done: Map<string, number>;
  errors: string[];
  descriptors: { before: number; after: number };
  points: Point[];
}

export interface Point {
  connections: number;
  /** In bytes, after a forced collection. */
  heap: number;
  resident: number;
}

/** Without the first fifth, the warm-up: in bytes a connection. Takes 25 points, so that 20 are left. */
export function growth(points: readonly Point[], what: 'heap' | 'resident'): Slope {
  return slope(points.slice(points.length / 5).map((point) => [point.connections, point[what]]));
}

/** Sessions of each sort, each of another address: else the ports between two addresses run out in TIME_WAIT. */
const SESSIONS = 20;
const ONE_MS = 60_000;
/** More than the 15 s that a backend has for its answer after the browser's end. */
const CLOSES_WITHIN_MS = 30_000;

export async function openAndClose(plan: ChurnPlan): Promise<ChurnResult> {
  const random = seeded(plan.seed);
  const backends = await startBackends({ pinned: 2, plain: 2, rude: SESSIONS });
  const home = await proxyHome();
  const proxy = await home.start({ node: INSPECTED, serve: ['--allow-plain-backends', 'true'] });
  const inspector = await inspect(proxy);
  const pin = backends.certificateSha256;
  const names = async (ports: readonly number[], certificate?: string): Promise<string[]> =>
    atOnce(4, [...Array(SESSIONS).keys()], async (n) => {
      const port = ports[n % ports.length]!;
      return (await readySession(proxy, loopback(5, n), port, certificate)).name;
    });
  const pinned = await names(backends.ports.pinned, pin);
  const plain = await names(backends.ports.plain);
  const rude = await names(backends.ports.rude, pin);

  const done = new Map<string, number>();
  const errors: string[] = [];
  const kinds = Object.entries(KINDS).filter(([kind]) => plan.without?.includes(kind) !== true);
  async function one(number: number): Promise<void> {
    const [kind, carryOut] = kinds[number % kinds.length]!;
    const target: Target = {
      place: proxy,
      ...{ pinned: random.pick(pinned), plain: random.pick(plain), rude: random.pick(rude) },
      from: loopback(6, random.below(2000)),
    };
    await within(kind, carryOut(target), ONE_MS).catch((error: unknown) =>
      errors.push(`${kind}: ${error instanceof Error ? error.message : String(error)}`),
    );
    done.set(kind, (done.get(kind) ?? 0) + 1);
  }

  const perBatch = Math.ceil(plan.connections / plan.batches);
  await inspector.heapUsed();
  const before = proxy.descriptors();
  await atOnce(plan.atOnce, [...Array(plan.warmUp ?? 0).keys()], one);
  const points: Point[] = [];
  for (let batch = 1; batch <= plan.batches; batch++) {
    const numbers = [...Array(perBatch).keys()].map((n) => (batch - 1) * perBatch + n);
    // Those that the proxy waits for come first: their time passes while the others come and go.
    const [slow, quick] = [true, false].map((lingers) =>
      numbers.filter((n) => (kinds[n % kinds.length]![0] === LINGERS) === lingers),
    );
    await atOnce(plan.atOnce, [...slow!, ...quick!], one);
    await descriptorsBackTo(proxy, before, CLOSES_WITHIN_MS);
    const heap = await inspector.heapUsed();
    points.push({ connections: batch * perBatch, heap, resident: proxy.residentSize() });
  }
  const after = await descriptorsBackTo(proxy, before, CLOSES_WITHIN_MS);
  inspector.close();
  await proxy.stop();
  await backends.stop();
  home.remove();
  return { done, errors, descriptors: { before, after }, points };
}
