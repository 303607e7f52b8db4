/** Readers of large downloads who stop reading: what they cost, and whether anybody else notices. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startBackends } from './backends.js';
import { openBrowser, openEcho, requestText, within, type BrowserConnection } from './browser-connection.js';
import { loopback, readySession } from './calls.js';
import { atOnce } from './at-once.js';
import { descriptorsBackTo, proxyHome, type Place } from './proxy-home.js';
import { summary, type Summary } from './statistics.js';

export interface StalledPlan {
  /** Half of them read from a pinned backend, half from a plain one. */
  readers: number;
  /** Of each download. */
  bytes: number;
  /** Round trips of somebody else, one after the other. */
  roundTrips: number;
  /** Of each sort: they read on afterwards, to the end. */
  readOn: number;
}

export interface StalledResult {
  stalled: number;
  residentMb: { before: number; stalled: number; highest: number };
  /** Another session's, while all are stalled. */
  roundTripMs: Summary;
  /** Of those who read on: whether every byte came. */
  complete: number;
  descriptors: { before: number; after: number };
}

const READERS_A_SESSION = 250;
const OPENED_AT_ONCE = 20;
/** Until the buffers between a backend and a stalled reader are full. */
const SETTLES_MS = 3_000;

export async function stallReaders(plan: StalledPlan): Promise<StalledResult> {
  const backends = await startBackends({ pinned: 2, plain: 1 });
  const home = await proxyHome();
  const proxy = await home.start({ serve: ['--allow-plain-backends', 'true'] });
  const [downloads, others] = backends.ports.pinned as [number, number];
  const [plain] = backends.ports.plain as [number];
  const sessions = await atOnce(
    4,
    [...Array(2 * Math.ceil(plan.readers / 2 / READERS_A_SESSION)).keys()],
    async (n) =>
      n % 2 === 0
        ? readySession(proxy, loopback(7, n), downloads, backends.certificateSha256)
        : readySession(proxy, loopback(7, n), plain),
  );
  const other = await readySession(proxy, loopback(8, 0), others, backends.certificateSha256);
  const echo = await openEcho(proxy, other.name, loopback(8, 1));
  const before = { descriptors: proxy.descriptors(), resident: proxy.residentSize() };

  const readers = await atOnce(OPENED_AT_ONCE, [...Array(plan.readers).keys()], (n) =>
    stall(proxy, sessions[n % sessions.length]!.name, loopback(9, n), plan.bytes),
  );
  await sleep(SETTLES_MS);
  const stalled = proxy.residentSize();
  let highest = stalled;
  const roundTrips: number[] = [];
  for (let n = 0; n < plan.roundTrips; n++) {
    const sentAt = performance.now();
    await within('a round trip', echo.echo(Buffer.from(`round trip ${n}`)));
    roundTrips.push(performance.now() - sentAt);
    highest = Math.max(highest, proxy.residentSize());
    await sleep(10);
  }
  const open = readers.filter(({ connection }) => !connection.tls.destroyed).length;
  const readOn = readers.slice(0, 2 * plan.readOn);
  // With both ends of all connections on one host they hold all memory that its kernel has for TCP (tcp_mem): first the
  // others go, else those who read on wait for the kernel.
  const gone = readers.slice(2 * plan.readOn);
  for (const { connection } of gone) connection.reset();
  await Promise.all(gone.map(({ connection }) => connection.closed));
  const complete = await atOnce(4, readOn, (reader) => reader.rest());
  for (const { connection } of readOn) connection.reset();
  await Promise.all(readOn.map(({ connection }) => connection.closed));
  const after = await descriptorsBackTo(proxy, before.descriptors, 30_000);
  echo.reset();
  await proxy.stop();
  await backends.stop();
  home.remove();
  return {
    stalled: open,
    residentMb: { before: before.resident / 1e6, stalled: stalled / 1e6, highest: highest / 1e6 },
    roundTripMs: summary(roundTrips),
    complete: complete.filter(Boolean).length,
    descriptors: { before: before.descriptors, after },
  };
}

interface StalledReader {
  connection: BrowserConnection;
  /** Reads on to the end: whether the body had as many bytes as it should. */
  rest(): Promise<boolean>;
}

/** Asks for a download, reads its beginning, and then nothing. */
async function stall(place: Place, name: string, from: string, bytes: number): Promise<StalledReader> {
  const connection = await openBrowser(place, name, from);
  const { tls } = connection;
  let [head, received] = ['', 0];
  const beginning = new Promise<void>((resolve) => {
    tls.on('data', (piece: Buffer) => {
      if (head === '') head = piece.toString('latin1').split('\r\n\r\n')[0] ?? '';
      received += piece.length;
      tls.pause();
      resolve();
    });
  });
  tls.write(requestText(place, name, `/large?bytes=${bytes}`));
  await within('the beginning of a download', beginning);
  return {
    connection,
    async rest() {
      const total = bytes + head.length + '\r\n\r\n'.length;
      tls.removeAllListeners('data');
      const all = new Promise<void>((resolve) => {
        tls.on('data', (piece: Buffer) => {
          received += piece.length;
          if (received >= total) resolve();
        });
      });
      tls.resume();
      if (received < total) await within('the rest of a download', all, 60_000);
      return received === total && /^HTTP\/1\.1 200 /.test(head);
    },
  };
}
