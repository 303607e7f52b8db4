import type { Session } from './session.js';

/**
 * Where sessions and tombstones are kept. The registry keeps a copy of everything in memory for the data path, so a
 * store is read once at the start, and every change goes through it before it is told to a caller.
 *
 * What every store guarantees (test/contract/store.ts tries it):
 * - A change is atomic: a crash leaves the session before it or the session after it, never something between.
 * - When a promise resolved with true, the change is there for good: for a durable store it is on disk, for a shared one
 *   every proxy sees it.
 * - Of several changes of the same revision exactly one wins, also when they come from several proxies.
 * - A promise that rejects means "cannot tell": the change may have been made or not.
 */
export interface Store {
  /** Everything that was not forgotten, tombstones too, in no particular order. */
  load(): Promise<Session[]>;
  /** Adds a session. False, and nothing done, when the name is taken, be it by a tombstone. */
  create(session: Session): Promise<boolean>;
  /**
   * Puts this session in the place of the one of its name with the revision before (`session.revision - 1`).
   * False, and nothing done, when there is no session of that name and revision.
   */
  replace(session: Session): Promise<boolean>;
  /** Removes a tombstone; its name may be given again. A name that is not there is no error. */
  forget(name: string): Promise<void>;
  /** Resolves when everything is written. Nothing may be called afterwards. */
  close(): Promise<void>;
}
