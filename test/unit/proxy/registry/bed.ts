/** What the registry's and control's tests stand on: a clock that is turned by hand, and backends that answer as told. */
import { randomBytes, randomInt } from 'node:crypto';
import type { Clock } from '../../../../src/proxy/registry/clock.js';
import { createMemoryStore } from '../../../../src/proxy/registry/memory-store.js';
import type { Tether } from '../../../../src/proxy/registry/outside.js';
import { Refusal } from '../../../../src/proxy/registry/refusal.js';
import { createRegistry, type RegistryDeps } from '../../../../src/proxy/registry/registry.js';
import type { Backend } from '../../../../src/proxy/registry/session.js';

export const CERTIFICATE = 'c'.repeat(64);
export const VIEWER_KEY = 'e'.repeat(64);

export interface HandClock extends Clock {
  /** Moves on, step by step, running what is due; everything that was started settles in between. */
  advance(ms: number): Promise<void>;
  /** Moves on in one leap, as a machine that slept: what is due runs once. */
  leap(ms: number): Promise<void>;
}

export function handClock(start = Date.parse('2026-03-01T12:00:00Z')): HandClock {
  let now = start;
  let tasks: { at: number; run: () => void }[] = [];
  return {
    now: () => now,
    after(delayMs, run) {
      const task = { at: now + delayMs, run };
      tasks.push(task);
      return () => {
        tasks = tasks.filter((other) => other !== task);
      };
    },
    async advance(ms) {
      const end = now + ms;
      for (;;) {
        await settled();
        const due = tasks.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
        if (!due) break;
        tasks = tasks.filter((other) => other !== due);
        now = due.at;
        due.run();
      }
      now = end;
    },
    async leap(ms) {
      now += ms;
      const due = tasks.filter(({ at }) => at <= now);
      tasks = tasks.filter((task) => !due.includes(task));
      due.forEach(({ run }) => run());
      await settled();
    },
  };
}

/** Lets everything run that waits for nothing outside. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Backends by port: what certificate each shows; a tether opens where one is. */
export class Backends {
  readonly certificates = new Map<number, string>();
  readonly tethers: { backend: Backend; close: () => void; cut: boolean }[] = [];
  tethersTried = 0;
  verified = 0;
  /** Holds verifications back until it is resolved. */
  gate: Promise<void> = Promise.resolve();

  async verify(backend: Backend, certificateSha256: string, signal: AbortSignal): Promise<void> {
    this.verified++;
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    await Promise.race([this.gate, aborted]);
    const shown = this.certificates.get(backend.port);
    if (signal.aborted || shown === undefined) throw new Refusal('backend-unreachable', 'nobody listens');
    if (shown !== certificateSha256) throw new Refusal('certificate-mismatch', 'another certificate');
  }

  open(backend: Backend, signal: AbortSignal): Promise<Tether> {
    this.tethersTried++;
    if (!this.certificates.has(backend.port)) {
      return Promise.reject(new Refusal('backend-unreachable', 'nobody listens'));
    }
    const { promise, resolve } = withResolvers();
    const tether = { backend, close: resolve, cut: false };
    this.tethers.push(tether);
    signal.addEventListener('abort', () => {
      tether.cut = true;
      resolve();
    });
    return Promise.resolve({ closed: promise });
  }
}

export function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

export interface LogLine {
  event: string;
  fields: Record<string, unknown>;
}

export async function registryBed(changes: Partial<RegistryDeps> = {}) {
  const clock = handClock();
  const backends = new Backends();
  const lines: LogLine[] = [];
  const deps: RegistryDeps = {
    store: createMemoryStore(),
    clock,
    random: { int: (limit) => randomInt(limit), bytes: (count) => randomBytes(count) },
    log: (event, fields) => lines.push({ event, fields }),
    verifyBackend: (...call) => backends.verify(...call),
    openTether: (...call) => backends.open(...call),
    settings: { allowPlainBackends: false },
    ...changes,
  };
  return { registry: await createRegistry(deps), clock, backends, lines, deps };
}
