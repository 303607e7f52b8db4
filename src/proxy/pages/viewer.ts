/** Telling a session's owner from a stranger, by the viewer key (protocol.ts). */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { SHA256_PATTERN, sha256Hex, viewerKey } from '../../satellite/protocol.js';

/** Strict, and with this prefix no sibling host can set it. */
const COOKIE = '__Host-sj-viewer';

/** Stands in for a key or a digest that is not there. No key has it for its digest. */
const NOBODYS = '0'.repeat(64);

/** What the comparison costs, handed in so that a test can count it. */
export interface ViewerWork {
  viewerKey: (token: string) => string;
  sha256Hex: (data: string) => string;
  timingSafeEqual: (one: Buffer, other: Buffer) => boolean;
}

/**
 * The viewer key that a request brings, when it is the session's own; as `?token=` of the link or in the page's cookie.
 * Always one HMAC, one digest and one comparison, whether there is such a session and whether a key was brought or not:
 * the time tells a stranger nothing.
 */
export function ownersKey(
  request: IncomingMessage,
  viewerKeySha256: string | undefined,
  work: ViewerWork = { viewerKey, sha256Hex, timingSafeEqual },
): string | undefined {
  const query = /\?([^#]*)/.exec(request.url ?? '')?.[1];
  const token = new URLSearchParams(query).get('token') ?? '';
  const ofToken = work.viewerKey(token);
  const key = token === '' ? cookieKey(request) : ofToken;
  const brought = Buffer.from(work.sha256Hex(key ?? NOBODYS));
  const known = Buffer.from(viewerKeySha256 ?? NOBODYS);
  const equal = known.length === brought.length && work.timingSafeEqual(brought, known);
  return equal ? key : undefined;
}

function cookieKey(request: IncomingMessage): string | undefined {
  const cookies = (request.headers.cookie ?? '').split(/;\s*/);
  const value = cookies.find((cookie) => cookie.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
  return value !== undefined && SHA256_PATTERN.test(value) ? value : undefined;
}

/** Set-Cookie for a proven owner: it lasts as long as the browser, and only here. */
export function viewerCookie(key: string): string {
  return `${COOKIE}=${key}; Secure; HttpOnly; SameSite=Strict; Path=/`;
}
