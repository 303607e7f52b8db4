import type { TLSSocket } from 'node:tls';
import type { LimitName } from '../limiting/limit-reached.js';
import type { Limits } from '../limiting/limits.js';

type LinkLimits = Pick<Limits, 'maxConnectionsPerSession' | 'maxOpeningPerSession'>;

export interface KeptLink {
  /** Its backend answers. */
  opened: () => void;
  /** It came to nothing; the browser's connection is no link any more. */
  forget: () => void;
}

/** The connections of browsers to each session's Jupyter: for their limits, and to cut them when the session ends. */
export class SessionLinks {
  readonly #links = new Map<string, { open: Set<TLSSocket>; opening: Set<TLSSocket> }>();
  readonly #limits: LinkLimits;

  constructor(limits: LinkLimits) {
    this.#limits = limits;
  }

  count(name: string): number {
    const of = this.#links.get(name);
    return of ? of.open.size + of.opening.size : 0;
  }

  /** Which limit one more connection would be over. */
  limitReached(name: string): LimitName | undefined {
    const { maxConnectionsPerSession, maxOpeningPerSession } = this.#limits;
    if (this.count(name) >= maxConnectionsPerSession) return 'connections-per-session';
    // A node that does not answer holds each of them for ten seconds.
    const opening = this.#links.get(name)?.opening.size ?? 0;
    return opening >= maxOpeningPerSession ? 'opening-per-session' : undefined;
  }

  /** Keeps the connection as one that is being opened, until it closes or is forgotten. */
  keep(name: string, browser: TLSSocket): KeptLink {
    const of = this.#links.get(name) ?? { open: new Set(), opening: new Set() };
    this.#links.set(name, of);
    of.opening.add(browser);
    const forget = () => {
      of.opening.delete(browser);
      of.open.delete(browser);
      if (this.count(name) === 0) this.#links.delete(name);
    };
    browser.once('close', forget);
    return { opened: () => of.opening.delete(browser) && of.open.add(browser), forget };
  }

  /** Ends them all, whatever they are doing. */
  cut(name: string): void {
    const of = this.#links.get(name);
    for (const browser of [...(of?.open ?? []), ...(of?.opening ?? [])]) browser.destroy();
  }
}
