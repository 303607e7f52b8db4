/** Who sends a request, as far as it shows: the address, a browser or a program, the secret. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { sha256Hex } from '../../satellite/protocol.js';
import { isLoopback, plainAddress } from '../network/addresses.js';

/** The caller's address, IPv4-mapped written as IPv4; empty when the connection is gone. No header can say otherwise. */
export function callerAddress(request: IncomingMessage): string {
  return plainAddress(request.socket.remoteAddress ?? '');
}

export function isFromThisMachine(request: IncomingMessage): boolean {
  const from = callerAddress(request);
  return from !== '' && (isLoopback(from) || from === plainAddress(request.socket.localAddress ?? ''));
}

/** Whether a web page or an address bar sent the request. Control has no callers there, and pages may not drive it. */
export function isFromBrowser(request: IncomingMessage): boolean {
  return request.headers.origin !== undefined || request.headers['sec-fetch-site'] !== undefined;
}

/** The digest of nothing that anybody could send: for a comparison that takes as long and fails. */
const NO_DIGEST = '0'.repeat(64);

/**
 * Whether the request carries the secret of this digest (`Authorization: Bearer SECRET`). Takes as long whether
 * there is a digest or not, so that a name that exists cannot be told from one that does not.
 */
export function carriesSecret(request: IncomingMessage, secretSha256: string | undefined): boolean {
  const [, secret = ''] = /^Bearer +([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const kept = Buffer.from(secretSha256 ?? NO_DIGEST);
  const given = Buffer.from(sha256Hex(secret));
  return given.length === kept.length && timingSafeEqual(given, kept) && secret !== '';
}
