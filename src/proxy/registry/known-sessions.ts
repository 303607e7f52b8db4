import { Counts } from '../limiting/counts.js';
import { sourceOf } from '../limiting/source.js';
import { placeText } from '../network/addresses.js';
import { TOMBSTONE } from './lifetimes.js';
import type { Backend, EndedSession, Session } from './session.js';

/** What the registry has in memory. Live sessions and tombstones are apart, so that going through the live ones stays cheap. */
export interface KnownSessions {
  get(name: string): Session | undefined;
  put(session: Session): void;
  live(): Iterable<Session>;
  /** The live sessions that were redeemed for this address and port. */
  at(backend: Backend): Session[];
  /** Reservations of a source (limiting/source.ts) that were not redeemed yet. */
  pendingOf(source: string): number;
  /** The sessions that ended at this time or after it. */
  endedSince(time: number): EndedSession[];
  /** Tombstones whose time is over, and the oldest of more than so many. */
  forgettable(now: number, most: number): EndedSession[];
  forget(name: string): void;
}

export function createKnownSessions(stored: readonly Session[]): KnownSessions {
  const live = new Map<string, Session>();
  const pending = new Counts();
  /** By name: what takes a reservation out of its source's count. */
  const waiting = new Map<string, () => void>();
  /** By place: the names of live sessions. Mostly one; more where a node's port was used again before an end was told. */
  const places = new Map<string, Set<string>>();
  /** In the order in which they ended: Map keeps the order of insertion. */
  const ended = new Map<string, EndedSession>();

  function countPending({ name, phase, source }: Session): void {
    if (phase === 'reserved') {
      if (!waiting.has(name)) waiting.set(name, pending.add(sourceOf(source)));
    } else {
      waiting.get(name)?.();
      waiting.delete(name);
    }
  }

  function keepPlace(session: Session): void {
    const before = live.get(session.name);
    if (session.phase === 'ended') {
      if (!before || !('backend' in before)) return;
      const names = places.get(placeText(before.backend));
      names?.delete(session.name);
      if (names?.size === 0) places.delete(placeText(before.backend));
    } else if ('backend' in session) {
      const place = placeText(session.backend);
      places.set(place, (places.get(place) ?? new Set()).add(session.name));
    }
  }

  function put(session: Session): void {
    countPending(session);
    keepPlace(session);
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

  function forgettable(now: number, most: number): EndedSession[] {
    const old: EndedSession[] = [];
    for (const session of ended.values()) {
      if (now < session.endedAt + TOMBSTONE && ended.size - old.length <= most) break;
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
    at: (backend) =>
      [...(places.get(placeText(backend)) ?? [])]
        .map((name) => live.get(name))
        .filter((one) => one !== undefined),
    pendingOf: (source) => pending.of(source),
    endedSince,
    forgettable,
    forget: (name) => void ended.delete(name),
  };
}
