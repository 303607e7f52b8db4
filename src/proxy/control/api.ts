import type { IncomingMessage, ServerResponse } from 'node:http';
import { API_PREFIX, type ReserveAnswer } from '../../satellite/protocol.js';
import { LimitReached } from '../limiting/limit-reached.js';
import { sessionOrigin } from '../network/origins.js';
import { Refusal } from '../registry/refusal.js';
import type { Session } from '../registry/session.js';
import { EVICT, LIST } from './admin.js';
import { answerJson } from './answers.js';
import { readJsonObject } from './body.js';
import { callerAddress, carriesSecret } from './caller.js';
import type { ControlParts } from './control.js';
import { FEED, WANTED } from './jobs.js';
import { parseEnding, parseLink, parseRedeem, parseReserve } from './requests.js';
import { isoDate, sessionAnswer } from './session-answer.js';
import { refuseTarget } from './targets.js';

export interface Answer {
  status: number;
  body?: object;
  /** For the log. */
  facts: Record<string, unknown>;
}

export interface Call {
  deps: ControlParts;
  request: IncomingMessage;
  /** The caller's address. Asked for once: of a caller who is gone it could not be told. */
  source: string;
  /** Of the session in the path; empty where the path has none. */
  name: string;
  /** For the log when it is refused; of a session only once its secret was shown. */
  known: Record<string, unknown>;
}

export interface Operation {
  event: string;
  carryOut: (call: Call) => Promise<Answer>;
}

/** Our own protocol (docs/architecture.md). Throws a Refusal for everything that is not carried out. */
export async function answerApi(
  deps: ControlParts,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const { operation, name } = findOperation(request, response, path);
  const source = callerAddress(request);
  const known: Call['known'] = {};
  try {
    const { status, body, facts } = await operation.carryOut({ deps, request, source, name, known });
    deps.log(operation.event, { kind: 'v1', source, ...facts });
    answerJson(response, status, body);
  } catch (error) {
    const code = error instanceof Refusal ? error.code : 'internal';
    if (error instanceof LimitReached) deps.log('limit-reached', { limit: error.limit, source });
    else deps.log(operation.event, { kind: 'v1', source, ...known, refused: code });
    throw error;
  }
}

/** By path, NAME being a session's; then by method. */
const OPERATIONS = new Map<string, Record<string, Operation>>([
  ['/sessions', { GET: LIST, POST: { event: 'reserve', carryOut: reserve } }],
  [
    '/sessions/NAME',
    { GET: { event: 'look', carryOut: look }, DELETE: { event: 'destroy', carryOut: destroy } },
  ],
  ['/sessions/NAME/job', { PUT: { event: 'link', carryOut: link } }],
  ['/sessions/NAME/ending', { PUT: { event: 'ending', carryOut: ending } }],
  ['/sessions/NAME/redeem', { POST: { event: 'redeem', carryOut: redeem } }],
  ['/sessions/NAME/evict', { POST: EVICT }],
  ['/jobs', { GET: WANTED, PUT: FEED }],
]);

function findOperation(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): { operation: Operation; name: string } {
  const below = path.startsWith(API_PREFIX) ? path.slice(API_PREFIX.length) : '';
  const name = /^\/sessions\/([^/]+)/.exec(below)?.[1] ?? '';
  const operations = OPERATIONS.get(below.replace(/^(\/sessions\/)[^/]+/, '$1NAME'));
  if (!operations) throw new Refusal('no-such-call', 'There is no such call.');
  const operation = operations[request.method ?? ''];
  if (operation) return { operation, name };
  const allowed = Object.keys(operations).join(', ');
  response.setHeader('allow', allowed);
  throw new Refusal('method-not-allowed', `Here is only ${allowed}.`);
}

/** The session of the path, when the request carries its secret; an unknown name and a wrong secret are answered alike. */
function authorizedSession({ deps, request, source, name, known }: Call): Session {
  const session = deps.registry.lookup(name);
  const own = session?.kind === 'v1' ? session : undefined;
  // The right secret always works: 256 bits are not guessed, at whatever speed.
  if (carriesSecret(request, own?.secretSha256) && own) {
    Object.assign(known, { session: name, job: own.jobId });
    return own;
  }
  deps.callLimits.fail(source);
  throw new Refusal('unknown-session', 'There is no session of this name with this secret.');
}

async function reserve({ deps, request, source }: Call): Promise<Answer> {
  const facts = parseReserve(await readJsonObject(request, deps.settings.limits.maxBodySize));
  deps.callLimits.reserve(source);
  const { session, secret } = await deps.registry.reserve(facts, source);
  if (session.phase !== 'reserved') throw new Error('A new session is not reserved.');
  const body: ReserveAnswer = {
    name: session.name,
    url: `${sessionOrigin(session.name, deps.settings)}/`,
    redeemSecret: secret,
    expiresAt: isoDate(session.expiresAt),
  };
  return { status: 201, body, facts: { session: session.name } };
}

async function redeem(call: Call): Promise<Answer> {
  const { deps, request, source } = call;
  const { name } = authorizedSession(call);
  const body = await readJsonObject(request, deps.settings.limits.maxBodySize);
  const { port, endsAt } = parseRedeem(body, deps.clock.now());
  const backend = { address: source, port };
  call.known['port'] = port;
  const refusal = refuseTarget(backend, deps.settings);
  if (refusal) throw refusal;
  const session = await deps.registry.redeem(name, backend, endsAt);
  return { status: 200, body: sessionAnswer(session), facts: { session: name, port } };
}

async function link(call: Call): Promise<Answer> {
  const { name } = authorizedSession(call);
  const { jobId } = parseLink(await readJsonObject(call.request, call.deps.settings.limits.maxBodySize));
  const session = await call.deps.registry.link(name, jobId);
  return { status: 200, body: sessionAnswer(session), facts: { session: name, job: jobId } };
}

async function ending(call: Call): Promise<Answer> {
  const { deps, request } = call;
  const { name } = authorizedSession(call);
  const body = await readJsonObject(request, deps.settings.limits.maxBodySize);
  const session = await deps.registry.announceEnd(name, parseEnding(body, deps.clock.now()));
  return { status: 200, body: sessionAnswer(session), facts: { session: name } };
}

function look(call: Call): Promise<Answer> {
  const session = authorizedSession(call);
  return Promise.resolve({ status: 200, body: sessionAnswer(session), facts: { session: session.name } });
}

async function destroy(call: Call): Promise<Answer> {
  const { name } = authorizedSession(call);
  await call.deps.registry.end(name, 'destroyed');
  return { status: 204, facts: { session: name } };
}
