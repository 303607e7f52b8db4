import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  certificateAuthority,
  issueCertificate,
  selfSignedCertificate,
  type Certificate,
} from '../../src/certificate.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'sj-certificate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Certificate checking of each client, as it is out of the box, with one CA file. */
const PYTHON = `import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[1])
context.verify_flags |= ssl.VERIFY_X509_STRICT
print(urllib.request.urlopen(sys.argv[2], context=context, timeout=10).read().decode(), end="")`;
const clients: Record<string, (ca: string, url: string) => string[]> = {
  curl: (ca, url) => ['-q', '-sS', '--noproxy', '*', '--max-time', '10', '--cacert', ca, url],
  wget: (ca, url) => [
    '-q',
    '-O',
    '-',
    '--no-proxy',
    '--timeout=10',
    '--tries=1',
    `--ca-certificate=${ca}`,
    url,
  ],
  python3: (ca, url) => ['-c', PYTHON, ca, url],
};

function installed(tool: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((place) => existsSync(join(place, tool)));
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function serve(certificate: Certificate): Promise<{ port: number; close: () => void }> {
  const server = createServer(
    { cert: certificate.certificatePem, key: certificate.keyPem },
    (_request, response) => response.end('hello'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

describe('a self-signed certificate', () => {
  let certificate: Certificate;
  beforeAll(async () => {
    certificate = await selfSignedCertificate({
      commonName: 'start-jupyter session',
      names: ['localhost', '127.0.0.1', '::1'],
      days: 30,
    });
  });

  it('carries its names, addresses as addresses, and is valid since yesterday', () => {
    const parsed = new X509Certificate(certificate.certificatePem);
    expect(parsed.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
    expect(parsed.subject).toBe('CN=start-jupyter session');
    expect(Date.now() - new Date(parsed.validFrom).getTime()).toBeGreaterThan(23 * 3600 * 1000);
    expect(new Date(parsed.validTo).getTime() - Date.now()).toBeGreaterThan(29.9 * 24 * 3600 * 1000);
  });

  it('has the fingerprint of its DER form', () => {
    const parsed = new X509Certificate(certificate.certificatePem);
    expect(certificate.sha256).toBe(parsed.fingerprint256.replaceAll(':', '').toLowerCase());
  });

  it('gets a new key and serial number each time', async () => {
    const facts = { commonName: 'again', names: ['localhost'], days: 1 };
    const [first, second] = await Promise.all([selfSignedCertificate(facts), selfSignedCertificate(facts)]);
    expect(first.keyPem).not.toBe(second.keyPem);
    expect(new X509Certificate(first.certificatePem).serialNumber).not.toBe(
      new X509Certificate(second.certificatePem).serialNumber,
    );
  });

  it.for(Object.keys(clients))(
    'is its own authority for %s, and not for another server',
    async (tool, context) => {
      if (!installed(tool)) context.skip(`${tool} is not installed here`);
      const other = await selfSignedCertificate({ commonName: 'other', names: ['localhost'], days: 1 });
      const own = file(`${tool}-own.pem`, certificate.certificatePem);
      const foreign = file(`${tool}-foreign.pem`, other.certificatePem);
      const server = await serve(certificate);
      try {
        for (const host of ['localhost', '127.0.0.1']) {
          const url = `https://${host}:${server.port}/`;
          expect((await run(tool, clients[tool]!(own, url))).stdout).toBe('hello');
          await expect(run(tool, clients[tool]!(foreign, url))).rejects.toThrow();
        }
      } finally {
        server.close();
      }
    },
  );
});

describe('an issued certificate', () => {
  let authority: Certificate;
  let certificate: Certificate;
  beforeAll(async () => {
    authority = await certificateAuthority({ commonName: 'A CA for "trying", out', days: 365 });
    certificate = await issueCertificate({
      authority,
      names: ['*.jupyter.localhost', 'jupyter.localhost'],
      days: 90,
    });
  });

  it('is accepted by openssl in strict mode', async (context) => {
    if (!installed('openssl')) context.skip('openssl is not installed here');
    const ca = file('ca.pem', authority.certificatePem);
    const leaf = file('leaf.pem', certificate.certificatePem);
    const argv = ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname'];
    await run('openssl', [...argv, 'a-b-c.jupyter.localhost', '-CAfile', ca, leaf]);
    await expect(run('openssl', [...argv, 'a.b.jupyter.localhost', '-CAfile', ca, leaf])).rejects.toThrow();
  });

  it('cannot sign further certificates', async (context) => {
    if (!installed('openssl')) context.skip('openssl is not installed here');
    const forged = await issueCertificate({ authority: certificate, names: ['example.org'], days: 1 });
    const ca = file('ca2.pem', authority.certificatePem);
    const between = file('between.pem', certificate.certificatePem);
    const leaf = file('forged.pem', forged.certificatePem);
    await expect(run('openssl', ['verify', '-CAfile', ca, '-untrusted', between, leaf])).rejects.toThrow();
  });

  it.for(Object.keys(clients))('is accepted by %s with the CA, not without', async (tool, context) => {
    if (!installed(tool)) context.skip(`${tool} is not installed here`);
    const address = await issueCertificate({ authority, names: ['127.0.0.1', 'localhost'], days: 1 });
    const ca = file(`${tool}-ca.pem`, authority.certificatePem);
    const leaf = file(`${tool}-leaf.pem`, certificate.certificatePem);
    const server = await serve(address);
    try {
      const url = `https://127.0.0.1:${server.port}/`;
      expect((await run(tool, clients[tool]!(ca, url))).stdout).toBe('hello');
      await expect(run(tool, clients[tool]!(leaf, url))).rejects.toThrow();
    } finally {
      server.close();
    }
  });
});
