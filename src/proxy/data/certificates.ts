/** The certificates that the proxy shows to browsers and jobs. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { messageOf, StartJupyterError } from '../../errors.js';
import { manageHost } from '../../satellite/protocol.js';
import type { CertificatePair } from '../proxy-options.js';

/** People are told so many days before one ends. */
export const WARN_DAYS = 14;

/** What Node's TLS servers take, for several kinds of keys at once. */
export function tlsOptions(pairs: readonly CertificatePair[]): { cert: string[]; key: string[] } {
  return {
    cert: pairs.map(({ certificatePem }) => certificatePem),
    key: pairs.map(({ keyPem }) => keyPem),
  };
}

/** What a pair is, for the log and for people. */
export interface CertificateFacts {
  /** As it was written: `DNS:*.jupyter.example.org, …`. */
  names: string;
  /** The kind of its key: `ec`, `rsa`. */
  key: string;
  /** ISO 8601. */
  until: string;
}

export function certificateFacts({ certificatePem }: CertificatePair): CertificateFacts {
  const { subjectAltName, publicKey, validTo } = new X509Certificate(certificatePem);
  return {
    names: subjectAltName ?? 'no name',
    key: publicKey.asymmetricKeyType ?? 'unknown',
    until: new Date(validTo).toISOString(),
  };
}

/**
 * A certificate that cannot do is refused here and not by every browser: one that is half written, over or not valid yet,
 * for another name, without its key. Throws StartJupyterError('bad-certificate'). `now` is in milliseconds since the epoch.
 */
export function checkCertificates(pairs: readonly CertificatePair[], domain: string, now: number): void {
  const kinds = new Set<string>();
  for (const pair of pairs) {
    const certificate = readPair(pair);
    const { names, key } = certificateFacts(pair);
    // Any session's name stands for all of them: a certificate for manage.DOMAIN alone is no wildcard. Browsers do not
    // look at the common name.
    const hosts = [manageHost(domain), `any-name-here.${domain}`];
    if (hosts.some((host) => certificate.checkHost(host, { subject: 'never' }) === undefined)) {
      throw bad(
        `The certificate is not for *.${domain}, it is for: ${names}.`,
        `It must be a wildcard certificate for *.${domain}. For trying out, start-jupyter-proxy init makes one.`,
      );
    }
    checkDates(certificate, now);
    if (kinds.has(key)) {
      throw bad(
        `Two certificates have the same kind of key (${key}); only one of them would ever be shown.`,
        'Give one certificate, or two with different kinds of keys: ECDSA and RSA.',
      );
    }
    kinds.add(key);
  }
  usable(() => createSecureContext(tlsOptions(pairs)));
}

/** When the first of them ends, in milliseconds since the epoch. */
export function earliestEnd(pairs: readonly CertificatePair[]): number {
  return Math.min(
    ...pairs.map(({ certificatePem }) => Date.parse(new X509Certificate(certificatePem).validTo)),
  );
}

const PEM_BLOCK = /^-----BEGIN ([A-Z0-9 ]+)-----[ \t]*$[^]*?^-----END \1-----[ \t]*$/gm;

/**
 * All certificates of the text in their order; the first is the server's own. Throws StartJupyterError('bad-certificate'),
 * also for a text that was cut off.
 */
export function chainOf(certificatePem: string): [X509Certificate, ...X509Certificate[]] {
  return usable(() => {
    const text = certificatePem.replaceAll('\r', '');
    // OpenSSL takes a file that ends within the first line of a block for a whole one.
    if (/^-/m.test(text.replaceAll(PEM_BLOCK, '')))
      throw new Error('The file of the certificate is not complete.');
    const blocks =
      text.match(PEM_BLOCK)?.filter((block) => block.startsWith('-----BEGIN CERTIFICATE-')) ?? [];
    const [first, ...rest] = blocks.map((block) => new X509Certificate(block));
    if (!first) throw new Error('There is no certificate in the file.');
    return [first, ...rest];
  });
}

/**
 * Whether the later text, which is not a self-signed certificate, came without the chain that the earlier one had: most
 * likely a file that is still being written, and a certificate that many clients would not trust.
 */
export function lostItsChain(earlier: string, later: string): boolean {
  const [certificate, ...chain] = chainOf(later);
  return chainOf(earlier).length > 1 && chain.length === 0 && !certificate.checkIssued(certificate);
}

function readPair({ certificatePem, keyPem }: CertificatePair): X509Certificate {
  return usable(() => {
    const [certificate] = chainOf(certificatePem);
    // An empty key would be taken for none by what follows.
    if (!certificate.checkPrivateKey(createPrivateKey(keyPem))) {
      throw new Error('The key does not belong to the certificate.');
    }
    createSecureContext({ cert: certificatePem, key: keyPem });
    return certificate;
  });
}

function checkDates({ validFrom, validTo }: X509Certificate, now: number): void {
  const hint = 'Is the clock of this machine right? Otherwise get a certificate that is valid now.';
  if (Date.parse(validTo) <= now) throw bad(`The certificate is not valid any more since ${validTo}.`, hint);
  if (Date.parse(validFrom) > now) throw bad(`The certificate is not valid before ${validFrom}.`, hint);
}

function usable<T>(step: () => T): T {
  try {
    return step();
  } catch (cause) {
    if (cause instanceof StartJupyterError) throw cause;
    throw new StartJupyterError('bad-certificate', 'The certificate and its key cannot be used together.', {
      hint: 'Both are PEM files: the certificate first in its file, and an unencrypted private key that belongs to it.',
      detail: messageOf(cause),
      cause,
    });
  }
}

function bad(message: string, hint: string): StartJupyterError {
  return new StartJupyterError('bad-certificate', message, { hint });
}
