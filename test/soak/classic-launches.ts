/** The same for classic sessions: the name is the credential, and what was redeemed ends with the proxy. */
import { call, visit, type Reply } from './calls.js';
import { count, noteName, type Round } from './launches.js';
import type { KnownClassic } from './oracle.js';
import type { Seeded } from './seeded.js';

const asked = (round: Round, path: string, from: string): Promise<Reply> => call(round.place, { path, from });

/** One client, until the round is over. Ports are of plain backends. */
export async function launchClassic(
  round: Round,
  random: Seeded,
  own: KnownClassic[],
  ports: readonly number[],
): Promise<void> {
  while (!round.over()) {
    const session = own.filter(({ ended }) => ended === undefined);
    if (session.length < 3) await begin(round, own, random.pick(ports));
    else await step(round, random, random.pick(session));
  }
}

async function begin(round: Round, own: KnownClassic[], port: number): Promise<void> {
  const from = round.address();
  const reply = await asked(round, '/getlink.cgi', from);
  const name = /^Your token is \n(\S+)\n$/.exec(reply?.body ?? '')?.[1];
  if (name !== undefined) {
    noteName(round.ledger, name);
    own.push({ name, from, port });
  }
  note(round, 'classic reserve', reply, name !== undefined);
}

async function step(round: Round, random: Seeded, session: KnownClassic): Promise<void> {
  if (session.redeemed === undefined) {
    session.redeemed = 'open';
    const reply = await redeemClassic(round, session);
    if (note(round, 'classic redeem', reply, reply?.body === 'Success!\n')) session.redeemed = 'promised';
  } else if (session.redeemed === 'promised' && random.next() < 0.3) {
    session.ended = 'open';
    const reply = await asked(round, `/destroytoken.cgi?token=${session.name}`, session.from);
    const done = reply?.body === 'Success! Token destroyed.\n';
    if (note(round, 'classic destroy', reply, done)) session.ended = 'promised';
  } else {
    count(round.ledger, 'classic visit');
    await visit(round.place, session.name, '/where', session.from);
  }
}

function redeemClassic(round: Round, { name, port, from }: KnownClassic): Promise<Reply> {
  return asked(round, `/redeemtoken.cgi?token=${name}&port=${port}`, from);
}

function note(round: Round, what: string, reply: Reply, done: boolean): boolean {
  const { ledger, over } = round;
  if (done || (!reply && over())) count(ledger, `${what} ${done ? 'promised' : 'open'}`);
  else ledger.broken.push(`${what}: ${reply ? reply.body.trim() : 'no answer, and no crash'}`);
  return done;
}

/**
 * After a restart: nothing is served that was redeemed or ended, and what was only reserved can be redeemed still. What is
 * over is taken from `own`. Returns how many reservations were redeemed after a restart.
 */
export async function compareClassic(round: Round, own: KnownClassic[]): Promise<number> {
  let survived = 0;
  for (const session of own.splice(0)) {
    const wrong = (what: string): void => void round.ledger.broken.push(`classic ${session.name}: ${what}`);
    const mayBeOver = session.redeemed !== undefined || session.ended !== undefined;
    const seen = await visit(round.place, session.name, '/where', session.from);
    if (!seen?.byProxy) wrong(`after a restart a visit shows ${seen ? seen.body : 'nothing'}`);
    const reply = await redeemClassic(round, session);
    const redeemedNow = reply?.body === 'Success!\n';
    if (redeemedNow && (session.redeemed === 'promised' || session.ended === 'promised')) {
      wrong('it could be redeemed a second time');
    }
    if (!redeemedNow && !mayBeOver) wrong(`its reservation was lost: ${reply?.body.trim() ?? 'no answer'}`);
    if (!redeemedNow) continue;
    survived++;
    own.push({ ...session, redeemed: 'promised', ended: undefined });
  }
  return survived;
}
