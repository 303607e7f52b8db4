/** The launcher's side of both protocols: our own (/api/v1) and the classic CGIs, behind one interface. */
import type { StartJupyterError } from '../errors.js';
import { delayedAbort } from '../platform/delayed-abort.js';
import { httpsRequest, type HttpsAnswer, type HttpsRequest } from '../platform/https.js';
import {
  API_HEADER,
  API_PREFIX,
  NAME_PATTERN,
  manageHost,
  type ApiError,
  type ApiErrorCode,
  type EndingRequest,
  type ReserveAnswer,
  type ReserveRequest,
  type SessionAnswer,
} from './protocol.js';
import { interrupted } from '../words/interrupted.js';
import {
  BAD_RESERVATION,
  BAD_SESSION,
  classicProxy,
  proxyFailed,
  proxyRefused,
  unintelligibleProxy,
} from '../words/proxy-answers.js';

/** Where a service is and how its certificate is checked. */
export interface Endpoint {
  /** The service's base name: sessions are `NAME.DOMAIN`, control is `manage.DOMAIN`. */
  domain: string;
  port: number;
  /** `auto` tries our own protocol and takes a definite "not here" for a classic service. */
  protocol: 'auto' | 'v1' | 'classic';
  /** PEM; absent: the roots that Node trusts. */
  ca?: string;
}

/** A name that is taken at the service. */
export interface Reservation {
  protocol: 'v1' | 'classic';
  name: string;
  /** `https://NAME.DOMAIN[:PORT]/` */
  url: string;
  /** Own protocol only; in the classic one the name itself is the credential. */
  redeemSecret?: string;
}

export interface SatelliteClient {
  /** Takes a name. Safe to abort: the request is given a moment to end, so that a name taken is known. */
  reserve(request: ReserveRequest, signal?: AbortSignal): Promise<Reservation>;
  /** Tells the service which job the name is for. */
  link(reservation: Reservation, jobId: string, signal?: AbortSignal): Promise<void>;
  /** What our own protocol's service says of the session; undefined: it does not know it. */
  look(reservation: Reservation, signal?: AbortSignal): Promise<SessionAnswer | undefined>;
  /** Tells our own protocol's service that the session ends later; an older one cannot be told, and that is no error. */
  putOff(reservation: Reservation, endsAt: Date, signal?: AbortSignal): Promise<void>;
  /** Gives the name back; one that is gone already is fine. */
  giveBack(reservation: Reservation): Promise<void>;
}

const TIMEOUT_MS = 15_000;
/** Giving back happens while a person waits for Ctrl-C to take effect. */
const GIVE_BACK_TIMEOUT_MS = 5_000;
/** So is looking; what the scheduler says is shown all the same. */
const LOOK_TIMEOUT_MS = 5_000;
/** How long an aborted reservation may still take to answer. */
const ABORT_GRACE_MS = 3_000;
/** Of what somebody else says, in a message. */
const SHOWN_CHARACTERS = 400;

/** Longer ids are refused (JOB_ID_PATTERN; linktoken.cgi). */
const OWN_ID_CHARACTERS = 64;
const CLASSIC_ID_CHARACTERS = 47;

