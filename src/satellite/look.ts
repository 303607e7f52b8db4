/** What answers at a proxy's management host. Nothing is taken: the call does not exist in any service. */
import type { X509Certificate } from 'node:crypto';
import { httpsRequest } from '../platform/https.js';
import { refusal, type Endpoint } from './client.js';
import { API_HEADER, API_PREFIX, manageHost, type ApiError, type ApiErrorCode } from './protocol.js';

export interface ProxySeen {
  /** `other`: it answers, and not as our own does. A classic service looks like that. */
  kind: 'own' | 'other';
  /** It has been checked. */
  certificate: X509Certificate | undefined;
  /** The proxy's clock, to the second. */
  date: Date | undefined;
}

/** Throws StartJupyterError `proxy-*` as a launch would. */
export async function lookAtProxy(
  { domain, port, ca }: Endpoint,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProxySeen> {
  const host = manageHost(domain);
  let certificate: X509Certificate | undefined;
  const answer = await httpsRequest({
    method: 'GET',
    url: new URL(`${API_PREFIX}/doctor`, `https://${host}:${port}`),
    timeoutMs,
    signal,
    onCertificate: (seen) => (certificate = seen),
    ...(ca === undefined ? {} : { ca }),
  });
  const said = answer.headers['date'];
  const time = typeof said === 'string' ? Date.parse(said) : NaN;
  const seen = { certificate, date: Number.isNaN(time) ? undefined : new Date(time) };
  if (answer.headers[API_HEADER] !== undefined) {
    const expected: ApiErrorCode = 'no-such-call';
    if (errorCode(answer.body) !== expected) throw refusal(host, answer);
    return { kind: 'own', ...seen };
  }
  if (answer.status === 429 || answer.status >= 500) throw refusal(host, answer);
  return { kind: 'other', ...seen };
}

function errorCode(body: string): string | undefined {
  try {
    return (JSON.parse(body) as Partial<ApiError> | null)?.code;
  } catch {
    return undefined;
  }
}
