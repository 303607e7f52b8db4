import type { Session } from './session.js';

/**
 * Where sessions and tombstones are kept. The registry keeps a copy of everything in memory for the data path, so a
 * store is read once at the start, and every change goes through it before it is told to a caller.
 *
 * What every store guarantees (test/contract/store.ts tries it):
 * - A change is atomic: a crash leaves the session before it or the session after it, never something between.
 * - When a promise resolved, the change is there for good: for a durable store it is on disk, for a shared one every proxy
 *   sees it.
 * - Of several changes of the same revision exactly one wins, also when they come from several proxies.
 * - Changes take effect in the order in which they were asked for, as far as one caller is concerned.
 * - A promise that rejects means "cannot tell": the change may have been made, or not, or may be made a moment later. Only
 *   `read` tells. Until then the revision that the caller knows is not to be relied on.
 * - Every promise settles: a disk or a server that does not answer is a rejection after some time.
 *
 * What a store for several proxies must do as well: `create` of one proxy refuses the names of all of them; `read` sees
 * what any of them was told to be done; and it needs a way to tell the others of a change at once, above all of an end,
 * which this interface does not have yet.
 */
export interface Store {
  /** Everything that was not forgotten, tombstones too, in no particular order. */
  load(): Promise<Session[]>;
  /** The session of this name as it is stored now. Waits for the changes that were asked for before. */
  read(name: string): Promise<Session | undefined>;
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
