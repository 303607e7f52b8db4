/** What a session's proxy says of it. */
import { messageOf, StartJupyterError } from '../errors.js';
import { DOUBT } from '../words/sessions.js';
import type { KnownSession } from './known-sessions.js';
import { proxyOf } from './proxy-of.js';
import type { ProxyView } from './sight.js';

/** Never throws. A classic service cannot be asked, and neither can one whose secret its job has removed: nothing is said. */
export async function askProxy({ record, directory }: KnownSession, signal: AbortSignal): Promise<ProxyView> {
  if (record.protocol !== 'v1') return {};
  try {
    const proxy = await proxyOf(record, directory);
    if (proxy?.reservation.redeemSecret === undefined) return {};
    const answer = await proxy.client.look(proxy.reservation, signal);
    if (answer === undefined) return { doubt: DOUBT.unknownThere };
    const warnedOf = timeOf(answer.ending?.at);
    const endsAt = warnedOf ?? timeOf(answer.expiresAt);
    return {
      ...(answer.phase === 'ended' ? { doubt: DOUBT.ended(answer.cause) } : {}),
      ...(answer.phase === 'reserved' ? { doubt: DOUBT.notServed } : {}),
      ...(endsAt === undefined ? {} : { endsAt }),
      ...(warnedOf === undefined ? {} : { warned: true }),
    };
  } catch (error) {
    if (error instanceof StartJupyterError && error.code === 'interrupted') return {};
    return { doubt: DOUBT.silent(messageOf(error)) };
  }
}

function timeOf(text: string | undefined): Date | undefined {
  const time = new Date(text ?? '');
  return Number.isNaN(time.getTime()) ? undefined : time;
}
