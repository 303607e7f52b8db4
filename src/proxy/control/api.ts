import type { IncomingMessage, ServerResponse } from 'node:http';
import { API_PREFIX, type FeedAnswer, type ReserveAnswer } from '../../satellite/protocol.js';
import { Refusal } from '../registry/refusal.js';
import type { Session } from '../registry/session.js';
import { EVICT, LIST } from './admin.js';
import { answerJson } from './answers.js';
import { readJsonObject } from './body.js';
import { callerAddress } from './caller.js';
import type { ControlDeps } from './control.js';
import { sessionOrigin } from './public-url.js';
import { parseFeed, parseLink, parseRedeem, parseReserve } from './requests.js';
import { carriesSecret } from './secrets.js';
import { isoDate, sessionAnswer } from './session-answer.js';

export interface Answer {
  status: number;
  body?: object;
  /** For the log. */
  facts: Record<string, unknown>;
}

export interface Call {
  deps: ControlDeps;
  request: IncomingMessage;
  /** Of the session in the path; empty where the path has none. */
  name: string;
}

export interface Operation {
  event: string;
  carryOut: (call: Call) => Promise<Answer>;
}

/** Our own protocol (docs/architecture.md). Throws a Refusal for everything that is not carried out. */
export async function answerApi(
  deps: ControlDeps,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const { operation, name } = findOperation(request, response, path);
  const source = callerAddress(request);
  try {
    const { status, body, facts } = await operation.carryOut({ deps, request, name });
    deps.log(operation.event, { kind: 'v1', source, ...facts });
    answerJson(response, status, body);
  } catch (error) {
    const code = error instanceof Refusal ? error.code : 'internal';
    deps.log(operation.event, { kind: 'v1', source, refused: code });
    throw error;
  }
}

const SESSIONS: Record<string, Operation> = {
  GET: LIST,
  POST: { event: 'reserve', carryOut: reserve },
};
const JOBS: Record<string, Operation> = {
  GET: { event: 'wanted', carryOut: wantedJobs },
  PUT: { event: 'feed', carryOut: feed },
};
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
function authorizedSession({ deps, request, name }: Call): Session {
  const session = deps.registry.lookup(name);
  const own = session?.kind === 'v1' ? session : undefined;
  if (carriesSecret(request, own?.secretSha256) && own) return own;
  throw new Refusal('unknown-session', 'There is no session of this name with this secret.');
}

async function reserve({ deps, request }: Call): Promise<Answer> {
  const { session, secret } = await deps.registry.reserve(
    parseReserve(await readJsonObject(request, deps.settings.limits.maxBodySize)),
    callerAddress(request),
  );
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
  const { deps, request } = call;
  const { name } = authorizedSession(call);
  const body = await readJsonObject(request, deps.settings.limits.maxBodySize);
  const { port, endsAt } = parseRedeem(body, deps.clock.now());
  const session = await deps.registry.redeem(name, { address: callerAddress(request), port }, endsAt);
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

function requireFeeder({ deps, request }: Call): void {
  const { feederSecretSha256 } = deps.settings;
  if (feederSecretSha256 === undefined) throw new Refusal('no-such-call', 'No feeder is configured here.');
  if (!carriesSecret(request, feederSecretSha256)) {
    throw new Refusal('bad-secret', "That is not the feeder's secret.");
  }
}

function wantedJobs(call: Call): Promise<Answer> {
  requireFeeder(call);
  const jobs = call.deps.registry.wantedJobs();
  const body: FeedAnswer = { jobs };
  return Promise.resolve({ status: 200, body, facts: { jobs: jobs.length } });
}

async function feed(call: Call): Promise<Answer> {
  requireFeeder(call);
  const { deps, request } = call;
  const jobs = parseFeed(await readJsonObject(request, deps.settings.limits.maxJobsBodySize));
  await deps.registry.reportJobs(jobs);
  return { status: 204, facts: { jobs: jobs.size } };
}
