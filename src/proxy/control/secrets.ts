import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { sha256Hex } from '../../satellite/protocol.js';

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
