/**
 * A program of its own: many servers that play Jupyter, on every address of this machine. Its standard input says which
 * ({@link Order}, JSON), its first line of output where ({@link Ports}, JSON). It ends with its standard input.
 */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { acceptKey, frame, frameReader } from './websocket-frames.js';

export interface Order {
  certificatePem: string;
  keyPem: string;
  /** How many servers of each kind. */
  pinned: number;
  plain: number;
  /** TLS servers that break off every connection but their first. */
  rude: number;
}

export type Ports = Record<'pinned' | 'plain' | 'rude', number[]>;

type Take = (socket: Socket) => void;

/** By both ends: a TLS socket cannot be reset, what is below it can. */
const below = new Map<string, Socket>();
const ends = ({ remotePort, localAddress, localPort }: Socket): string =>
  `${remotePort ?? 0} ${localAddress ?? ''} ${localPort ?? 0}`;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://backend');
  const { socket } = request;
  switch (pathname) {
    case '/where':
      response.end(`${socket.localAddress ?? ''}:${socket.localPort ?? 0}`);
      return;
    case '/large':
      sendLarge(response, Number(searchParams.get('bytes')));
      return;
    case '/half':
      response.writeHead(200, { 'content-length': 1000 });
      response.write('half', () => socket.destroy());
      return;
    case '/vanish':
      socket.destroy();
      return;
    case '/reset':
      below.get(ends(socket))?.resetAndDestroy();
      return;
    default:
      response.writeHead(404).end();
  }
}

const PIECE = Buffer.alloc(64 * 1024, 'x');

function sendLarge(response: ServerResponse, bytes: number): void {
  response.writeHead(200, { 'content-length': bytes });
  let left = bytes;
  const send = (): void => {
    while (left > 0) {
      const piece = PIECE.subarray(0, Math.min(left, PIECE.length));
      left -= piece.length;
      if (!response.write(piece)) {
        response.once('drain', send);
        return;
      }
    }
    response.end();
  };
  send();
}

function upgrade(request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => undefined);
  if (request.url === '/vanish') {
    socket.destroy();
    return;
  }
  if (request.url !== '/echo') {
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    return;
  }
  const accepted = acceptKey(request.headers['sec-websocket-key'] ?? '');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accepted}\r\n\r\n`,
  );
  const read = frameReader((payload) => socket.write(frame(payload, 'server')));
  socket.on('data', read).on('end', () => socket.end());
}

/** The first connection is the redeem's, which must succeed. */
function rudeAfterTheFirst(serve: Take): Take {
  let taken = -1;
  return (socket) => {
    taken++;
    if (taken === 0) serve(socket);
    else if (taken % 3 === 0) socket.destroy();
    else if (taken % 3 === 1) socket.resetAndDestroy();
    // In the middle of the TLS handshake.
    else socket.once('data', () => socket.destroy());
  };
}

async function listen(take: Take): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    const key = ends(socket);
    below.set(key, socket);
    socket.once('close', () => below.delete(key));
    take(socket);
  });
  await new Promise<void>((resolve) => server.listen({ host: '0.0.0.0', port: 0, backlog: 4096 }, resolve));
  return (server.address() as AddressInfo).port;
}

async function serve({ certificatePem: cert, keyPem: key, ...counts }: Order): Promise<Ports> {
  const secure = createHttpsServer({ cert, key, keepAliveTimeout: 0 }, answer).on('upgrade', upgrade);
  const plain = createHttpServer({ keepAliveTimeout: 0 }, answer).on('upgrade', upgrade);
  // What a peer that breaks off leaves behind is expected here.
  for (const server of [secure, plain]) server.on('clientError', (_error, socket) => socket.destroy());
  secure.on('tlsClientError', (_error, socket) => socket.destroy());
  const pinned: Take = (socket) => void secure.emit('connection', socket);
  const many = (count: number, take: () => Take): Promise<number[]> =>
    Promise.all(Array.from({ length: count }, () => listen(take())));
  return {
    pinned: await many(counts.pinned, () => pinned),
    plain: await many(counts.plain, () => (socket) => void plain.emit('connection', socket)),
    rude: await many(counts.rude, () => rudeAfterTheFirst(pinned)),
  };
}

let order = '';
process.stdin.setEncoding('utf8').on('data', (text: string) => {
  order += text;
  if (!order.endsWith('\n')) return;
  void serve(JSON.parse(order) as Order).then((ports) => console.log(JSON.stringify(ports)));
});
process.stdin.on('end', () => process.exit());
