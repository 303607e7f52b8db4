/** The authorities that everybody trusts, for a job on a machine that has none of its own. */
import { access, readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';

/** Where Linux distributions and macOS keep them. */
const USUAL_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Small containers have no certificate authorities. This program brings Node's; the job's curl, wget or python3 would trust
 * nobody. PEM; undefined where the machine has its own.
 */
export async function missingAuthorities(
  env: NodeJS.ProcessEnv,
  files: readonly string[] = USUAL_FILES,
): Promise<string | undefined> {
  const there = await Promise.all(files.map((file) => access(file).then(yes, no)));
  if (there.includes(true)) return undefined;
  // Node reads it beside its own; what cannot be read it leaves out, too.
  const extra = env['NODE_EXTRA_CA_CERTS'];
  const more = extra ? await readFile(extra, 'utf8').catch(() => '') : '';
  return `${[...rootCertificates, more.trim()].filter((pem) => pem !== '').join('\n')}\n`;
}

const yes = (): boolean => true;
const no = (): boolean => false;
