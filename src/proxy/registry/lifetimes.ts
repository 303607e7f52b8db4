/** How long sessions last without anybody saying anything, in milliseconds. */
export interface Lifetimes {
  /** A reservation that no job was linked to. */
  reserved: number;
  /** The same for classic sessions, whose clients often never link. */
  reservedClassic: number;
  /** A reservation with a job, from when it was last known to wait: the job may wait in the queue. */
  linked: number;
  /** A redeemed session when nobody said when its job ends. */
  ready: number;
}

export const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const DEFAULT_LIFETIMES: Lifetimes = {
  reserved: 24 * HOUR,
  // The original's.
  reservedClassic: 49 * HOUR,
  linked: 30 * DAY,
  // The original's.
  ready: 49 * HOUR,
};

/** The longest that is believed of an `endsAt`. */
export const LONGEST = 366 * DAY;

/** How long a session outlives its `endsAt`: clocks differ, and schedulers give a job some minutes to end. */
export const GRACE = 5 * MINUTE;

/** How long an ended name is remembered and not given again: browsers keep a host's cookies that long. */
export const TOMBSTONE = 400 * DAY;

/**
 * So many are remembered at most, the last ones; half a kilobyte of memory each. A site with a thousand sessions a day
 * stays below it; who takes names and gives them back without end must not fill the memory, which a restart fills again.
 */
export const MOST_TOMBSTONES = 500_000;
