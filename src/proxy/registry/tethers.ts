import type { Clock } from './clock.js';
import type { OpenTether, Tether } from './outside.js';
import type { Backend } from './session.js';

/** Between two tries. */
export const RETRY_MS = 1_000;

/** Classic clients redeem when their Jupyter is still starting; from a busy file system that takes minutes. */
const PATIENCE_MS = 10 * 60_000;

/** Tries until the tether is open. Undefined when nobody listened for ten minutes, or the signal was aborted. */
export async function openPatiently(
  backend: Backend,
  openTether: OpenTether,
  clock: Clock,
  signal: AbortSignal,
): Promise<Tether | undefined> {
  const deadline = clock.now() + PATIENCE_MS;
  while (!signal.aborted && clock.now() < deadline) {
    const tether = await openTether(backend, signal).catch(() => undefined);
    if (tether) return tether;
    await pause(RETRY_MS, clock, signal);
  }
  return undefined;
}

/** Less long when the signal is aborted. */
export function pause(delayMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const callOff = clock.after(delayMs, done);
    function done(): void {
      callOff();
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
