import type { Clock } from '../registry/clock.js';

const MINUTE_MS = 60_000;
/** More sources than an honest minute has. Beyond it all further ones share one count, so that memory is bounded. */
const MAX_SOURCES = 10_000;
const THE_OTHERS = '';

/** How often each source did something within a minute of the clock. No timer: an old minute is forgotten at the next look. */
export class PerMinute {
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  #until = 0;

  constructor(limit: number, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Counts one more. False, and nothing counted, when the limit is reached. */
  take(source: string): boolean {
    const { key, count } = this.#find(source);
    if (count >= this.#limit) return false;
    this.#counts.set(key, count + 1);
    return true;
  }

  isReached(source: string): boolean {
    return this.#find(source).count >= this.#limit;
  }

  /** Until everything is forgotten, at least 1. */
  secondsLeft(): number {
    return Math.max(1, Math.ceil((this.#until - this.#clock.now()) / 1000));
  }

  #find(source: string): { key: string; count: number } {
    const now = this.#clock.now();
    // The second half: a clock that was set back must not keep a minute for hours.
    if (now >= this.#until || now < this.#until - MINUTE_MS) {
      this.#counts.clear();
      this.#until = now + MINUTE_MS;
    }
    const known = this.#counts.has(source) || this.#counts.size < MAX_SOURCES;
    const key = known ? source : THE_OTHERS;
    return { key, count: this.#counts.get(key) ?? 0 };
  }
}
