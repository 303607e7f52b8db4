import { plainAddress } from '../network/addresses.js';
import { Refusal } from '../registry/refusal.js';

/** What can be over: the names in the event `limit-reached` and in the metrics. */
export type LimitName =
  | 'connections'
  | 'connections-per-address'
  | 'connections-per-session'
  | 'opening-per-session'
  | 'backend-proofs'
  | 'handshake-time'
  | 'first-byte-time'
  | 'answer-time'
  | 'header-size'
  | 'body-size'
  | 'reservations-per-minute'
  | 'pending-reservations'
  | 'failed-calls-per-minute';

/** A call that is refused because of a limit; control logs it as `limit-reached`, and as nothing else. */
export class LimitReached extends Refusal {
  readonly limit: LimitName;

  /** `retryAfterSeconds`: when it is worth another try. */
  constructor(limit: LimitName, message: string, retryAfterSeconds?: number) {
    super(limit === 'body-size' ? 'too-large' : 'limit-reached', message, retryAfterSeconds);
    this.limit = limit;
  }
}

/** The event of a request whose head is over `max_header_size`. */
export function headTooLarge(socket: object): ['limit-reached', { limit: LimitName; source: string }] {
  const { remoteAddress = '' } = socket as { remoteAddress?: string };
  return ['limit-reached', { limit: 'header-size', source: plainAddress(remoteAddress) }];
}
