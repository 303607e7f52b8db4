/**
 * Certificates made here: EC P-256, valid from a day ago because the clocks of a cluster's nodes differ.
 *
 * What each kind carries is what OpenSSL (1.0.2 to 3), GnuTLS, NSS, Python's strict mode and Chromium agree on.
 */
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type { Extension, JsonGeneralNames } from '@peculiar/x509';
import { sha256Hex } from './satellite/protocol.js';

export interface Certificate {
  certificatePem: string;
  /** PKCS #8, PEM. */
  keyPem: string;
  /** SHA-256 of the certificate's DER form: what a pin is compared with. Lower-case hex. */
  sha256: string;
}

interface Validity {
  days: number;
  now?: Date;
}

interface CertificateFacts {
  subject: string;
  validity: Validity;
  extensions: Extension[];
  /** Absent: signed with the own key. */
  authority?: Pick<Certificate, 'certificatePem' | 'keyPem'>;
}

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };
const DAY_MS = 24 * 60 * 60 * 1000;
/** X.520's upper bound of a common name. */
const COMMON_NAME_MAX = 64;

/**
 * A server certificate that is its own authority, for the session's Jupyter: a client that is given it as its CA
 * file trusts this server and no other.
 */
export async function selfSignedCertificate(
  facts: { commonName: string; names: readonly string[] } & Validity,
): Promise<Certificate> {
  const x509 = await loadX509();
  const { KeyUsageFlags: usage } = x509;
  return sign({
    subject: facts.commonName,
    validity: facts,
    extensions: [
      // OpenSSL 1.0.2 and NSS (curl on older clusters) take it as its own authority only as a CA.
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(usage.digitalSignature | usage.keyCertSign, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(generalNames(facts.names)),
    ],
  });
}

/** An authority that signs server certificates and no further authorities. */
export async function certificateAuthority(facts: { commonName: string } & Validity): Promise<Certificate> {
  const x509 = await loadX509();
  const { KeyUsageFlags: usage } = x509;
  return sign({
    subject: facts.commonName,
    validity: facts,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(usage.keyCertSign | usage.cRLSign, true),
    ],
  });
}

/** A server certificate signed by the authority. Names are DNS names, wildcards (`*.example.org`) or addresses. */
export async function issueCertificate(
  facts: { authority: Pick<Certificate, 'certificatePem' | 'keyPem'>; names: readonly string[] } & Validity,
): Promise<Certificate> {
  const x509 = await loadX509();
  return sign({
    subject: facts.names.find((name) => name.length <= COMMON_NAME_MAX) ?? 'start-jupyter-proxy',
    validity: facts,
    authority: facts.authority,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(generalNames(facts.names)),
    ],
  });
}

async function sign(facts: CertificateFacts): Promise<Certificate> {
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  const subject = [{ CN: [facts.subject] }];
  const issuer = facts.authority && new x509.X509Certificate(facts.authority.certificatePem);
  const start = (facts.validity.now ?? new Date()).getTime();
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer ? issuer.subjectName : subject,
    notBefore: new Date(start - DAY_MS),
    notAfter: new Date(start + facts.validity.days * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: facts.authority ? await readKey(facts.authority.keyPem) : keys.privateKey,
    signingAlgorithm: SIGNATURE,
    extensions: [
      ...facts.extensions,
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer ? issuer.publicKey : keys.publicKey),
    ],
  });
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    keyPem: `${x509.PemConverter.encode(privateKey, 'PRIVATE KEY')}\n`,
    sha256: sha256Hex(new Uint8Array(certificate.rawData)),
  };
}

/** Loaded when a certificate is made: the library costs more than the rest of a program's start. */
async function loadX509() {
  return import('./x509.js');
}

function generalNames(names: readonly string[]): JsonGeneralNames {
  return names.map((name) => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name }));
}

async function readKey(pem: string) {
  const { PemConverter } = await loadX509();
  return webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(pem), KEY_ALGORITHM, false, ['sign']);
}
