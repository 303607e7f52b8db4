/** The ways in which a browser's connection begins and ends, each with what must come of it. */
import {
  exchange,
  openBrowser,
  openEcho,
  openTcp,
  requestText,
  upgradeRequest,
} from './browser-connection.js';
import type { Place } from './proxy-home.js';

export interface Target {
  place: Place;
  /** Names of sessions: with a certificate, without one, and one whose backend breaks off every connection. */
  pinned: string;
  plain: string;
  rude: string;
  from: string;
}

/** Resolves when the connection is closed, or is the proxy's to close; rejects when what came is not what must come. */
type Kind = (target: Target) => Promise<void>;

const CLOSE = 'Connection: close\r\n';

async function asked(target: Target, name: string, path: string, right: RegExp): Promise<void> {
  const connection = await openBrowser(target.place, name, target.from);
  const answer = await exchange(connection, requestText(target.place, name, path, CLOSE));
  await connection.closed;
  if (!right.test(answer)) throw new Error(`${path} of ${name}: ${JSON.stringify(answer.slice(0, 200))}`);
}

async function abortedUnderWay(target: Target, name: string): Promise<void> {
  const connection = await openBrowser(target.place, name, target.from);
  const request = requestText(target.place, name, '/large?bytes=20000000');
  await exchange(connection, request, (soFar) => soFar.length > 100_000);
  connection.reset();
  await connection.closed;
}

const WHERE = /^HTTP\/1\.1 200 OK\r\n[^]*127\.[0-9.]+:[0-9]+$/;

/** Of this one the proxy may learn only when it writes the next byte; it waits for 15 s. */
export const LINGERS = 'reset after the request';

/** A plan's connections are shared out evenly among them. */
export const KINDS: Record<string, Kind> = {
  'a request, pinned': (target) => asked(target, target.pinned, '/where', WHERE),
  'a request, plain': (target) => asked(target, target.plain, '/where', WHERE),
  'a backend that breaks off': (target) =>
    asked(target, target.rude, '/where', /^HTTP\/1\.1 502 [^]*start-jupyter-page/i),
  'an answer cut in half': (target) => asked(target, target.pinned, '/half', /^HTTP\/1\.1 200 OK[^]*half$/),
  'a backend that vanishes': (target) => asked(target, target.pinned, '/vanish', /^$/),
  'a backend that resets': (target) => asked(target, target.plain, '/reset', /^$/),
  'an unknown name': (target) => asked(target, 'there-is-none', '/', /^HTTP\/1\.1 404 /),
  control: (target) => asked(target, 'manage', '/api/v1/nothing', /^HTTP\/1\.1 404 /),
  'an upgrade that is refused': async (target) => {
    const connection = await openBrowser(target.place, target.pinned, target.from);
    const answer = await exchange(connection, upgradeRequest(target.place, target.pinned, '/refused'));
    if (!answer.startsWith('HTTP/1.1 403 ')) throw new Error(`A refused upgrade: ${answer.slice(0, 200)}`);
  },
  'an upgrade whose backend vanishes': async (target) => {
    const connection = await openBrowser(target.place, target.plain, target.from);
    const answer = await exchange(connection, upgradeRequest(target.place, target.plain, '/vanish'));
    if (answer !== '') throw new Error(`A vanished upgrade: ${answer.slice(0, 200)}`);
  },
  'a websocket that is reset': async (target) => {
    const socket = await openEcho(target.place, target.pinned, target.from);
    const echo = await socket.echo(Buffer.from('hello'));
    if (echo.toString() !== 'hello') throw new Error(`The echo was ${echo.toString()}`);
    socket.reset();
    await socket.closed;
  },
  'a download that is reset, pinned': (target) => abortedUnderWay(target, target.pinned),
  'a download that is reset, plain': (target) => abortedUnderWay(target, target.plain),
  'half closed after the request': async (target) => {
    const connection = await openBrowser(target.place, target.pinned, target.from);
    const text = requestText(target.place, target.pinned, '/where', CLOSE);
    connection.tls.write(text, () => connection.tcp.end());
    const answer = await exchange(connection, '');
    if (!WHERE.test(answer)) throw new Error(`After a half close: ${answer.slice(0, 200)}`);
  },
  'a handshake and nothing more': async (target) => {
    const connection = await openBrowser(target.place, target.pinned, target.from);
    connection.tls.end();
    await connection.closed;
  },
  [LINGERS]: async (target) => {
    const connection = await openBrowser(target.place, target.pinned, target.from);
    connection.tls.write(requestText(target.place, target.pinned, '/where'), () => connection.reset());
    await connection.closed;
  },
  'a reset before TLS': async (target) => {
    const tcp = await openTcp(target.place, target.from);
    tcp.resetAndDestroy();
  },
  'no TLS': async (target) => {
    const tcp = await openTcp(target.place, target.from);
    const closed = new Promise((resolve) => tcp.once('close', resolve));
    tcp.resume().end(requestText(target.place, target.pinned, '/'));
    await closed;
  },
  'broken off during the handshake': async (target) => {
    const tcp = await openTcp(target.place, target.from);
    // The first bytes of a ClientHello that never comes whole.
    await new Promise((resolve) => tcp.write(Buffer.from('16030102000100', 'hex'), resolve));
    tcp.destroy();
  },
};
