/** The administrator's calls: which sessions there are, and ending one. */
import { API_PREFIX, type SessionFacts, type SessionsAnswer } from '../../satellite/protocol.js';
import { placeText } from '../network/addresses.js';
import { Refusal } from '../registry/refusal.js';
import type { Session } from '../registry/session.js';
import type { Answer, Call, Operation } from './api.js';
import { carriesSecret } from './caller.js';
import { isoDate } from './session-answer.js';

export const LIST: Operation = { event: 'list', carryOut: list };
export const EVICT: Operation = { event: 'evict', carryOut: evict };

/** These may also be called on the proxy's own machine, which need not be in the trusted networks. */
export function isAdministratorsCall(method: string | undefined, path: string): boolean {
  if (path === `${API_PREFIX}/sessions`) return method === 'GET';
  return path.startsWith(`${API_PREFIX}/sessions/`) && path.endsWith('/evict');
}

function requireAdministrator({ deps, request, source }: Call): void {
  const { adminTokenSha256 } = deps.settings;
  if (adminTokenSha256 === undefined) {
    throw new Refusal('no-such-call', 'No administrator is configured here (admin_token_file).');
  }
  if (carriesSecret(request, adminTokenSha256)) return;
  deps.callLimits.fail(source);
  throw new Refusal('bad-secret', "That is not the administrator's token.");
}

function list(call: Call): Promise<Answer> {
  requireAdministrator(call);
  const { registry, connectionsOf } = call.deps;
  const sessions = [...registry.live()].flatMap((session) => factsOf(session, connectionsOf(session.name)));
  const body: SessionsAnswer = { sessions };
  return Promise.resolve({ status: 200, body, facts: { sessions: sessions.length } });
}

function factsOf(session: Session, connections: number): SessionFacts[] {
  if (session.phase === 'ended') return [];
  const { name, kind, phase, source, jobId } = session;
  return [
    {
      ...{ name, kind, phase, source, jobId, connections },
      createdAt: isoDate(session.createdAt),
      expiresAt: isoDate(phase === 'reserved' ? session.expiresAt : session.endsAt),
      ...(phase !== 'reserved' && { backend: placeText(session.backend) }),
    },
  ];
}

async function evict(call: Call): Promise<Answer> {
  requireAdministrator(call);
  const { registry } = call.deps;
  const session = registry.lookup(call.name);
  if (!session) throw new Refusal('unknown-session', 'There is no session of this name.');
  await registry.end(session.name, 'evicted');
  return { status: 204, facts: { session: session.name } };
}
