/** Telling a session's owner from a stranger, by the viewer key (protocol.ts). */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { SHA256_PATTERN, sha256Hex, viewerKey } from '../../satellite/protocol.js';

/** Strict, and with this prefix no sibling host can set it. */
const COOKIE = '__Host-sj-viewer';

/** The viewer key that a request brings, as `?token=` of its link or in the page's cookie. It may be anybody's. */
export function broughtKey(request: IncomingMessage): string | undefined {
  const query = /\?([^#]*)/.exec(request.url ?? '')?.[1];
  const token = new URLSearchParams(query).get('token');
  if (token !== null && token !== '') return viewerKey(token);
  const cookies = (request.headers.cookie ?? '').split(/;\s*/);
  const value = cookies.find((cookie) => cookie.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
  return value !== undefined && SHA256_PATTERN.test(value) ? value : undefined;
}

export function isOwners(key: string, viewerKeySha256: string | undefined): boolean {
  if (viewerKeySha256 === undefined) return false;
  const [brought, known] = [Buffer.from(sha256Hex(key)), Buffer.from(viewerKeySha256)];
  return brought.length === known.length && timingSafeEqual(brought, known);
}

/** Set-Cookie for a proven owner: it lasts as long as the browser, and only here. */
export function viewerCookie(key: string): string {
  return `${COOKIE}=${key}; Secure; HttpOnly; SameSite=Strict; Path=/`;
}
