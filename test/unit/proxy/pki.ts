/** Certificates of the kinds that a site gets: with an intermediate authority, ECDSA and RSA. By openssl. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { CertificatePair } from '../../../src/proxy/proxy-options.js';

export interface Pki {
  rootPem: string;
  intermediatePem: string;
  /** The certificate alone is the text up to the intermediate's. */
  issue: (kind: 'ec' | 'rsa', names: string) => CertificatePair;
}

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

export function createPki(): Pki {
  const folder = mkdtempSync(join(tmpdir(), 'sj-pki-'));
  folders.push(folder);
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore', timeout: 30_000 });
  const newKey = { ec: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], rsa: ['rsa:2048'] };
  let count = 0;
  const sign = (name: string, issuer: string, kind: 'ec' | 'rsa', extensions: string): CertificatePair => {
    openssl(
      'req',
      '-newkey',
      ...newKey[kind],
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    );
    writeFileSync(at('extensions'), extensions);
    openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`],
      ...['-CAcreateserial', '-days', '30', '-extfile', 'extensions', '-out', `${name}.pem`],
    );
    return {
      certificatePem: readFileSync(at(`${name}.pem`), 'utf8'),
      keyPem: readFileSync(at(`${name}.key`), 'utf8'),
    };
  };
  openssl(
    'req',
    '-x509',
    '-newkey',
    ...newKey.ec,
    '-nodes',
    '-keyout',
    'root.key',
    '-out',
    'root.pem',
    '-subj',
    '/CN=root',
    '-days',
    '30',
  );
  const intermediatePem = sign(
    'intermediate',
    'root',
    'ec',
    'basicConstraints=critical,CA:true',
  ).certificatePem;
  return {
    rootPem: readFileSync(at('root.pem'), 'utf8'),
    intermediatePem,
    issue(kind, names) {
      const pair = sign(`leaf-${++count}`, 'intermediate', kind, `subjectAltName=${names}`);
      return { ...pair, certificatePem: pair.certificatePem + intermediatePem };
    },
  };
}
