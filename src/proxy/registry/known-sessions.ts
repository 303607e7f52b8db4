import { TOMBSTONE } from './lifetimes.js';
import type { EndedSession, Session } from './session.js';

/** What the registry has in memory. Live sessions and tombstones are apart, so that going through the live ones stays cheap. */
export interface KnownSessions {
  get(name: string): Session | undefined;
  put(session: Session): void;
  live(): Iterable<Session>;
  /** The sessions that ended at this time or after it. */
  endedSince(time: number): EndedSession[];
  /** Tombstones whose time is over. */
  forgettable(now: number): EndedSession[];
  forget(name: string): void;
}

export function createKnownSessions(stored: readonly Session[]): KnownSessions {
  const live = new Map<string, Session>();
  /** In the order in which they ended: Map keeps the order of insertion. */
  const ended = new Map<string, EndedSession>();

  function put(session: Session): void {
    if (session.phase === 'ended') {
      live.delete(session.name);
      ended.set(session.name, session);
    } else {
      live.set(session.name, session);
    }
  }

  function endedSince(time: number): EndedSession[] {
    return [...ended.values()].filter(({ endedAt }) => endedAt >= time);
  }

  function forgettable(now: number): EndedSession[] {
    const old: EndedSession[] = [];
    for (const session of ended.values()) {
      if (now < session.endedAt + TOMBSTONE) break;
      old.push(session);
    }
    return old;
  }

  const endOf = (session: Session): number => (session.phase === 'ended' ? session.endedAt : 0);
  [...stored].sort((one, other) => endOf(one) - endOf(other)).forEach(put);
  return {
    get: (name) => live.get(name) ?? ended.get(name),
    put,
    live: () => live.values(),
    endedSince,
    forgettable,
    forget: (name) => void ended.delete(name),
  };
}
