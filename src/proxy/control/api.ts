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
import { parseLink, parseRedeem, parseReserve } from './requests.js';
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

const SESSIONS: Record<string, Operation> = {
  GET: LIST,
  POST: { event: 'reserve', carryOut: reserve },
};
const JOBS: Record<string, Operation> = { GET: WANTED, PUT: FEED };
const SESSION: Record<string, Operation> = {
  GET: { event: 'look', carryOut: look },
  DELETE: { event: 'destroy', carryOut: destroy },
};
const JOB: Record<string, Operation> = { PUT: { event: 'link', carryOut: link } };
const REDEEM: Record<string, Operation> = { POST: { event: 'redeem', carryOut: redeem } };
const EVICTION: Record<string, Operation> = { POST: EVICT };

const OPERATIONS: Record<string, Record<string, Operation>> = {
  '': SESSION,
  '/job': JOB,
  '/redeem': REDEEM,
  '/evict': EVICTION,
};

function findOperation(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): { operation: Operation; name: string } {
  const { operations, name = '' } = findOperations(path);
  if (!operations) throw new Refusal('no-such-call', 'There is no such call.');
  const operation = operations[request.method ?? ''];
  if (operation) return { operation, name };
  const allowed = Object.keys(operations).join(', ');
  response.setHeader('allow', allowed);
  throw new Refusal('method-not-allowed', `Here is only ${allowed}.`);
}

function findOperations(path: string): { operations?: Record<string, Operation>; name?: string } {
  if (path === `${API_PREFIX}/sessions`) return { operations: SESSIONS };
  if (path === `${API_PREFIX}/jobs`) return { operations: JOBS };
  const [, prefix, name, what = ''] = /^(.*)\/sessions\/([^/]+)(\/redeem|\/job|\/evict)?$/.exec(path) ?? [];
  if (prefix !== API_PREFIX || name === undefined) return {};
  return { operations: OPERATIONS[what], name };
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

function look(call: Call): Promise<Answer> {
  const session = authorizedSession(call);
  return Promise.resolve({ status: 200, body: sessionAnswer(session), facts: { session: session.name } });
}

async function destroy(call: Call): Promise<Answer> {
  const { name } = authorizedSession(call);
  await call.deps.registry.end(name, 'destroyed');
  return { status: 204, facts: { session: name } };
}
