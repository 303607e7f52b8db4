import { Counts } from '../limiting/counts.js';
import type { LimitName } from '../limiting/limit-reached.js';
import type { Log } from '../operation/log.js';
import type { OpenTether, Tether, VerifyBackend } from '../registry/outside.js';
import { Refusal } from '../registry/refusal.js';
import type { Backend } from '../registry/session.js';

export interface Proofs {
  verifyBackend: VerifyBackend;
  openTether: OpenTether;
}

const LIMIT: LimitName = 'backend-proofs';
const RETRY_AFTER_SECONDS = 5;

/** One address may have a quarter of them, and so many at least: a node that says nothing stops no other. */
const FEW = 16;

/**
 * The same doors to backends, but never more connections through both than this. A quarter is left for looks: tethers
 * stand for days. Beyond it they reject with the Refusal `limit-reached`: a redeem is tried again by the job, a classic
 * session's tether by the registry.
 */
export function limitProofs({ verifyBackend, openTether }: Proofs, max: number, log: Log): Proofs {
  const quarter = Math.floor(max / 4);
  const addresses = new Counts();
  let open = 0;

  function enter({ address }: Backend, most: number): () => void {
    if (open >= most || addresses.of(address) >= Math.max(quarter, FEW)) {
      log('limit-reached', { limit: LIMIT });
      const busy = 'The proxy is looking at too many notebooks at this moment. Please try again.';
      throw new Refusal('limit-reached', busy, RETRY_AFTER_SECONDS);
    }
    open++;
    const leaveAddress = addresses.add(address);
    return () => {
      open--;
      leaveAddress();
    };
  }

  return {
    async verifyBackend(...call) {
      const leave = enter(call[0], max);
      await verifyBackend(...call).finally(leave);
    },
    async openTether(...call): Promise<Tether> {
      const leave = enter(call[0], max - quarter);
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
