import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, checkServerIdentity, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateAuthority, issueCertificate } from '../../../src/certificate.js';
import { checkCertificates } from '../../../src/proxy/data/certificates.js';
import { startProxy, type RunningProxy } from '../../../src/proxy/module.js';
import { createPki, type Pki } from './pki.js';
import type { CertificatePair } from '../../../src/proxy/proxy-options.js';

const DOMAIN = 'jupyter.localhost';
const NAMES = `DNS:*.${DOMAIN}`;
const HOST = `sunny-leaf-ramp.${DOMAIN}`;
const DAY_MS = 24 * 60 * 60 * 1000;

let pki: Pki;
let ec: CertificatePair;
let rsa: CertificatePair;
beforeAll(() => {
  pki = createPki();
  ec = pki.issue('ec', NAMES);
  rsa = pki.issue('rsa', NAMES);
}, 60_000);

const check = (pairs: CertificatePair[], now = Date.now()) => checkCertificates(pairs, DOMAIN, now);

describe('certificates', () => {
  it('of one kind, and of both in either order, can be used', () => {
    for (const pairs of [[ec], [rsa], [ec, rsa], [rsa, ec]]) expect(() => check(pairs)).not.toThrow();
  });

  it('with Windows line ends, trailing spaces, and words before them can be used', () => {
    const windows = ec.certificatePem.replaceAll('\n', '\r\n');
    const words = `Bag Attributes\n    friendlyName: x\nsubject=CN = leaf\n\n${ec.certificatePem.replaceAll('-----\n', '----- \n')}`;
    for (const certificatePem of [windows, words])
      expect(() => check([{ ...ec, certificatePem }])).not.toThrow();
  });

  it('that are cut off anywhere cannot be used, but between two of a chain', () => {
    const { certificatePem, keyPem } = ec;
    const whole = certificatePem.length - 1;
    const alone = certificatePem.length - pki.intermediatePem.length;
    for (let length = 0; length < whole; length++) {
      const cut = () => check([{ keyPem, certificatePem: certificatePem.slice(0, length) }]);
      if (length === alone || length === alone - 1) expect(cut).not.toThrow();
      else expect(cut, `${length} of ${whole}`).toThrow('cannot be used together');
    }
    for (let length = 0; length < keyPem.length - 1; length++) {
      expect(() => check([{ certificatePem, keyPem: keyPem.slice(0, length) }]), `${length}`).toThrow();
    }
  });

  it.for([
    ['for another domain', 'DNS:*.example.org', 'it is for: DNS:*.example.org'],
    ['for manage alone', `DNS:manage.${DOMAIN}`, 'is not for *.'],
    ['for the domain alone', `DNS:${DOMAIN}`, 'is not for *.'],
    ['for names below it', `DNS:*.x.${DOMAIN}`, 'is not for *.'],
  ] as const)('%s are refused', ([, names, words]) => {
    expect(() => check([pki.issue('ec', names)])).toThrow(words);
  });

  it('with the key of another, with two keys of a kind, over, or not valid yet are refused', async () => {
    expect(() => check([{ ...ec, keyPem: rsa.keyPem }])).toThrow('cannot be used together');
    expect(() => check([{ ...ec, keyPem: pki.issue('ec', NAMES).keyPem }])).toThrow(
      'cannot be used together',
    );
    expect(() => check([{ ...ec, keyPem: '' }])).toThrow('cannot be used together');
    expect(() => check([ec, pki.issue('ec', NAMES)])).toThrow('same kind of key (ec)');
    expect(() => check([ec], Date.now() + 31 * DAY_MS)).toThrow('not valid any more');
    expect(() => check([ec], Date.now() - DAY_MS)).toThrow('not valid before');
    // The second of them counts as well.
    const authority = await certificateAuthority({ commonName: 'Test', days: 1 });
    const past = new Date(Date.now() - 10 * DAY_MS);
    const over = await issueCertificate({ authority, names: [`*.${DOMAIN}`], days: 2, now: past });
    expect(() => check([rsa, over])).toThrow('not valid any more');
  });
});

