/** The certificates that the proxy shows to browsers and jobs. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { StartJupyterError } from '../../errors.js';
import { manageHost } from '../../satellite/protocol.js';

/** PEM texts: the certificate with what clients need between it and their authority, and its unencrypted key. */
export interface CertificatePair {
  certificatePem: string;
  keyPem: string;
}

/** What Node's TLS servers take, for several kinds of keys at once. */
export function tlsOptions(pairs: readonly CertificatePair[]): { cert: string[]; key: string[] } {
  return {
    cert: pairs.map(({ certificatePem }) => certificatePem),
    key: pairs.map(({ keyPem }) => keyPem),
  };
}

/** A certificate that cannot do is refused here and not by every browser. Throws StartJupyterError('bad-certificate'). */
export function checkCertificates(pairs: readonly CertificatePair[], domain: string): void {
  for (const { certificatePem, keyPem } of pairs) {
    let certificate: X509Certificate;
    try {
      certificate = new X509Certificate(certificatePem);
      createSecureContext({ cert: certificatePem, key: keyPem });
    } catch (cause) {
      throw unusable(cause);
    }
    if (certificate.checkHost(manageHost(domain)) !== undefined) continue;
    throw new StartJupyterError(
      'bad-certificate',
      `The certificate is not for *.${domain}, it is for: ${certificate.subjectAltName ?? 'no name'}.`,
      {
        hint: `It must be a wildcard certificate for *.${domain}. For trying out, start-jupyter-proxy init makes one.`,
      },
    );
  }
}

/** When the first of them ends, in milliseconds since the epoch. */
export function earliestEnd(pairs: readonly CertificatePair[]): number {
  return Math.min(...pairs.map(({ certificatePem }) => Date.parse(new X509Certificate(certificatePem).validTo)));
}

function unusable(cause: unknown): StartJupyterError {
  return new StartJupyterError('bad-certificate', 'The certificate and its key cannot be used together.', {
    hint: 'Both are PEM files: the certificate first in its file, and an unencrypted private key that belongs to it.',
    detail: cause instanceof Error ? cause.message : undefined,
    cause,
  });
}
