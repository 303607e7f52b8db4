import { sha256Hex } from '../../satellite/protocol.js';
import { Counts } from '../limiting/counts.js';
import { LimitReached } from '../limiting/limit-reached.js';
import { sourceOf } from '../limiting/source.js';
import type { Changes } from './changes.js';
import type { Clock } from './clock.js';
import type { KnownSessions } from './known-sessions.js';
import type { Lifetimes } from './lifetimes.js';
import { randomName } from './names.js';
import type { RandomSource } from './outside.js';
import { Refusal } from './refusal.js';
import type { Session } from './session.js';
import { reserve, type Reservation } from './transitions.js';

const MAX_NAME_TRIES = 20;
const SECRET_BYTES = 32;

/** For the answer: a pending reservation may be redeemed, given back or over at any moment. */
const RETRY_AFTER_SECONDS = 60;

export interface ReservationsDeps {
  known: KnownSessions;
  changes: Changes;
  clock: Clock;
  random: RandomSource;
  lifetimes: Lifetimes;
  allowPlainBackends: boolean;
  /** How many one source may have that were not redeemed yet. */
  pendingReservations?: number;
}

export interface Reserved {
  session: Session;
  /** 256 random bits, base64url. Kept nowhere: the registry knows its SHA-256. */
  secret: string;
}

export interface Reservations {
  /** `source` is the address that asks. Throws LimitReached when it has too many already. */
  reserve(
    request: { certificateSha256?: string; viewerKeySha256: string },
    source?: string,
  ): Promise<Reserved>;
  reserveClassic(source?: string): Promise<Session>;
}

/** How names are given out. */
export function createReservations({
  known,
  changes,
  clock,
  random,
  lifetimes,
  allowPlainBackends,
  pendingReservations = Infinity,
}: ReservationsDeps): Reservations {
  /** Those that the store has not answered for yet: many at once must not slip through together. */
  const beingTaken = new Counts();

  function enter(source: string | undefined): () => void {
    const key = sourceOf(source);
    if (known.pendingOf(key) + beingTaken.of(key) < pendingReservations) return beingTaken.add(key);
    throw new LimitReached(
      'pending-reservations',
      `Of the sessions that were reserved from ${source ?? 'there'}, ${pendingReservations} have not started yet, ` +
        'and no more may wait. Cancel jobs that are not needed, or try again when some of them have started.',
      RETRY_AFTER_SECONDS,
    );
  }

  async function take(reservation: Omit<Reservation, 'name'>) {
    const leave = enter(reservation.source);
    try {
      for (let tries = 0; tries < MAX_NAME_TRIES; tries++) {
        const session = reserve({ ...reservation, name: randomName(random) }, clock.now(), lifetimes);
        if (await changes.add(session)) return session;
      }
    } finally {
      leave();
    }
    throw new Refusal('cannot-store', 'No free name was found. Please try again later.');
  }

  return {
    async reserve(facts, source) {
      if (facts.certificateSha256 === undefined && !allowPlainBackends) {
        throw new Refusal(
          'plain-backends-refused',
          'Jupyter must speak TLS here: the reservation needs certificateSha256.',
        );
      }
      const secret = random.bytes(SECRET_BYTES).toString('base64url');
      const session = await take({ kind: 'v1', source, secretSha256: sha256Hex(secret), ...facts });
      return { session, secret };
    },
    reserveClassic: (source) => take({ kind: 'classic', source }),
  };
}
