/**
 * What a client knows of its session: the answers it got are promises, the calls that stayed without an answer may have
 * been carried out or not. Says what of the proxy's later words breaks a promise.
 */
import type { SessionAnswer } from '../../src/satellite/protocol.js';
import type { Named, Reply } from './calls.js';

/** `promised`: it was answered. `open`: it was asked and not answered, so both are right until it is seen. */
export type Certainty = 'promised' | 'open';

export interface Told<T> {
  value: T;
  certainty: Certainty;
}

export interface Mapping {
  port: number;
  /** ISO 8601. */
  endsAt: string;
}

/** A session of our own protocol. */
export interface KnownSession extends Named {
  job?: Told<string>;
  mapping?: Told<Mapping>;
  end?: Certainty;
}

/** What `GET /api/v1/sessions/NAME` must say and does not. With what is right `known` becomes certain. */
export function comparePhase(known: KnownSession, seen: SessionAnswer): string[] {
  const broken: string[] = [];
  if (known.end === 'promised' && seen.phase !== 'ended') broken.push(`its end was undone: ${seen.phase}`);
  if (known.end === undefined && seen.phase === 'ended') {
    broken.push(`it ended and nobody asked: ${seen.cause ?? ''}`);
  }
  if (known.job?.certainty === 'promised' && seen.jobId !== known.job.value) broken.push('its job was lost');
  if (seen.jobId !== undefined && seen.jobId !== known.job?.value)
    broken.push(`a job nobody linked: ${seen.jobId}`);
  if (seen.phase !== 'ended') broken.push(...compareMapping(known, seen));
  if (broken.length === 0) settle(known, seen);
  return broken;
}

function compareMapping({ mapping }: KnownSession, seen: SessionAnswer): string[] {
  if (seen.phase === 'reserved') return mapping?.certainty === 'promised' ? ['its mapping was lost'] : [];
  if (!mapping) return ['it is ready and nobody redeemed it'];
  if (Date.parse(seen.expiresAt ?? '') === Date.parse(mapping.value.endsAt)) return [];
  return [`its end of time moved from ${mapping.value.endsAt} to ${seen.expiresAt ?? 'none'}`];
}

/** Only for what a proxy says that has just read its store: what it says later may not be on disk yet. */
function settle(known: KnownSession, seen: SessionAnswer): void {
  known.end = seen.phase === 'ended' ? 'promised' : undefined;
  known.job = seen.jobId === undefined ? undefined : { value: seen.jobId, certainty: 'promised' };
  if (seen.phase === 'ended') return;
  known.mapping =
    seen.phase === 'ready' && known.mapping ? { ...known.mapping, certainty: 'promised' } : undefined;
}

/** What a visit must show and does not. `where`: the backend says its own address and port. */
export function compareVisit(known: KnownSession, seen: Reply): string[] {
  if (!seen) return ['a visit was not answered'];
  const { mapping, end } = known;
  if (end === 'promised') return seen.byProxy ? [] : ['it is served after its end'];
  if (seen.byProxy) {
    return mapping?.certainty === 'promised' && end === undefined ? [`not served: ${seen.status}`] : [];
  }
  const where = mapping && `${known.from}:${mapping.value.port}`;
  return seen.body === where ? [] : [`mapped to ${seen.body} in place of ${where ?? 'nothing'}`];
}

/** A session of the classic protocol, where the name is the credential and a restart ends what was redeemed. */
export interface KnownClassic {
  name: string;
  from: string;
  port: number;
  redeemed?: Certainty;
  ended?: Certainty;
}
