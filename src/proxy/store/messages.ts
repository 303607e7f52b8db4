/** What the main thread asks of the thread that has the database, and what that says. */

/** A session goes as the JSON that is stored. */
export type Request =
  | { kind: 'create' | 'replace'; name: string; revision: number; json: string }
  | { kind: 'forget' | 'read'; name: string }
  | { kind: 'load' };

/** To create, replace and forget: whether there was something to do. To read: JSON, or null. To load: JSON arrays. */
export type Answer = boolean | string | null | string[];

/** All that waits goes over together and becomes one transaction. */
export type ToThread = { requests: Request[] } | { close: true };

export type FromThread =
  | { opened: true }
  | { refused: Refused }
  /** In the order of the requests, when they are on disk. */
  | { answers: Answer[] }
  /** None of the requests was carried out. */
  | { failed: string; damaged: boolean };

/** Why the database cannot be used. Nothing of it was changed then. */
export interface Refused {
  why: 'damaged' | 'foreign' | 'newer' | 'unreadable';
  detail: string;
}
