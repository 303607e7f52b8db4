import type { Log } from '../operation/log.js';
import { createAnnouncements, type Announcements } from './announcements.js';
import { createChanges } from './changes.js';
import type { Clock } from './clock.js';
import { createKnownSessions } from './known-sessions.js';
import { DEFAULT_LIFETIMES, MOST_TOMBSTONES, type Lifetimes } from './lifetimes.js';
import type { OpenTether, RandomSource, VerifyBackend } from './outside.js';
import { createRedeems } from './redeems.js';
import { createReports, type Reports } from './reports.js';
import { createReservations, type Reservations } from './reservations.js';
import type { Backend, EndCause, EndedSession, Session } from './session.js';
import type { Store } from './store.js';
import { keepSweeping } from './sweep.js';
import { end, link, restarted } from './transitions.js';

export interface RegistrySettings {
  /** Whether a v1 session may be reserved without a certificate. */
  allowPlainBackends: boolean;
  /** Of one source, not redeemed yet; default: any number. */
  pendingReservations?: number;
  lifetimes?: Lifetimes;
  mostTombstones?: number;
}

export interface RegistryDeps {
  store: Store;
  clock: Clock;
  random: RandomSource;
  log: Log;
  verifyBackend: VerifyBackend;
  openTether: OpenTether;
  settings: RegistrySettings;
}

/**
 * Every session this proxy knows. Calls that change one throw a Refusal when it is not carried out; they do not ask who
 * calls: that is control's part.
 */
export interface Registry extends Reservations, Reports, Announcements {
  /** Sessions that have not ended, in no order. */
  live(): Iterable<Session>;
  /** For the data path: synchronous, one look into a Map. Ended sessions are found for as long as their tombstone is there. */
  lookup(name: string): Session | undefined;
  link(name: string, jobId: string): Promise<Session>;
  /** v1: resolves with the ready session once the backend is proven to be the session's own. */
  redeem(name: string, backend: Backend, endsAt?: number): Promise<Session>;
  /** Classic: resolves at once; the session is served when its tether is open. */
  redeemClassic(name: string, backend: Backend): Promise<Session>;
  /** Ends a session; one that has ended already stays as it is. Resolves when it is stored, ends it at once. */
  end(name: string, cause: EndCause): Promise<Session>;
  /** Called at once when a session ends, before anybody is answered: cut its connections. Returns what takes it off again. */
  onEnded(listener: (session: EndedSession) => void): () => void;
  /** Stops timers and tethers, then closes the store. Ends no session. */
  close(): Promise<void>;
}

/**
 * Reads the store, takes up what is in it, ends what cannot be proven again, and starts the timers. Rejects when the store
 * cannot be read.
 */
export async function createRegistry(deps: RegistryDeps): Promise<Registry> {
  const { store, clock, log } = deps;
  const { lifetimes = DEFAULT_LIFETIMES, mostTombstones = MOST_TOMBSTONES } = deps.settings;
  const known = createKnownSessions(await store.load());
  const endedListeners = new Set<(session: EndedSession) => void>();
  const changes = createChanges({ store, known, log, onEnded: tellEnded });
  const redeems = createRedeems({ ...deps, known, changes, lifetimes, endSession });
  const reservations = createReservations({ ...deps, ...deps.settings, lifetimes, known, changes });
  const reports = createReports({ known, changes, clock, lifetimes });

  function tellEnded(session: EndedSession): void {
    log('ended', { session: session.name, kind: session.kind, cause: session.cause, job: session.jobId });
    redeems.cut(session.name);
    for (const listener of endedListeners) listener(session);
  }

  function endSession(name: string, cause: EndCause): Promise<Session> {
    return changes.end(name, (session) => end(session, cause, clock.now()));
  }

  const unproven = [...known.live()].filter((session) => restarted(session, 0) !== session);
  // A disk that is full keeps nobody's other notebook away: they have ended here, and a sweep stores it later.
  await Promise.allSettled(unproven.map(({ name }) => endSession(name, 'proxy-restarted')));
  const stopSweeping = keepSweeping({ store, known, changes, clock, log, mostTombstones });
  return {
    live: () => known.live(),
    lookup: (name) => known.get(name),
    ...reservations,
    link: (name, jobId) => changes.change(name, (session) => link(session, jobId, lifetimes)),
    redeem: (name, backend, endsAt) => redeems.redeem(name, backend, endsAt),
    redeemClassic: (name, backend) => redeems.redeemClassic(name, backend),
    end: endSession,
    ...reports,
    ...createAnnouncements({ known, changes, clock, lifetimes }),
    onEnded(listener) {
      endedListeners.add(listener);
      return () => endedListeners.delete(listener);
    },
    async close() {
      stopSweeping();
      redeems.cutAll();
      await store.close();
    },
  };
}
