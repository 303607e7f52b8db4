/** Calls to the proxy from any loopback address. An unanswered call is a value: what happened then cannot be told. */
import { request } from 'node:https';
import {
  manageHost,
  PAGE_HEADER,
  sha256Hex,
  viewerKey,
  type ReserveAnswer,
  type SessionAnswer,
} from '../../src/satellite/protocol.js';
import type { Place } from './proxy-home.js';

export interface Answer {
  status: number;
  body: string;
  /** It is the proxy's own page and not a backend's answer. */
  byProxy: boolean;
}

export interface Asked {
  method?: string;
  path: string;
  body?: object;
  secret?: string;
  /** The caller's own address. */
  from: string;
}

/** Undefined: no whole answer came. */
export type Reply = Answer | undefined;

const LIMIT_MS = 30_000;

/** Asks control. */
export function call(place: Place, asked: Asked): Promise<Reply> {
  return ask(place, manageHost(place.domain), asked);
}

/** Asks a session, as a browser does. */
export function visit(place: Place, name: string, path: string, from: string): Promise<Reply> {
  return ask(place, `${name}.${place.domain}`, { path, from });
}

function ask(
  place: Place,
  host: string,
  { method = 'GET', path, body, secret, from }: Asked,
): Promise<Reply> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve) => {
    const nothing = (): void => resolve(undefined);
    const sent = request(
      {
        ...{ host: '127.0.0.1', port: place.port, servername: host, localAddress: from, agent: false },
        ...{ secureContext: place.secureContext, method, path, timeout: LIMIT_MS },
        headers: {
          host: `${host}:${place.port}`,
          ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
          ...(text !== undefined && { 'content-type': 'application/json', 'content-length': text.length }),
        },
      },
      (answer) => {
        let received = '';
        answer.setEncoding('utf8').on('data', (piece: string) => (received += piece));
        answer.on('error', nothing).on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            body: received,
            byProxy: answer.headers[PAGE_HEADER] !== undefined,
          }),
        );
      },
    );
    sent.on('timeout', () => sent.destroy()).on('error', nothing);
    sent.end(text);
  });
}

/** Every soak session has the same token. */
export const TOKEN = 'soak';

/** Our own protocol, call by call. `certificateSha256` absent: a plain backend. */
export function reserve(place: Place, from: string, certificateSha256?: string): Promise<Reply> {
  const body = { viewerKeySha256: sha256Hex(viewerKey(TOKEN)), certificateSha256 };
  return call(place, { method: 'POST', path: '/api/v1/sessions', body, from });
}

export function change(place: Place, session: Named, what: 'redeem' | 'job', body: object): Promise<Reply> {
  const path = `/api/v1/sessions/${session.name}/${what}`;
  return call(place, { method: what === 'job' ? 'PUT' : 'POST', path, body, ...session });
}

export function look(place: Place, session: Named): Promise<Reply> {
  return call(place, { path: `/api/v1/sessions/${session.name}`, ...session });
}

export function destroy(place: Place, session: Named): Promise<Reply> {
  return call(place, { method: 'DELETE', path: `/api/v1/sessions/${session.name}`, ...session });
}

/** Who asks, and for which session. */
export interface Named {
  name: string;
  secret: string;
  from: string;
}

/** A session that is served. Throws when a step is not answered as it should be. */
export async function readySession(
  place: Place,
  from: string,
  port: number,
  certificateSha256?: string,
): Promise<Named> {
  const reserved = await expected(201, 'reserve', reserve(place, from, certificateSha256));
  const { name, redeemSecret } = JSON.parse(reserved.body) as ReserveAnswer;
  const session = { name, secret: redeemSecret, from };
  await expected(200, 'redeem', change(place, session, 'redeem', { port }));
  return session;
}

/** The answer if it has this status; else throws what came. */
export async function expected(status: number, what: string, asked: Promise<Reply>): Promise<Answer> {
  const reply = await asked;
  if (reply?.status === status) return reply;
  throw new Error(`${what}: ${reply ? `${reply.status} ${reply.body.slice(0, 300)}` : 'no answer'}`);
}

export function sessionOf(answer: Answer): SessionAnswer {
  return JSON.parse(answer.body) as SessionAnswer;
}

/** The nth address of a block of 65,000: `127.BLOCK.x.y`. */
export function loopback(block: number, n: number): string {
  return `127.${block}.${Math.floor(n / 250)}.${(n % 250) + 1}`;
}
