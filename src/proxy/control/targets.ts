/** What the proxy connects to on a caller's word: never a port of other services, never itself. */
import { isOwnAddress } from '../network/addresses.js';
import type { PortRange } from '../proxy-options.js';
import { Refusal } from '../registry/refusal.js';
import type { Backend } from '../registry/session.js';

export interface TargetSettings {
  /** Whether sessions may run on the proxy's own machine. */
  allowLocalBackends: boolean;
  deniedPorts: readonly PortRange[];
}

/** Why a session may not be mapped there; undefined when it may. */
export function refuseTarget(
  { address, port }: Backend,
  { allowLocalBackends, deniedPorts }: TargetSettings,
): Refusal | undefined {
  if (deniedPorts.some(({ first, last }) => port >= first && port <= last)) {
    return new Refusal(
      'port-refused',
      'That port belongs to another kind of service and is not served here (denied_ports). Take another one.',
    );
  }
  // Without an address the caller is gone, and Node would connect to this very machine.
  if (address !== '' && (allowLocalBackends || !isOwnAddress(address))) return undefined;
  return new Refusal(
    'address-refused',
    "Your address is the proxy's own machine, and no session is served there. " +
      'An administrator can allow it with allow_local_backends.',
  );
}
