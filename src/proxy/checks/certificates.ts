import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { readCertificates } from '../configuration/files.js';
import type { Settings } from '../configuration/settings.js';
import { certificateFacts, chainOf, checkCertificates, WARN_DAYS } from '../data/certificates.js';
import type { CertificatePair } from '../proxy-options.js';
import { ok, warning, type Finding } from './finding.js';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Throws StartJupyterError for what `serve` would refuse. */
export async function checkCertificateFiles(settings: Settings, now: Date): Promise<Finding[]> {
  const pairs = await readCertificates(settings);
  checkCertificates(pairs, settings.domain, now.getTime());
  return pairs.flatMap((pair) => [datesOf(pair, now), ...chainFaults(pair)]);
}

function datesOf(pair: CertificatePair, now: Date): Finding {
  const { names, key, until } = certificateFacts(pair);
  const days = Math.floor((Date.parse(until) - now.getTime()) / DAY_MS);
  const text = `${names} (${key}), until ${until}`;
  return days < WARN_DAYS
    ? warning('certificate', `${text}: ${days} days are left. Is its renewal set up?`)
    : ok('certificate', text);
}

/** Browsers find a missing certificate of the chain by themselves at times; curl and Python in jobs never do. */
function chainFaults({ certificatePem }: CertificatePair): Finding[] {
  const chain = chainOf(certificatePem);
  for (const [index, certificate] of chain.entries()) {
    const next = chain[index + 1];
    if (next && !certificate.checkIssued(next)) {
      return [
        warning(
          'certificate',
          `In its file ${nameOf(next.subject)} follows ${nameOf(certificate.subject)}, which it did not issue. ` +
            'The order is: the certificate, who issued it, who issued that.',
        ),
      ];
    }
  }
  const last = chain.at(-1) ?? chain[0];
  if (last.checkIssued(last) || rootCertificates.some((pem) => last.checkIssued(new X509Certificate(pem))))
    return [];
  return [
    warning(
      'certificate',
      `Its file ends with what ${nameOf(last.issuer)} issued, which is not among the authorities that are known ` +
        'everywhere. If that is an intermediate authority, append its certificate; if it is your own, clients need it.',
    ),
  ];
}

/** The common name, else everything. */
function nameOf(subject: string): string {
  return JSON.stringify(/^CN=(.*)$/m.exec(subject)?.[1] ?? subject.replaceAll('\n', ', '));
}
