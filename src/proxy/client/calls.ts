/** The service's management host as our own programs call it: an HTTPS request, its limit, its errors in words. */
import { lookup } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { request as sendRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { sentence, StartJupyterError } from '../../errors.js';
import { API_HEADER, type ApiError, type ApiErrorCode } from '../../satellite/protocol.js';
import type { Service } from './service.js';

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  /** Sent as `Authorization: Bearer SECRET`. */
  secret?: string;
  body?: { type: 'application/json' | 'application/x-www-form-urlencoded'; text: string };
}

export interface Answer {
  status: number;
  /** Whether it carries the header of our own API: else a classic service answered, or something else altogether. */
  isOurs: boolean;
  body: string;
}

/** For the whole exchange. */
const LIMIT_MS = 30_000;
/** All jobs of a large site are well below that. */
const MAX_BODY_CHARACTERS = 8 * 1024 * 1024;
/** Of what somebody else says, in a message. */
const SHOWN_CHARACTERS = 400;

/** A call of our own API, as JSON. Resolves with what the answer holds; throws StartJupyterError for everything but success. */
export async function callApi(
  service: Service,
  { method, path, secret, json }: Omit<Call, 'body'> & { json?: unknown },
  signal?: AbortSignal,
): Promise<unknown> {
  const body =
    json === undefined ? undefined : ({ type: 'application/json', text: JSON.stringify(json) } as const);
  const answer = await callService(service, { method, path, secret, body }, signal);
  if (!answer.isOurs || answer.status >= 300) throw refusal(service, answer);
  return answer.body === '' ? undefined : parseJson(answer.body);
}

/**
 * One request on a connection of its own; redirects and proxies of the environment are not followed. Resolves with any
 * answer; throws StartJupyterError `proxy-unreachable` or `proxy-untrusted` where there is none.
 */
export function callService(service: Service, call: Call, signal?: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = sendRequest(new URL(call.path, service.origin), {
      method: call.method,
      headers: {
        ...(call.secret === undefined ? {} : { authorization: `Bearer ${call.secret}` }),
        ...(call.body && {
          'content-type': call.body.type,
          'content-length': Buffer.byteLength(call.body.text),
        }),
      },
      agent: false,
      lookup: loopbackForLocalhost,
      // Said although it is the default: NODE_TLS_REJECT_UNAUTHORIZED=0 in somebody's environment would change that.
      rejectUnauthorized: true,
      ca: service.ca,
      signal,
    });
    const limit = setTimeout(() => request.destroy(new Error(`no answer in ${LIMIT_MS / 1000} s`)), LIMIT_MS);
    const fail = (error: Error) => reject(transportError(service, error));
    request
      .once('error', fail)
      .once('close', () => clearTimeout(limit))
      .once('response', (response) => void readAnswer(response).then(resolve, fail))
      .end(call.body?.text);
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  let body = '';
  response.setEncoding('utf8');
  for await (const text of response) {
    body += text as string;
    if (body.length > MAX_BODY_CHARACTERS) throw new Error('the answer is far too long');
  }
  return { status: response.statusCode ?? 0, isOurs: response.headers[API_HEADER] !== undefined, body };
}

/** Names under `.localhost` are loopback (RFC 6761), but not every resolver knows it. */
const loopbackForLocalhost: LookupFunction = (hostname, options, callback) => {
  if (!/\.localhost$/i.test(hostname)) lookup(hostname, options, callback);
  else if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};

const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|ALTNAME|INVALID_CA|UNTRUSTED/;

function transportError({ origin }: Service, error: NodeJS.ErrnoException): StartJupyterError {
  // When several addresses were tried, there is only a code.
  const why = error.message.trim().split('\n')[0] || (error.code ?? 'unknown');
  if (UNTRUSTED.test(error.code ?? '')) {
    return new StartJupyterError(
      'proxy-untrusted',
      sentence(`The certificate of the proxy ${origin.host} cannot be trusted: ${why}`),
      {
        cause: error,
        hint: 'If a private authority issued it, name its file with --ca FILE. Nothing was sent.',
      },
    );
  }
  return new StartJupyterError(
    'proxy-unreachable',
    sentence(`The proxy ${origin.host} cannot be reached: ${why}`),
    { cause: error, hint: 'Check its name and port, and that this machine may connect to it.' },
  );
}

const HINTS: Partial<Record<ApiErrorCode, string>> = {
  'bad-secret': 'The file of the secret here must hold what the proxy’s own holds.',
  'no-such-call': 'The proxy’s configuration must name the file of the secret.',
  'outside-trusted-networks': 'The proxy’s trusted_networks must hold this machine.',
};

/** An answer that is not a success, in the service's own words where it has some. */
export function refusal({ origin }: Service, { isOurs, status, body }: Answer): StartJupyterError {
  const said = isOurs ? (parseJson(body) as Partial<ApiError> | null | undefined) : undefined;
  if (typeof said?.message === 'string') {
    const words = said.message.slice(0, SHOWN_CHARACTERS);
    return new StartJupyterError('proxy-refused', sentence(`The proxy ${origin.host} refused: ${words}`), {
      hint: said.code === undefined ? undefined : HINTS[said.code],
    });
  }
  if (status >= 500 || status === 429) {
    return new StartJupyterError(
      'proxy-refused',
      `The proxy ${origin.host} answered with HTTP status ${status}.`,
    );
  }
  return new StartJupyterError(
    'proxy-unintelligible',
    `${origin.host} does not answer as start-jupyter-proxy does (HTTP status ${status}).`,
    { hint: 'Check its name and port. A classic service has no such call.' },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
