/** Clients that reserve, link, redeem, visit and destroy, and note what they were promised (oracle.ts). */
import type { ReserveAnswer } from '../../src/satellite/protocol.js';
import { until } from '../e2e/bed/processes.js';
import { change, destroy, look, reserve, sessionOf, visit, type Reply } from './calls.js';
import { compareVisit, type Certainty, type KnownSession, type Mapping } from './oracle.js';
import type { Place } from './proxy-home.js';
import type { Seeded } from './seeded.js';

const ANSWERED_WITHIN_MS = 60_000;

export interface Ledger {
  sessions: KnownSession[];
  /** Not compared since they were last changed. */
  touched: Set<KnownSession>;
  /** Every name that was ever given, of either protocol. */
  names: Set<string>;
  /** Calls by name and outcome: `redeem promised`, `redeem open`, `redeem cannot-store`. */
  counts: Map<string, number>;
  /** Broken promises, in words. */
  broken: string[];
}

export function emptyLedger(): Ledger {
  return { sessions: [], touched: new Set(), names: new Set(), counts: new Map(), broken: [] };
}

export interface Round {
  place: Place;
  ledger: Ledger;
  /** The proxy was killed, or is about to be: calls may stay unanswered, and no new one is made. */
  over: () => boolean;
  /** Whether the store may refuse (503 `cannot-store`). */
  storeMayRefuse: boolean;
  certificateSha256: string;
  ports: readonly number[];
  /** The caller's own address, another one each time. */
  address: () => string;
}

export function count({ counts }: Ledger, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

/** Resolves when so many more calls were answered: a moment that does not hang on the machine's speed. */
export async function answered({ counts }: Ledger, more: number): Promise<void> {
  const answers = (): number =>
    [...counts].reduce((sum, [what, number]) => sum + (what.endsWith(' open') ? 0 : number), 0);
  const wanted = answers() + more;
  const done = await until(() => (answers() >= wanted ? true : undefined), ANSWERED_WITHIN_MS, 1);
  if (!done) throw new Error(`${more} calls were not answered within ${ANSWERED_WITHIN_MS} ms`);
}

/** Notes a name that was given; one that was given before is a broken promise. */
export function noteName({ names, broken }: Ledger, name: string): void {
  if (names.has(name)) broken.push(`${name} was given twice`);
  names.add(name);
}

/** One client, until the round is over: new sessions, and the next step of one of its own. */
export async function launchAgainAndAgain(round: Round, random: Seeded, own: KnownSession[]): Promise<void> {
  while (!round.over()) {
    const session = own.length > 0 && random.next() < 0.75 ? random.pick(own) : undefined;
    if (session) await step(round, random, session);
    else await begin(round, own);
    const done = own.findIndex((known) => known.end === 'promised');
    if (done >= 0) own.splice(done, 1);
    // What stays alive is compared after every crash, and has no more steps.
    if (own.length > 6) own.shift();
  }
}

async function begin(round: Round, own: KnownSession[]): Promise<void> {
  const from = round.address();
  const reply = await reserve(round.place, from, round.certificateSha256);
  const outcome = judge(round, 'reserve', reply, 201);
  if (outcome !== 'promised' || !reply) return;
  const { name, redeemSecret } = JSON.parse(reply.body) as ReserveAnswer;
  noteName(round.ledger, name);
  const session = { name, secret: redeemSecret, from };
  own.push(session);
  round.ledger.sessions.push(session);
  round.ledger.touched.add(session);
}

async function step(round: Round, random: Seeded, session: KnownSession): Promise<void> {
  round.ledger.touched.add(session);
  switch (random.pick(['link', 'redeem', 'redeem', 'visit', 'look', 'destroy'] as const)) {
    case 'link':
      return link(round, session, session.job?.value ?? `${random.below(1e9)}`);
    case 'redeem':
      return redeem(round, session, session.mapping?.value ?? newMapping(round, random));
    case 'visit':
      return visitOnce(round, session);
    case 'look':
      return lookOnce(round, session);
    case 'destroy':
      return destroyOnce(round, session);
  }
}

function newMapping({ ports }: Round, random: Seeded): Mapping {
  const endsAt = new Date(Date.now() + 3_600_000 + random.below(1e7)).toISOString();
  return { port: random.pick(ports), endsAt };
}

// A step on a session whose end is open would be refused or not: only looking and destroying are sure.
const mayEnd = (session: KnownSession): boolean => session.end !== undefined;

async function link(round: Round, session: KnownSession, value: string): Promise<void> {
  if (mayEnd(session)) return;
  const before = session.job;
  session.job = { value, certainty: before?.certainty ?? 'open' };
  const outcome = judge(round, 'link', await change(round.place, session, 'job', { jobId: value }), 200);
  if (outcome === 'promised') session.job = { value, certainty: 'promised' };
}

async function redeem(round: Round, session: KnownSession, value: Mapping): Promise<void> {
  if (mayEnd(session)) return;
  session.mapping ??= { value, certainty: 'open' };
  const outcome = judge(round, 'redeem', await change(round.place, session, 'redeem', value), 200);
  if (outcome === 'promised') session.mapping = { value, certainty: 'promised' };
}

async function destroyOnce(round: Round, session: KnownSession): Promise<void> {
  session.end ??= 'open';
  const outcome = judge(round, 'destroy', await destroy(round.place, session), 204);
  if (outcome === 'promised') session.end = 'promised';
}

async function visitOnce(round: Round, session: KnownSession): Promise<void> {
  const reply = await visit(round.place, session.name, '/where', session.from);
  if (!reply && round.over()) return;
  count(round.ledger, 'visit');
  round.ledger.broken.push(...compareVisit(session, reply).map((what) => `${session.name}: ${what}`));
}

async function lookOnce(round: Round, session: KnownSession): Promise<void> {
  const reply = await look(round.place, session);
  if (judge(round, 'look', reply, 200) !== 'promised' || !reply) return;
  const { phase } = sessionOf(reply);
  const wrong =
    session.end === 'promised' ? phase !== 'ended' : phase === 'ended' && session.end === undefined;
  if (wrong) round.ledger.broken.push(`${session.name}: ${phase} while its client knows better`);
}

/** What an answer promises. One that is neither what was asked for nor allowed to fail is a broken promise as well. */
export function judge(round: Round, what: string, reply: Reply, right: number): Certainty | 'refused' {
  const { ledger, over, storeMayRefuse } = round;
  if (reply?.status === right) {
    count(ledger, `${what} promised`);
    return 'promised';
  }
  if (!reply && over()) {
    count(ledger, `${what} open`);
    return 'open';
  }
  if (reply?.status === 503 && reply.body.includes('"cannot-store"') && storeMayRefuse) {
    count(ledger, `${what} cannot-store`);
    return 'open';
  }
  ledger.broken.push(
    `${what}: ${reply ? `${reply.status} ${reply.body.trim()}` : 'no answer, and no crash'}`,
  );
  return 'refused';
}