export function createSatelliteClient(endpoint: Endpoint): SatelliteClient {
  const host = manageHost(endpoint.domain);
  const base = new URL(`https://${host}:${endpoint.port}`);

  const call = (
    method: HttpsRequest['method'],
    path: string,
    facts: { body?: unknown; secret?: string; timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<HttpsAnswer> =>
    httpsRequest({
      method,
      url: new URL(path, base),
      timeoutMs: facts.timeoutMs ?? TIMEOUT_MS,
      headers: {
        ...(facts.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(facts.secret === undefined ? {} : { authorization: `Bearer ${facts.secret}` }),
      },
      ...(facts.body === undefined ? {} : { body: JSON.stringify(facts.body) }),
      ...(endpoint.ca === undefined ? {} : { ca: endpoint.ca }),
      ...(facts.signal === undefined ? {} : { signal: facts.signal }),
    });

  const reserveClassic = async (signal: AbortSignal): Promise<Reservation> => {
    const answer = await call('GET', '/getlink.cgi', { signal });
    const name = /^Your token is \n([a-z-]+)\n$/.exec(answer.body)?.[1];
    if (answer.status !== 200 || name === undefined || !NAME_PATTERN.test(name)) throw refusal(host, answer);
    const port = endpoint.port === 443 ? '' : `:${endpoint.port}`;
    return { protocol: 'classic', name, url: `https://${name}.${endpoint.domain}${port}/` };
  };

  return {
    async reserve(request, signal) {
      using patient = delayedAbort(signal, ABORT_GRACE_MS);
      // Awaited in here: on the way out the grace is over.
      if (endpoint.protocol === 'classic') return await reserveClassic(patient.signal);
      const answer = await call('POST', `${API_PREFIX}/sessions`, { body: request, signal: patient.signal });
      if (answer.status === 404 && answer.headers[API_HEADER] === undefined) {
        if (endpoint.protocol === 'v1') throw classicProxy(host);
        if (signal?.aborted) throw interrupted();
        return await reserveClassic(patient.signal);
      }
      if (answer.status !== 201) throw refusal(host, answer);
      return reservationOf(answer, host, endpoint.domain);
    },

    async link(reservation, jobId, signal) {
      const during = signal ? { signal } : {};
      if (reservation.protocol === 'classic') {
        const jobid = linkable(jobId, CLASSIC_ID_CHARACTERS);
        const parameters = new URLSearchParams({ token: reservation.name, jobid });
        const answer = await call('GET', `/linktoken.cgi?${parameters.toString()}`, during);
        if (answer.body !== 'Success! Token linked to jobid.\n') throw refusal(host, answer);
        return;
      }
      const answer = await call('PUT', `${API_PREFIX}/sessions/${reservation.name}/job`, {
        body: { jobId: linkable(jobId, OWN_ID_CHARACTERS) },
        ...secretOf(reservation),
        ...during,
      });
      if (answer.status !== 200) throw refusal(host, answer);
    },

    async look(reservation, signal) {
      const answer = await call('GET', `${API_PREFIX}/sessions/${reservation.name}`, {
        timeoutMs: LOOK_TIMEOUT_MS,
        ...secretOf(reservation),
        ...(signal ? { signal } : {}),
      });
      // The header: a 404 of something else that answers there says nothing.
      if (answer.status === 404 && answer.headers[API_HEADER] !== undefined) return undefined;
      if (answer.status !== 200) throw refusal(host, answer);
      return sessionAnswerOf(answer, host, reservation.name);
    },

    async putOff(reservation, endsAt, signal) {
      if (reservation.protocol === 'classic') return;
      const body: EndingRequest = { endsAt: endsAt.toISOString(), near: false };
      const answer = await call('PUT', `${API_PREFIX}/sessions/${reservation.name}/ending`, {
        body,
        timeoutMs: LOOK_TIMEOUT_MS,
        ...secretOf(reservation),
        ...(signal ? { signal } : {}),
      });
      const expected: ApiErrorCode = 'no-such-call';
      const error = parseJson(answer.body) as Partial<ApiError> | null | undefined;
      if (answer.status === 404 && answer.headers[API_HEADER] !== undefined && error?.code === expected)
        return;
      if (answer.status !== 200) throw refusal(host, answer);
    },

    async giveBack(reservation) {
      if (reservation.protocol === 'classic') {
        const path = `/destroytoken.cgi?token=${reservation.name}`;
        const answer = await call('GET', path, { timeoutMs: GIVE_BACK_TIMEOUT_MS });
        const gone = /^Success! |^Oops! Unknown nonce or nonce already destroyed/.test(answer.body);
        if (!gone) throw refusal(host, answer);
        return;
      }
      const answer = await call('DELETE', `${API_PREFIX}/sessions/${reservation.name}`, {
        timeoutMs: GIVE_BACK_TIMEOUT_MS,
        ...secretOf(reservation),
      });
      if (answer.status !== 204 && answer.status !== 404) throw refusal(host, answer);
    },
  };
}

/** `123.server.example.org`: a server may have a long name, and the feeder knows the job by its number as well. */
function linkable(jobId: string, most: number): string {
  return jobId.length <= most ? jobId : jobId.replace(/\..*$/, '');
}

function secretOf(reservation: Reservation): { secret?: string } {
  return reservation.redeemSecret === undefined ? {} : { secret: reservation.redeemSecret };
}

/** Checks what the service says: nothing of it is used before it has the form that it must have. */
function reservationOf(answer: HttpsAnswer, host: string, domain: string): Reservation {
  const said = parseJson(answer.body) as Partial<ReserveAnswer> | undefined;
  const { name, url, redeemSecret } = said ?? {};
  if (typeof name === 'string' && typeof url === 'string' && typeof redeemSecret === 'string') {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    const right = parsed?.protocol === 'https:' && parsed.hostname === `${name}.${domain}`;
    // Nothing but a port beside the host: a path goes behind it.
    const bare = parsed?.href === `${parsed?.origin}/`;
    if (NAME_PATTERN.test(name) && right && bare && /^[\w-]{20,200}$/.test(redeemSecret)) {
      return { protocol: 'v1', name, url: parsed.href, redeemSecret };
    }
  }
  throw unintelligibleProxy(host, BAD_RESERVATION);
}

function sessionAnswerOf(answer: HttpsAnswer, host: string, name: string): SessionAnswer {
  const said = parseJson(answer.body) as Partial<SessionAnswer> | null | undefined;
  if (said?.name === name && /^(reserved|ready|ended)$/.test(String(said.phase)))
    return said as SessionAnswer;
  throw unintelligibleProxy(host, BAD_SESSION);
}

/** An answer that is not a success, in the service's own words. */
export function refusal(host: string, answer: HttpsAnswer): StartJupyterError {
  const words = ownWords(answer);
  if (words !== undefined) return proxyRefused(host, words);
  const { status, body } = answer;
  if (status >= 500 || status === 429) return proxyFailed(host, status, body.slice(0, SHOWN_CHARACTERS));
  // What it says to a success may hold the secret of a name.
  const detail = status < 300 ? {} : { detail: body.slice(0, SHOWN_CHARACTERS) };
  return unintelligibleProxy(host, `HTTP status ${status}`, detail);
}

/** `Oops!` is how a classic service begins what it refuses; our own says it in JSON. */
function ownWords({ body, headers }: HttpsAnswer): string | undefined {
  const oops = /^Oops! (.*)/s.exec(body)?.[1];
  const ours = headers[API_HEADER] === undefined ? undefined : (parseJson(body) as Partial<ApiError> | null);
  const words: unknown = oops ?? ours?.message;
  return typeof words === 'string' ? words.trim().slice(0, SHOWN_CHARACTERS) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
