import { LimitReached } from '../limiting/limit-reached.js';
import type { Limits } from '../limiting/limits.js';
import { PerMinute } from '../limiting/per-minute.js';
import { sourceOf } from '../limiting/source.js';
import type { Networks } from '../network/addresses.js';
import type { Clock } from '../registry/clock.js';

/** What one address may ask for within a minute. Each throws {@link LimitReached} when it was more. */
export interface CallLimits {
  reserve(source: string): void;
  /** A call that named an unknown session or a wrong secret. */
  fail(source: string): void;
  /** Whatever it names now: where a name is the credential, the right one after many wrong ones was guessed. */
  refuseGuesser(source: string): void;
}

export function createCallLimits(
  limits: Pick<Limits, 'reservationsPerMinute' | 'failedCallsPerMinute'>,
  trustedNetworks: Networks,
  clock: Clock,
): CallLimits {
  const reservations = new PerMinute(limits.reservationsPerMinute, clock);
  // Apart, so that strangers without number cannot use up what the cluster's own addresses are counted with.
  const failures = {
    trusted: new PerMinute(limits.failedCallsPerMinute, clock),
    others: new PerMinute(limits.failedCallsPerMinute, clock),
  };

  const failuresOf = (source: string) => failures[trustedNetworks.includes(source) ? 'trusted' : 'others'];

  function tooManyFailures(source: string): LimitReached {
    const seconds = failuresOf(source).secondsLeft();
    return new LimitReached(
      'failed-calls-per-minute',
      `Too many calls from ${source} named an unknown session or a wrong secret. Please try again in ${seconds} s.`,
      seconds,
    );
  }

  return {
    reserve(source) {
      if (reservations.take(sourceOf(source))) return;
      const seconds = reservations.secondsLeft();
      throw new LimitReached(
        'reservations-per-minute',
        `Too many sessions are being started from ${source} at this moment. Please try again in ${seconds} s.`,
        seconds,
      );
    },
    fail(source) {
      if (!failuresOf(source).take(sourceOf(source))) throw tooManyFailures(source);
    },
    refuseGuesser(source) {
      if (failuresOf(source).isReached(sourceOf(source))) throw tooManyFailures(source);
    },
  };
}