describe('a proxy with an ECDSA and an RSA certificate', () => {
  let proxy: RunningProxy;
  const folder = mkdtempSync(join(tmpdir(), 'sj-certificates-'));
  const caFile = join(folder, 'root.pem');
  const sockets: TLSSocket[] = [];
  beforeAll(async () => {
    writeFileSync(caFile, pki.rootPem);
    proxy = await startProxy({
      domain: DOMAIN,
      listen: { host: '127.0.0.1', port: 0 },
      certificates: [ec, rsa],
      trustedNetworks: [],
    });
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await proxy.close();
    rmSync(folder, { recursive: true });
  });

  async function dial(options: ConnectionOptions = {}): Promise<TLSSocket> {
    const socket = connect({
      host: '127.0.0.1',
      port: proxy.port,
      servername: HOST,
      ca: pki.rootPem,
      checkServerIdentity: (_host, shown) => checkServerIdentity(HOST, shown),
      ...options,
    });
    sockets.push(socket);
    await once(socket, 'secureConnect');
    return socket;
  }
  const shown = (socket: TLSSocket) => socket.getPeerX509Certificate()!;
  const kindOf = (socket: TLSSocket) => shown(socket).publicKey.asymmetricKeyType;

  /** By openssl, which verifies the whole chain; what it printed. */
  function openssl(...args: string[]): Promise<string> {
    const all = [
      's_client',
      '-connect',
      `127.0.0.1:${proxy.port}`,
      '-servername',
      HOST,
      '-CAfile',
      caFile,
      ...args,
    ];
    return new Promise((resolve) => {
      const child = execFile('openssl', all, { timeout: 20_000 }, (_error, stdout, stderr) =>
        resolve(stdout + stderr),
      );
      child.stdin?.end();
    });
  }

  /** What every handshake must give, whichever certificates it is with. */
  async function expectSettings(): Promise<void> {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const versions = { minVersion: version, maxVersion: version };
      const cases = [
        // By TLS 1.2 Node's order of ciphers decides, in which RSA comes first.
        [{}, version === 'TLSv1.3' ? 'ec' : 'rsa'],
        [{ sigalgs: 'ecdsa_secp256r1_sha256' }, 'ec'],
        // The chain above is signed with ECDSA, the server's own signature with RSA.
        [{ sigalgs: 'rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256' }, undefined],
      ] as const;
      for (const [options, kind] of cases) {
        const socket = await dial({ ...versions, ...options });
        expect(socket.authorized).toBe(true);
        if (kind) expect(kindOf(socket), JSON.stringify([version, options])).toBe(kind);
      }
      expect((await dial({ ...versions, ALPNProtocols: ['h2', 'http/1.1'] })).alpnProtocol).toBe('http/1.1');
      await expect(dial({ ...versions, ALPNProtocols: ['h2'] })).rejects.toThrow();
      const flag = version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3';
      // Only the signature of the handshake has to be RSA for a client that has no ECDSA.
      const onlyRsa = await openssl(
        flag,
        '-sigalgs',
        'RSA-PSS+SHA256:RSA+SHA256',
        '-cipher',
        'ECDHE-RSA-AES128-GCM-SHA256',
      );
      expect(onlyRsa).toMatch(/Peer signature type: RSA/);
      const onlyEcdsa = await openssl(
        flag,
        '-sigalgs',
        'ECDSA+SHA256',
        '-cipher',
        'ECDHE-ECDSA-AES128-GCM-SHA256',
      );
      expect(onlyEcdsa).toMatch(/Peer signature type: ECDSA/);
      expect(onlyEcdsa).toContain('Verify return code: 0 (ok)');
      // By TLS 1.3 one is sent that nobody will take back; that is what comes next.
      if (version === 'TLSv1.2') expect(onlyEcdsa).not.toMatch(/TLS session ticket:/);
      await expectNoResumption(versions);
    }
    expect(await openssl('-tls1_1', '-cipher', 'ALL@SECLEVEL=0')).toMatch(
      /no protocols available|protocol version|alert/,
    );
    expect(await openssl('-tls1_1', '-cipher', 'ALL@SECLEVEL=0')).not.toMatch(/Peer signature type/);
  }

  async function expectNoResumption(versions: ConnectionOptions): Promise<void> {
    const first = await dial(versions);
    let session: Buffer | undefined = first.getSession();
    first.on('session', (later: Buffer) => (session = later));
    first.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    first.resume();
    await once(first, 'close');
    const again = await dial({ ...versions, session });
    expect(again.isSessionReused()).toBe(false);
  }

  it(
    'gives each client what it can read, without tickets, by http/1.1 and TLS 1.2 or 1.3 alone',
    expectSettings,
  );

  it('shows new ones to new connections, with the same settings, and leaves the open ones', async () => {
    const before = await dial();
    const fresh = [pki.issue('rsa', NAMES), pki.issue('ec', NAMES)];
    proxy.useCertificates(fresh);
    const after = await dial();
    expect(shown(after).fingerprint256).not.toBe(shown(before).fingerprint256);
    await expectSettings();
    // The connection from before still takes a request.
    let answer = '';
    before.setEncoding('utf8').on('data', (text: string) => (answer += text));
    before.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    await once(before, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('goes on with the ones it has when others cannot do', async () => {
    const fingerprint = shown(await dial()).fingerprint256;
    const wrong = [
      [pki.issue('ec', 'DNS:*.example.org')],
      [{ ...pki.issue('ec', NAMES), keyPem: ec.keyPem }],
      [pki.issue('rsa', NAMES), { ...pki.issue('ec', NAMES), keyPem: ec.keyPem }],
      [{ certificatePem: '', keyPem: '' }],
      [{ ...ec, keyPem: '' }],
    ];
    for (const pairs of wrong) {
      expect(() => proxy.useCertificates(pairs)).toThrow();
      expect(shown(await dial()).fingerprint256).toBe(fingerprint);
    }
  });
});
