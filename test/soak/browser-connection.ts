/** One connection as a browser makes it, with a hand on the TCP socket below, and a websocket over it. */
import { randomBytes } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Place } from './proxy-home.js';
import { frame, frameReader } from './websocket-frames.js';

const LIMIT_MS = 30_000;

export interface BrowserConnection {
  tls: TLSSocket;
  tcp: Socket;
  /** Ends it by a TCP reset. */
  reset(): void;
  /** Resolves when it is closed, by whomever. */
  closed: Promise<void>;
}

/** A TCP connection to the proxy. */
export function openTcp(place: Place, from: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: '127.0.0.1', port: place.port, localAddress: from, noDelay: true });
    socket.on('error', reject).once('connect', () => resolve(socket));
  });
}

/** Resolves after the TLS handshake under this name. */
export async function openBrowser(place: Place, name: string, from: string): Promise<BrowserConnection> {
  const tcp = await openTcp(place, from);
  const tls = connectTls({
    socket: tcp,
    servername: `${name}.${place.domain}`,
    secureContext: place.secureContext,
  });
  const closed = new Promise<void>((resolve) => tls.once('close', () => resolve()));
  await within(
    'a TLS handshake',
    new Promise<void>((resolve, reject) => {
      tls.on('error', reject).once('secureConnect', resolve);
      tls.once('close', () => reject(new Error('closed during the TLS handshake')));
    }),
  ).catch((error: unknown) => {
    tls.destroy();
    throw error;
  });
  return { tls, tcp, reset: () => tcp.resetAndDestroy(), closed };
}

export function requestText(place: Place, name: string, path: string, headers = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${name}.${place.domain}:${place.port}\r\n${headers}\r\n`;
}

/** Sends a request and resolves with all that came until the connection was closed, or until `enough` says so. */
export function exchange(
  { tls, closed }: BrowserConnection,
  text: string,
  enough: (soFar: string) => boolean = () => false,
): Promise<string> {
  let received = '';
  const answer = new Promise<string>((resolve) => {
    tls.on('data', (bytes: Buffer) => {
      received += bytes.toString('latin1');
      if (enough(received)) resolve(received);
    });
    void closed.then(() => resolve(received));
    tls.write(text);
  });
  return within('an answer', answer);
}

export interface EchoSocket extends BrowserConnection {
  /** Resolves with the echo of this payload; one at a time. */
  echo(payload: Buffer): Promise<Buffer>;
}

/** Rejects when the websocket is refused. */
export async function openEcho(place: Place, name: string, from: string): Promise<EchoSocket> {
  const connection = await openBrowser(place, name, from);
  const { tls } = connection;
  const head = await exchange(connection, upgradeRequest(place, name, '/echo'), (soFar) =>
    soFar.endsWith('\r\n\r\n'),
  );
  if (!head.startsWith('HTTP/1.1 101 ')) {
    tls.destroy();
    throw new Error(`The websocket was refused: ${head.split('\r\n')[0] ?? ''}`);
  }
  tls.removeAllListeners('data');
  let heard: (payload: Buffer) => void = () => undefined;
  tls.on(
    'data',
    frameReader((payload) => heard(payload)),
  );
  const echo = (payload: Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const broken = (): void => reject(new Error('the websocket was closed'));
      if (tls.destroyed) broken();
      tls.once('close', broken);
      heard = (answer) => {
        tls.off('close', broken);
        resolve(answer);
      };
      tls.write(frame(payload, 'client'));
    });
  return { ...connection, echo };
}

export function upgradeRequest(place: Place, name: string, path: string): string {
  const key = randomBytes(16).toString('base64');
  const headers = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n`;
  return requestText(place, name, path, headers);
}

/** Every wait has an end. */
export async function within<T>(what: string, promise: Promise<T>, limitMs = LIMIT_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took over ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
