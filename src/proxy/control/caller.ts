import type { IncomingMessage } from 'node:http';
import { plainAddress } from '../network/addresses.js';

/** The caller's address, IPv4-mapped written as IPv4; empty when the connection is gone. No header can say otherwise. */
export function callerAddress(request: IncomingMessage): string {
  return plainAddress(request.socket.remoteAddress ?? '');
}

/** Whether a web page or an address bar sent the request. Control has no callers there, and pages may not drive it. */
export function isFromBrowser(request: IncomingMessage): boolean {
  return request.headers.origin !== undefined || request.headers['sec-fetch-site'] !== undefined;
}
