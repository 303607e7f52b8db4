/** Connections to a session's Jupyter. A certificate is pinned before a byte goes over. */
import { connect as connectPlain, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls';
import { sha256Hex } from '../../satellite/protocol.js';
import { placeText } from '../network/addresses.js';
import { Refusal } from '../registry/refusal.js';
import type { Backend } from '../registry/session.js';

export interface BackendFault {
  code: 'backend-unreachable' | 'certificate-mismatch';
  /** In words for the job's log; holds no address but the backend's own. */
  message: string;
}

/** Called once: without a fault the connection may be used, with one it is destroyed already. */
export type Opened = (fault?: BackendFault) => void;

const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_DELAY_MS = 60_000;
const SOCKET_OPTIONS = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS, noDelay: true };

/** One for all backends: it saves a third of the client's side of a handshake. */
const secureContext = createSecureContext({ minVersion: 'TLSv1.2' });

/**
 * Opens a TLS connection to the one holder of the pinned certificate; `onread` is Node's: one buffer for many sockets.
 * It gets nothing from a backend with another certificate, also when that speaks first.
 */
export function openPinned(
  backend: Backend,
  certificateSha256: string,
  opened: Opened,
  onread?: OnReadOpts,
): TLSSocket {
  const options = {
    ...SOCKET_OPTIONS,
    host: backend.address,
    port: backend.port,
    secureContext,
    // The certificate is self-signed and bears no name that we know: no authority could vouch for it. The pin
    // below is the check, and it is stricter: this very certificate, whatever it says. Its dates are not looked
    // at, since the clocks of nodes differ. checkServerIdentity would not be called in this mode.
    rejectUnauthorized: false,
    // Node's types do not know it here.
    onread,
  };
  const socket = connectTls(options);
  settle(socket, 'secureConnect', backend, opened, () => {
    const shown = socket.getPeerX509Certificate();
    if (shown && sha256Hex(shown.raw) === certificateSha256) return undefined;
    return {
      code: 'certificate-mismatch',
      message: `${placeText(backend)} does not show the certificate that was announced with the reservation`,
    };
  });
  return socket;
}

/** Opens a plain connection; `onread` is Node's: one buffer for many sockets. */
export function openPlain(backend: Backend, opened: Opened, onread?: OnReadOpts): Socket {
  const socket = connectPlain({ ...SOCKET_OPTIONS, host: backend.address, port: backend.port, onread });
  settle(socket, 'connect', backend, opened, () => undefined);
  return socket;
}

/**
 * Tries a backend at its redeem: resolves when the holder of the pinned certificate answers, else rejects with a
 * {@link Refusal} of a {@link BackendFault}'s code. An aborted signal counts as unreachable.
 */
export function verifyBackend(
  backend: Backend,
  certificateSha256: string,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => socket.destroy(new Error('no answer in time'));
    const socket = openPinned(backend, certificateSha256, (fault) => {
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      if (fault) reject(new Refusal(fault.code, fault.message));
      else resolve();
    });
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}

/** Turns the first of connected, error, close and time-out into one call of `opened`. */
function settle(
  socket: Socket,
  connected: 'connect' | 'secureConnect',
  backend: Backend,
  opened: Opened,
  check: () => BackendFault | undefined,
): void {
  const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), CONNECT_TIMEOUT_MS);
  let reason = 'it closed the connection';
  const unreachable = () =>
    finish({ code: 'backend-unreachable', message: `${placeText(backend)}: ${reason}` });
  const finish = (fault?: BackendFault) => {
    clearTimeout(timer);
    socket.off('close', unreachable);
    if (fault) socket.destroy();
    opened(fault);
  };
  socket.once(connected, () => finish(check()));
  // Also the listener without which a later error would end the process; 'close' follows and is acted upon.
  socket.on('error', (error) => (reason = error.message));
  socket.once('close', unreachable);
}
