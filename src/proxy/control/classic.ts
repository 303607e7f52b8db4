/**
 * The endpoints of the original "Satellite" service, as its deployed clients know them: errors are "Oops! ..." with
 * status 200, checks come in the original's order, and every word and line break counts.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MAX_PORT, MIN_PORT } from '../../satellite/protocol.js';
import { LimitReached } from '../limiting/limit-reached.js';
import { Refusal } from '../registry/refusal.js';
import type { Session } from '../registry/session.js';
import { isRedeemed } from '../registry/transitions.js';
import { answerClassic } from './answers.js';
import { Oops, readParameter, requireMethod, requireParameter } from './classic-parameters.js';
import type { ControlParts } from './control.js';
import { refuseTarget } from './targets.js';

export interface ClassicCall {
  deps: ControlParts;
  request: IncomingMessage;
  response: ServerResponse;
  /** The caller's address. */
  source: string;
}

interface Success {
  body: string;
  type: 'text/plain' | 'text/html';
  /** For the log; without the name of a session that was not redeemed yet: there the name is the credential. */
  facts: Record<string, unknown>;
}

/** Answers a classic call and logs it; only what is a bug is thrown. */
export async function answerEndpoint(
  event: string,
  endpoint: (call: ClassicCall) => Promise<Success>,
  call: ClassicCall,
): Promise<void> {
  const { response, source } = call;
  const { log } = call.deps;
  try {
    const { body, type, facts } = await endpoint(call);
    log(event, { kind: 'classic', source, ...facts });
    answerClassic(response, body, type);
  } catch (error) {
    if (!(error instanceof Oops) && !(error instanceof Refusal)) throw error;
    logRefusal(call, event, error);
    answerClassic(response, `Oops! ${error.message}\n`);
  }
}

/** What strangers are told is one kind of event, whatever it is: they can cause it at will. */
function logRefusal({ deps, source }: ClassicCall, event: string, refusal: Oops | Refusal): void {
  const { log, settings } = deps;
  const known = settings.trustedNetworks.includes(source) || settings.jobStateSources?.includes(source);
  if (refusal instanceof LimitReached) log('limit-reached', { limit: refusal.limit, source });
  else if (known) log(event, { kind: 'classic', source, refused: refusal.message });
  else log('untrusted-call', { kind: 'classic', source, refused: 'outside-trusted-networks' });
}

function requireTrusted({ deps, source }: ClassicCall, from: string): void {
  const { trustedNetworks } = deps.settings;
  if (trustedNetworks.includes(source)) return;
  throw new Oops(`Client (your) IP not in range ${trustedNetworks.text}, please try from ${from}.`);
}

/** The session a name is the credential of. One of our own protocol is as unknown here as one that ended. */
function requireSession({ deps, source }: ClassicCall, name: string, otherwise: string): Session {
  deps.callLimits.refuseGuesser(source);
  const session = deps.registry.lookup(name);
  if (session?.kind !== 'classic') deps.callLimits.fail(source);
  // One that has ended was not guessed: jobs give their names back when Jupyter is gone already.
  else if (session.phase !== 'ended') return session;
  throw new Oops(otherwise);
}

/** Runs a change; when the registry does not carry it out because of the session's state, says so in classic words. */
async function change(task: Promise<Session>, otherwise: string): Promise<Session> {
  return task.catch((error: unknown) => {
    throw error instanceof Refusal && error.code !== 'cannot-store' ? new Oops(otherwise) : error;
  });
}

export async function getLink(call: ClassicCall): Promise<Success> {
  requireTrusted(call, 'within the cluster');
  call.deps.callLimits.reserve(call.source);
  const { name } = await call.deps.registry.reserveClassic(call.source).catch((error: unknown) => {
    throw error instanceof LimitReached ? error : new Oops('Problem generating unique URL. Sorry!');
  });
  return { body: `Your token is \n${name}\n`, type: 'text/plain', facts: {} };
}

const UNKNOWN_OR_USED = 'Unknown nonce or nonce already used';
const UNKNOWN_OR_DESTROYED = 'Unknown nonce or nonce already destroyed';

export async function redeemToken(call: ClassicCall): Promise<Success> {
  requireMethod(call.request, 'GET');
  const token = requireParameter(call.request, 'token');
  const port = parsePort(requireParameter(call.request, 'port'));
  requireTrusted(call, 'the compute node running your service');
  const { name } = requireSession(call, token, UNKNOWN_OR_USED);
  const backend = { address: call.source, port };
  const refusal = refuseTarget(backend, call.deps.settings);
  if (refusal) throw refusal;
  await change(call.deps.registry.redeemClassic(name, backend), UNKNOWN_OR_USED);
  return { body: 'Success!\n', type: 'text/html', facts: { session: name, port } };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^[0-9]{4,5}$/.test(text) && port >= MIN_PORT && port <= MAX_PORT) return port;
  throw new Oops("'port' parameter isn't an integer between 1024 and 65535");
}

const JOB_ID_LENGTH_LIMIT = 48;

export async function linkToken(call: ClassicCall): Promise<Success> {
  requireMethod(call.request, 'GET');
  const token = requireParameter(call.request, 'token');
  const job = (readParameter(call.request, 'jobid') ?? '').replace(/[^-A-Za-z0-9._]/g, '');
  if (job === '' || job === '0' || job.length >= JOB_ID_LENGTH_LIMIT) {
    throw new Oops("Missing 'jobid' parameter");
  }
  requireTrusted(call, 'within the cluster');
  const session = requireSession(call, token, UNKNOWN_OR_DESTROYED);
  const linked = 'Nonce already linked to a jobid, you can do this only once!';
  if (session.jobId !== undefined) throw new Oops(linked);
  await change(call.deps.registry.link(session.name, job), linked);
  const facts = { job, ...(isRedeemed(session) && { session: session.name }) };
  return { body: 'Success! Token linked to jobid.\n', type: 'text/html', facts };
}

export async function destroyToken(call: ClassicCall): Promise<Success> {
  requireMethod(call.request, 'GET');
  const token = requireParameter(call.request, 'token');
  requireTrusted(call, 'within the cluster');
  const session = requireSession(call, token, UNKNOWN_OR_DESTROYED);
  if (isRedeemed(session) && session.backend.address !== call.source) {
    throw new Oops('Nonce must be destroyed from host it was redeemed on');
  }
  await change(call.deps.registry.end(session.name, 'destroyed'), UNKNOWN_OR_DESTROYED);
  return { body: 'Success! Token destroyed.\n', type: 'text/html', facts: { session: session.name } };
}
