/** Certificates for servers of the tests, each under an authority of its own. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { certificateAuthority, issueCertificate } from '../../../src/certificate.js';

export interface Identity {
  cert: string;
  key: string;
  /** The authority's certificate; every user can read it. */
  caFile: string;
  /** Certificate and key in one file, which every user can read too: nobody trusts it but the tests. */
  serverFile: string;
}

const folders = new Set<string>();

/** A certificate for these names (DNS, wildcards, addresses). Its files are deleted after the test file. */
export async function identity(...names: string[]): Promise<Identity> {
  const authority = await certificateAuthority({ commonName: 'Test authority', days: 2 });
  const { certificatePem, keyPem } = await issueCertificate({ authority, names, days: 2 });
  const folder = mkdtempSync('/var/tmp/start-jupyter-identity-');
  folders.add(folder);
  chmodSync(folder, 0o755);
  const [caFile, serverFile] = [join(folder, 'ca.pem'), join(folder, 'server.pem')];
  writeFileSync(caFile, authority.certificatePem);
  writeFileSync(serverFile, certificatePem + keyPem, { mode: 0o644 });
  return { cert: certificatePem, key: keyPem, caFile, serverFile };
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
