import { messageOf } from '../../errors.js';
import type { Log } from '../operation/log.js';
import type { Changes } from './changes.js';
import type { Clock } from './clock.js';
import type { KnownSessions } from './known-sessions.js';
import { sideBySide } from './side-by-side.js';
import type { Store } from './store.js';
import { end, expiry } from './transitions.js';

/** How late a session may end by time. One timer for all of them: a session costs no timer of its own. */
export const SWEEP_MS = 10_000;

/** More than anybody can make in that time. The store takes them in one. */
const FORGOTTEN_AT_ONCE = 10_000;

export interface SweepDeps {
  store: Store;
  known: KnownSessions;
  changes: Changes;
  clock: Clock;
  log: Log;
  mostTombstones: number;
}

/** Ends sessions whose time is up and forgets old tombstones, until the returned function is called. */
export function keepSweeping({ store, known, changes, clock, log, mostTombstones }: SweepDeps): () => void {
  let callOff = clock.after(SWEEP_MS, again);

  function again(): void {
    callOff = clock.after(SWEEP_MS, again);
    sweep().catch((error: unknown) => log('sweep-failed', { error: messageOf(error) }));
  }

  async function sweep(): Promise<void> {
    const now = clock.now();
    const ended = [...known.live()].flatMap((session) => {
      const cause = expiry(session, now);
      return cause ? [changes.end(session.name, (current) => end(current, cause, now))] : [];
    });
    await sideBySide([changes.settle(), ...ended]);
    await sideBySide(
      known
        .forgettable(now, mostTombstones)
        .slice(0, FORGOTTEN_AT_ONCE)
        .map(async ({ name }) => {
          await store.forget(name);
          known.forget(name);
        }),
    );
  }

  return () => callOff();
}
