/** Many sessions with open websockets on which messages flow, and a class that starts its notebooks meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startBackends, type Backends } from './backends.js';
import { openEcho, type EchoSocket } from './browser-connection.js';
import { change, destroy, expected, loopback, readySession, type Named } from './calls.js';
import { atOnce } from './at-once.js';
import { descriptorsBackTo, proxyHome, type Place } from './proxy-home.js';
import { summary, type Summary } from './statistics.js';

export interface CrowdPlan {
  sessions: number;
  websocketsEach: number;
  /** From one message of a websocket to its next. */
  everyMs: number;
  /** Reserve, link, redeem, while the messages flow. */
  launches: number;
  launchesAtOnce: number;
}

export interface CrowdResult {
  websockets: number;
  /** Echoes that came back as they were sent. */
  echoes: number;
  echoMs: Summary;
  /** From the first reserve to the last redeem. */
  launchedWithinMs: number;
  launchMs: Summary;
  /** In words; none is the only right number. */
  errors: string[];
  /** Of the proxy: before the first session, with all open, after the last end. */
  descriptors: { before: number; open: number; after: number };
  residentMb: number;
}

const WEBSOCKETS_AT_ONCE = 20;
const SESSIONS_AT_ONCE = 16;

export async function serveCrowd(plan: CrowdPlan): Promise<CrowdResult> {
  const backends = await startBackends({ pinned: 8 });
  const home = await proxyHome();
  const proxy = await home.start();
  const errors: string[] = [];
  const note = (what: string) => (error: unknown) => {
    errors.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  };
  const before = proxy.descriptors();
  const sessions = await atOnce(SESSIONS_AT_ONCE, range(plan.sessions), (n) =>
    ready(proxy, backends, loopback(2, n), n).catch(note('a session')),
  );
  const served = sessions.filter((session) => session !== undefined);
  const wanted = served.flatMap(({ name }) => range(plan.websocketsEach).map(() => name));
  const opened = await atOnce(WEBSOCKETS_AT_ONCE, [...wanted.entries()], ([n, name]) =>
    // No more than 250 from one address.
    openEcho(proxy, name, loopback(3, n % 4000)).catch(note('a websocket')),
  );
  const websockets = opened.filter((socket) => socket !== undefined);
  const open = proxy.descriptors();
  let over = false;
  const echoMs: number[] = [];
  const talks = websockets.map((socket, n) =>
    talk(socket, n, plan.everyMs, echoMs, () => over).catch(note('a message')),
  );
  const startedAt = performance.now();
  const launchMs: number[] = [];
  const launched = await atOnce(plan.launchesAtOnce, range(plan.launches), async (n) => {
    const launchedAt = performance.now();
    const session = await launch(proxy, backends, loopback(4, n), n).catch(note('a launch'));
    launchMs.push(performance.now() - launchedAt);
    return session;
  });
  const launchedWithinMs = performance.now() - startedAt;
  // Each websocket is to have spoken at least twice.
  await sleep(Math.max(0, 2.5 * plan.everyMs - launchedWithinMs));
  over = true;
  await Promise.all(talks);
  const residentMb = proxy.residentSize() / 1e6;
  const all = [...served, ...launched].filter((session) => session !== undefined);
  await atOnce(SESSIONS_AT_ONCE, all, (session) =>
    expected(204, 'destroy', destroy(proxy, session)).catch(note('an end')),
  );
  await Promise.all(websockets.map(({ closed }) => closed));
  const after = await descriptorsBackTo(proxy, before, 30_000);
  await proxy.stop();
  await backends.stop();
  home.remove();
  return {
    ...{ websockets: websockets.length, echoes: echoMs.length, echoMs: summary(echoMs) },
    ...{ launchedWithinMs, launchMs: summary(launchMs), errors, residentMb },
    descriptors: { before, open, after },
  };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

function ready(place: Place, backends: Backends, from: string, n: number): Promise<Named> {
  const { pinned } = backends.ports;
  return readySession(place, from, pinned[n % pinned.length]!, backends.certificateSha256);
}

async function launch(place: Place, backends: Backends, from: string, n: number): Promise<Named> {
  const session = await ready(place, backends, from, n);
  await expected(200, 'link', change(place, session, 'job', { jobId: `${n}` }));
  return session;
}

/** One message after the other, each with its number, compared with its echo. */
async function talk(
  socket: EchoSocket,
  n: number,
  everyMs: number,
  echoMs: number[],
  over: () => boolean,
): Promise<void> {
  // Not all at the same moment.
  await sleep((n * 7919) % everyMs);
  for (let message = 0; !over(); message++) {
    const sent = Buffer.from(`websocket ${n}, message ${message}, ${'.'.repeat(message % 300)}`);
    const sentAt = performance.now();
    const heard = await socket.echo(sent);
    if (!heard.equals(sent)) throw new Error(`${heard.toString()} in place of ${sent.toString()}`);
    echoMs.push(performance.now() - sentAt);
    await sleep(everyMs);
  }
}
