/** The end of the public port: what is still at work may finish. */
import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';

const LOOK_MS = 250;
/** About a second. Looks and not milliseconds: after a stall of this process everything would seem quiet. */
const QUIET_LOOKS = 4;

export interface Drain {
  /** Whatever is on it may take its time. Called at each look. */
  working: () => Connections;
  limitMs: number;
}

/**
 * Resolves when all of these are closed, or after the limit. Who moved no byte for about a second is cut at once: an idle
 * websocket would never end by itself, and its page connects again, by then to the proxy's successor. The bytes that
 * sockets count anyway are compared here, so that nothing is added to the way of the bytes.
 */
export function drain(open: ReadonlySet<Socket>, { working, limitMs }: Drain): Promise<void> {
  const seen = new Map<Socket, { bytes: number; looks: number }>();
  const end = performance.now() + limitMs;
  return new Promise((resolve) => {
    const look = () => {
      const now = performance.now();
      if (open.size === 0 || now >= end) {
        resolve();
        return;
      }
      const busy = working();
      for (const socket of open) {
        const bytes = socket.bytesRead + socket.bytesWritten;
        const before = seen.get(socket);
        if (before?.bytes !== bytes) seen.set(socket, { bytes, looks: 0 });
        else if (++before.looks >= QUIET_LOOKS && !busy.has(socket)) socket.destroy();
      }
      setTimeout(look, Math.min(LOOK_MS, end - now));
    };
    look();
  });
}

export interface Connections {
  has: (socket: Socket) => boolean;
}

/** The connections on which this server has a request and has not answered it yet. */
export function connectionsAtWork(server: HttpServer): () => Connections {
  const atWork = new Set<Socket>();
  server.on('request', ({ socket }, response) => {
    atWork.add(socket);
    response.once('close', () => atWork.delete(socket));
  });
  return () => {
    // Control has the TLS side of a connection and the port its other side; the addresses are the same.
    const ends = new Set([...atWork].map(endsOf));
    return { has: (socket) => ends.has(endsOf(socket)) };
  };
}

function endsOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
