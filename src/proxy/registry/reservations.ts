import { sha256Hex } from '../../satellite/protocol.js';
import type { Changes } from './changes.js';
import type { Clock } from './clock.js';
import type { Lifetimes } from './lifetimes.js';
import { randomName } from './names.js';
import type { RandomSource } from './outside.js';
import { Refusal } from './refusal.js';
import type { Session } from './session.js';
import { reserve, type Reservation } from './transitions.js';

const MAX_NAME_TRIES = 20;
const SECRET_BYTES = 32;

export interface ReservationsDeps {
  changes: Changes;
  clock: Clock;
  random: RandomSource;
  lifetimes: Lifetimes;
  allowPlainBackends: boolean;
}

export interface Reserved {
  session: Session;
  /** 256 random bits, base64url. Kept nowhere: the registry knows its SHA-256. */
  secret: string;
}

export interface Reservations {
  /** `source` is the address that asks. */
  reserve(
    request: { certificateSha256?: string; viewerKeySha256: string },
    source?: string,
  ): Promise<Reserved>;
  reserveClassic(source?: string): Promise<Session>;
}

/** How names are given out. */
export function createReservations({
  changes,
  clock,
  random,
  lifetimes,
  allowPlainBackends,
}: ReservationsDeps): Reservations {
  async function take(reservation: Omit<Reservation, 'name'>) {
    for (let tries = 0; tries < MAX_NAME_TRIES; tries++) {
      const session = reserve({ ...reservation, name: randomName(random) }, clock.now(), lifetimes);
      if (await changes.add(session)) return session;
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
