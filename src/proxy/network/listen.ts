/** Where a server listens, and why it cannot. */
import type { AddressInfo, Server } from 'node:net';
import { StartJupyterError } from '../../errors.js';
import type { Place } from '../proxy-options.js';
import { placeText } from './addresses.js';

/** Throws StartJupyterError: 'address-in-use', 'bad-configuration'. `option` is what the person may change. */
export function listen(server: Server, place: Place, option = '--listen'): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(cannotListen(error, nameOf(place), option));
    server.once('error', failed);
    server.listen('descriptor' in place ? { fd: place.descriptor } : place, () => {
      server.off('error', failed);
      const address = server.address();
      if (address !== null && typeof address === 'object') resolve(address);
      else reject(notTcp(nameOf(place), server));
    });
  });
}

function nameOf(place: Place): string {
  return 'descriptor' in place
    ? `descriptor ${place.descriptor}`
    : placeText({ address: place.host, port: place.port });
}

function notTcp(place: string, server: Server): StartJupyterError {
  server.close();
  return new StartJupyterError('bad-configuration', `The socket of ${place} is not a TCP socket.`, {
    hint: 'ListenStream= in the socket unit is a port, or an address and a port.',
  });
}

function cannotListen(cause: NodeJS.ErrnoException, place: string, option: string): StartJupyterError {
  switch (cause.code) {
    case 'EADDRINUSE':
      return new StartJupyterError('address-in-use', `Another program listens on ${place} already.`, {
        hint: `Stop it, or choose another port with ${option} HOST:PORT.`,
        cause,
      });
    case 'EACCES':
      return new StartJupyterError('bad-configuration', `This user may not listen on ${place}.`, {
        hint: `Ports below 1024 need root or CAP_NET_BIND_SERVICE. Or choose another one with ${option} HOST:PORT.`,
        cause,
      });
    default:
      return new StartJupyterError('bad-configuration', `Cannot listen on ${place}: ${cause.message}`, {
        hint: 'HOST is an address of this machine, or 0.0.0.0 or [::] for all of them.',
        cause,
      });
  }
}
