/** The only door to HTTPS. Certificates are always checked; what fails before an answer is an error with a code. */
import type { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { StartJupyterError } from '../errors.js';
import { interrupted } from '../words/interrupted.js';
import { noProxyThere, proxyTooSlow, proxyUnreachable, proxyUntrusted } from '../words/proxy-answers.js';

export interface HttpsRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: URL;
  headers?: Record<string, string>;
  body?: string;
  /** For the whole exchange. */
  timeoutMs: number;
  /** PEM; replaces the roots that Node trusts by itself. */
  ca?: string;
  signal?: AbortSignal;
  /** Called with the server's certificate once it was found good. */
  onCertificate?: (certificate: X509Certificate) => void;
}

export interface HttpsAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Longer answers are not ours: the rest is not read. */
const MAX_BODY_BYTES = 64 * 1024;

/** Sends one request on a connection of its own, without following redirects or using an HTTP proxy. */
export async function httpsRequest(request: HttpsRequest): Promise<HttpsAnswer> {
  const { Agent, buildConnector, request: send } = await import('./undici.js');
  const limit = AbortSignal.timeout(request.timeoutMs);
  const signal = request.signal ? AbortSignal.any([limit, request.signal]) : limit;
  const connect = buildConnector({
    lookup: loopbackForLocalhost,
    // undici looks at a request's signal only once there is a connection.
    signal,
    timeout: 0,
    // Said although it is the default: NODE_TLS_REJECT_UNAUTHORIZED=0 in a person's environment would change that.
    rejectUnauthorized: true,
    ...(request.ca === undefined ? {} : { ca: request.ca }),
  });
  const agent = new Agent({
    connect: (target, done) =>
      connect(target, (...[error, socket]) => {
        const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
        if (certificate) request.onCertificate?.(certificate);
        if (error) done(error, null);
        else done(null, socket);
      }),
    maxResponseSize: MAX_BODY_BYTES,
  });
  try {
    const answer = await send(request.url, {
      method: request.method,
      dispatcher: agent,
      signal,
      ...(request.headers === undefined ? {} : { headers: request.headers }),
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  } catch (error) {
    throw transportError(request, error, limit.aborted);
  } finally {
    await agent.destroy();
  }
}

/** Names under `.localhost` are loopback (RFC 6761), but not every resolver knows it. */
const loopbackForLocalhost: LookupFunction = (hostname, options, callback) => {
  if (/(^|\.)localhost$/i.test(hostname)) {
    if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
    else callback(null, '127.0.0.1', 4);
    return;
  }
  lookup(hostname, options, callback);
};

/** Something answers there that speaks no TLS or no HTTP, or sends far too much. */
const NOT_OURS = /^(EPROTO$|ERR_SSL_|UND_ERR_RES_EXCEEDED_MAX_SIZE)/;
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|ALTNAME|INVALID_CA|UNTRUSTED/;

function transportError(request: HttpsRequest, error: unknown, timedOut: boolean): StartJupyterError {
  // Only the host goes into a message: a classic URL holds the name, which is a credential there.
  const where = request.url.host;
  const { code = '', name, message } = error as NodeJS.ErrnoException;
  // OpenSSL's reason lies between its own coordinates; when several addresses were tried, there is only a code.
  const why = /SSL routines:[^:]*:([^:]+)/.exec(message)?.[1] ?? (message.trim().split('\n')[0] || code);
  if (request.signal?.aborted) return interrupted(error);
  if (timedOut) return proxyTooSlow(where, Math.round(request.timeoutMs / 1000), error);
  if (NOT_OURS.test(code) || name === 'HTTPParserError') return noProxyThere(where, why, error);
  if (UNTRUSTED.test(code)) return proxyUntrusted(where, why, error);
  return proxyUnreachable(where, why, error);
}
