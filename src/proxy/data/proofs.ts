import type { LimitName } from '../limiting/limit-reached.js';
import type { Log } from '../operation/log.js';
import type { OpenTether, Tether, VerifyBackend } from '../registry/outside.js';
import { Refusal } from '../registry/refusal.js';

export interface Proofs {
  verifyBackend: VerifyBackend;
  openTether: OpenTether;
}

const LIMIT: LimitName = 'backend-proofs';
const RETRY_AFTER_SECONDS = 5;

/**
 * The same doors to backends, but never more connections through both than this. Beyond it they reject with the Refusal
 * `limit-reached`: a redeem is tried again by the job, a classic session's tether by the registry.
 */
export function limitProofs({ verifyBackend, openTether }: Proofs, max: number, log: Log): Proofs {
  let open = 0;
  const leave = () => open--;

  function enter(): void {
    if (open >= max) {
      log('limit-reached', { limit: LIMIT });
      const busy = 'The proxy is looking at too many notebooks at this moment. Please try again.';
      throw new Refusal('limit-reached', busy, RETRY_AFTER_SECONDS);
    }
    open++;
  }

  return {
    async verifyBackend(...call) {
      enter();
      await verifyBackend(...call).finally(leave);
    },
    async openTether(...call): Promise<Tether> {
      enter();
      try {
        const tether = await openTether(...call);
        void tether.closed.then(leave);
        return tether;
      } catch (error) {
        leave();
        throw error;
      }
    },
  };
}
