import { plainAddress } from '../network/addresses.js';
import type { Log } from '../operation/log.js';
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

/** What was over a limit is counted, each time: the log makes few lines of it. `socket` may have an address. */
export function logLimit(log: Log, limit: LimitName, socket: object, session?: string): void {
  const { remoteAddress = '' } = socket as { remoteAddress?: string };
  log('limit-reached', { limit, source: plainAddress(remoteAddress), session });
}
