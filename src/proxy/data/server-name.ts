/** What a connection is for, by the server name of its TLS handshake: decided once, for the connection's life. */
import { manageHost, NAME_PATTERN } from '../../satellite/protocol.js';

export type Destination =
  | { kind: 'control' }
  /** `host` is what a request's Host header must say. */
  | { kind: 'session'; name: string; host: string }
  /** A name that cannot be a session's, or none at all. */
  | { kind: 'nowhere'; host: string | undefined };

/** `serverName` as Node reports it: something that is not a string when the client sent none. */
export function destinationOf(serverName: unknown, domain: string): Destination {
  if (typeof serverName !== 'string' || serverName === '') return { kind: 'nowhere', host: undefined };
  const host = serverName.toLowerCase().replace(/\.$/, '');
  if (host === manageHost(domain)) return { kind: 'control' };
  const name = host.endsWith(`.${domain}`) ? host.slice(0, -domain.length - 1) : '';
  return NAME_PATTERN.test(name) ? { kind: 'session', name, host } : { kind: 'nowhere', host };
}
