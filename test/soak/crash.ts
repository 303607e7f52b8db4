/** `kill -9` at random moments under clients: what was acknowledged is there afterwards, and what was ended stays so. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startBackends } from './backends.js';
import { call, look, loopback, sessionOf, visit } from './calls.js';
import { compareClassic, launchClassic } from './classic-launches.js';
import { answered, emptyLedger, launchAgainAndAgain, type Ledger, type Round } from './launches.js';
import { comparePhase, compareVisit, type KnownClassic, type KnownSession } from './oracle.js';
import { proxyHome, type Place, type ProxyHome, type RunningProxy } from './proxy-home.js';
import { seeded, type Seeded } from './seeded.js';
import { summary, type Summary } from './statistics.js';

export interface CrashPlan {
  seed: number;
  kills: number;
  /** Clients of our own protocol, and of the classic one. */
  clients: number;
  classicClients: number;
  /** At most so many calls are answered before the kill. */
  mostAnswers: number;
  /** More options of `serve`. */
  serve?: readonly string[];
}

export interface CrashResult {
  kills: number;
  /** Kills while the program was still starting. */
  killedAtStart: number;
  sessions: number;
  compared: number;
  classicSurvived: number;
  /** From the start of the new program to its first answer. */
  servesAgainMs: Summary;
  ledger: Ledger;
}

const ANSWERS_WITHIN_MS = 20_000;
const COMPARED_AT_ONCE = 16;
/** Of the sessions that nothing was done to since the last crash, this many are compared after each. */
const OLD_ONES = 20;

export async function killAgainAndAgain(plan: CrashPlan): Promise<CrashResult> {
  const random = seeded(plan.seed);
  const backends = await startBackends({ pinned: 4, plain: 2 });
  const home = await proxyHome();
  const ledger = emptyLedger();
  const own = Array.from({ length: plan.clients }, (): KnownSession[] => []);
  const ownClassic = Array.from({ length: plan.classicClients }, (): KnownClassic[] => []);
  const servesAgain: number[] = [];
  let [addresses, compared, classicSurvived, killedAtStart] = [0, 0, 0, 0];
  const roundOf = (place: Place, over: () => boolean): Round => ({
    ...{ place, ledger, over, storeMayRefuse: false, certificateSha256: backends.certificateSha256 },
    ports: backends.ports.pinned,
    address: () => loopback(1, addresses++),
  });
  const serve = ['--classic', 'true', ...(plan.serve ?? [])];
  let proxy = await home.start({ serve });
  for (let kill = 0; kill < plan.kills; kill++) {
    let over = false;
    const round = roundOf(proxy, () => over);
    const clients = [
      ...own.map((sessions) => launchAgainAndAgain(round, branch(random), sessions)),
      ...ownClassic.map((sessions) => launchClassic(round, branch(random), sessions, backends.ports.plain)),
    ];
    await answered(ledger, random.below(plan.mostAnswers));
    await sleep(random.below(10));
    over = true;
    await home.kill();
    await Promise.all(clients);
    if (random.next() < 0.1) killedAtStart += await killWhileItStarts(home, serve, random);
    proxy = await home.start({ serve });
    servesAgain.push(await firstAnswer(proxy));
    const calm = roundOf(proxy, () => false);
    compared += await compare(calm, chosen(ledger, random));
    ledger.touched.clear();
    for (const sessions of ownClassic) classicSurvived += await compareClassic(calm, sessions);
    if (ledger.broken.length > 0) break;
  }
  compared += await compare(
    roundOf(proxy, () => false),
    ledger.sessions,
  );
  await proxy.stop();
  await backends.stop();
  home.remove();
  return {
    ...{ kills: servesAgain.length, killedAtStart, compared, classicSurvived, ledger },
    sessions: ledger.names.size,
    servesAgainMs: summary(servesAgain),
  };
}

/** So that what one client does hangs on the seed and not on the others' pace. */
export function branch(random: Seeded): Seeded {
  return seeded(random.below(2 ** 31));
}

/** It may be reading its store, or repairing it. */
async function killWhileItStarts(home: ProxyHome, serve: readonly string[], random: Seeded): Promise<number> {
  const starting = home.start({ serve }).catch(() => undefined);
  await sleep(random.below(400));
  await home.kill();
  await starting;
  return 1;
}

/** Milliseconds from the start of the program. Throws when it does not answer. */
export async function firstAnswer(proxy: RunningProxy): Promise<number> {
  const end = performance.now() + ANSWERS_WITHIN_MS;
  while (performance.now() < end) {
    const reply = await call(proxy, { path: '/api/v1/there-is-no-such-call', from: '127.0.0.1' });
    if (reply?.status === 404) return performance.now() - proxy.startedAt;
    await sleep(5);
  }
  throw new Error(`The proxy did not answer: ${proxy.stderr()}`);
}

function chosen({ sessions, touched }: Ledger, random: Seeded): KnownSession[] {
  const old = sessions.length === 0 ? [] : Array.from({ length: OLD_ONES }, () => random.pick(sessions));
  return [...new Set([...touched, ...old])];
}

/** Looks at each session and visits it, right after the proxy has read its store. */
export async function compare(round: Round, sessions: readonly KnownSession[]): Promise<number> {
  const left = [...sessions];
  const worker = async (): Promise<void> => {
    for (let session = left.pop(); session; session = left.pop()) {
      round.ledger.broken.push(...(await compareOne(round.place, session)));
    }
  };
  await Promise.all(Array.from({ length: COMPARED_AT_ONCE }, worker));
  return sessions.length;
}

async function compareOne(place: Place, session: KnownSession): Promise<string[]> {
  const reply = await look(place, session);
  const found =
    reply?.status === 200
      ? comparePhase(session, sessionOf(reply))
      : [`lost altogether: ${reply ? `${reply.status} ${reply.body.trim()}` : 'no answer'}`];
  const shown = compareVisit(session, await visit(place, session.name, '/where', session.from));
  return [...found, ...shown].map((what) => `${session.name}: ${what}`);
}
