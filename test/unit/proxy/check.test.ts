import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/proxy/program.js';
import { openStore } from '../../../src/proxy/store/open-store.js';
import type { Surroundings } from '../../../src/proxy/commands/surroundings.js';
import { createPki, type Pki } from './pki.js';
import type { CertificatePair } from '../../../src/proxy/proxy-options.js';

const POSIX = process.platform !== 'win32';
const DOMAIN = 'jupyter.localhost';
const DAY_MS = 24 * 60 * 60 * 1000;

describe.skipIf(!POSIX)('start-jupyter-proxy check', () => {
  const folder = mkdtempSync(join(tmpdir(), "sj check's "));
  const at = (name: string) => join(folder, name);
  let pki: Pki;
  beforeAll(() => {
    pki = createPki();
    const good = pki.issue('ec', `DNS:*.${DOMAIN}`);
    write('good', { ...good, certificatePem: good.certificatePem + pki.rootPem });
    write('rsa', pki.issue('rsa', `DNS:*.${DOMAIN}`));
    mkdirSync(at('store'), { mode: 0o700 });
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  function write(name: string, { certificatePem, keyPem }: CertificatePair): void {
    writeFileSync(at(`${name}.pem`), certificatePem);
    writeFileSync(at(`${name}.key`), keyPem, { mode: 0o600 });
  }

  /** proxy.yaml with these keys over those of a configuration in which nothing is wrong. */
  async function check(changes: Record<string, string>, { now = new Date(), env = {} } = {}) {
    const keys = {
      domain: DOMAIN,
      listen: '127.0.0.1:0',
      certificate: 'good.pem',
      key: 'good.key',
      trusted_networks: '198.51.100.0/24',
      store: 'store',
      ...changes,
    };
    const file = at('proxy.yaml');
    writeFileSync(
      file,
      Object.entries(keys)
        .map(([key, value]) => `${key}: ${value}\n`)
        .join(''),
    );
    let [stdout, stderr] = ['', ''];
    const code = await runProgram(['check', '--config', file], {
      stdout: (text: string) => (stdout += text),
      stderr: (text: string) => (stderr += text),
      folder,
      env,
      now: () => now,
    } as unknown as Surroundings);
    const lines = stdout.trimEnd().split('\n');
    return { code, stderr, stdout, worst: lines.filter((line) => !line.startsWith('ok ')) };
  }

  it('finds nothing wrong where nothing is, a line a check, and leaves nothing behind', async () => {
    const before = readdirSync(folder, { recursive: true });
    const { code, stdout, stderr, worst } = await check({});
    expect([code, stderr]).toEqual([0, '']);
    // The machine's own limit of open files may be low.
    expect(worst.filter((line) => !line.includes('max_connections'))).toEqual([]);
    for (const subject of [
      'configuration',
      'certificate',
      'trusted_networks',
      'store',
      'listen',
      'DNS',
      'max_connections',
    ]) {
      expect(stdout).toMatch(new RegExp(`^\\w+ +${subject}: .+`, 'm'));
    }
    expect(readdirSync(folder, { recursive: true }).filter((name) => name !== 'proxy.yaml')).toEqual(
      before.filter((name) => name !== 'proxy.yaml'),
    );
  });

  it.for<[string, Record<string, string>, RegExp]>([
    [
      'an unknown key',
      { listn: 'x' },
      /configuration: .*proxy\.yaml:7: unknown key "listn"\. Did you mean listen\?/,
    ],
    [
      'a value that will not do',
      { listen: 'everywhere' },
      /configuration: .*proxy\.yaml:2: listen: "everywhere"/,
    ],
    ['a missing file', { certificate: 'none.pem' }, /certificate: .*none\.pem cannot be read/],
    ['a key of another', { key: 'rsa.key' }, /certificate: .*cannot be used together/],
    [
      'another domain',
      { domain: 'jupyter.example.org' },
      /certificate: .*is not for \*\.jupyter\.example\.org/,
    ],
    ['an address of another host', { listen: '192.0.2.1:0' }, /listen: Cannot listen on 192\.0\.2\.1:0/],
    ['a missing secret', { feeder_secret_file: 'none' }, /secrets: .*none cannot be read/],
  ])('ends with 3 for %s', async ([, changes, words]) => {
    const { code, worst, stderr } = await check(changes);
    expect(worst.join('\n')).toMatch(new RegExp(`^error +${words.source}`, 'm'));
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/^start-jupyter-proxy: 1 of the checks found an error/),
    ]);
  });

  it.for<[string, Record<string, string>, RegExp]>([
    ['no networks', { trusted_networks: '[]' }, /trusted_networks: There are none/],
    ['the whole Internet', { trusted_networks: '[0.0.0.0/0]' }, /trusted_networks: .*holds 8\.8\.8\.8/],
    ['half of it', { trusted_networks: '["128.0.0.0/1"]' }, /trusted_networks: .*holds 193\./],
    ['the whole of IPv6', { trusted_networks: '["::/0"]' }, /trusted_networks: .*holds 2001:/],
    ['loopback', { trusted_networks: '[127.0.0.0/8]' }, /trusted_networks: 127\.0\.0\.1 of this host/],
    ['a store in memory', { store: 'memory' }, /store: .*a restart forgets/],
    [
      'a name without DNS',
      { domain: 'jupyter.invalid', certificate: 'invalid.pem', key: 'invalid.key' },
      /DNS: manage\.jupyter\.invalid: [A-Za-z_ ]+\. There must be a wildcard record/,
    ],
  ])('warns of %s', { timeout: 40_000 }, async ([, changes, words]) => {
    if (changes['domain']) write('invalid', pki.issue('ec', 'DNS:*.jupyter.invalid'));
    const { code, worst } = await check(changes);
    expect(worst.join('\n')).toMatch(new RegExp(`^warning +${words.source}`, 'm'));
    expect(code).toBe(0);
  });

  it('warns of the own addresses among the trusted networks, unless sessions may run here', async () => {
    const own = Object.values(networkInterfaces())
      .flat()
      .find((one) => one && !one.internal && one.family === 'IPv4');
    const networks = `[${own?.address ?? '127.0.0.1'}]`;
    expect((await check({ trusted_networks: networks })).worst.join('\n')).toContain(
      'of this host is among them',
    );
    const allowed = await check({ trusted_networks: networks, allow_local_backends: 'true' });
    expect(allowed.worst.join('\n')).not.toContain('trusted_networks');
  });

  it('looks at the dates and the chain of the certificate', async () => {
    const day = (days: number) => ({ now: new Date(Date.now() + days * DAY_MS) });
    expect((await check({}, day(15))).worst.join('\n')).not.toContain('certificate');
    expect((await check({}, day(17))).worst.join('\n')).toMatch(/^warning +certificate: .* 12 days are left/);
    expect((await check({}, day(31))).worst.join('\n')).toMatch(/^error +certificate: .*not valid any more/);

    const { certificatePem, keyPem } = pki.issue('ec', `DNS:*.${DOMAIN}`);
    const alone = certificatePem.slice(0, -pki.intermediatePem.length);
    const cases: [string, RegExp | undefined][] = [
      [alone, /ends with what "intermediate" issued.*append its certificate/],
      [certificatePem, /ends with what "root" issued/],
      [certificatePem + pki.rootPem, undefined],
      [alone + pki.rootPem, /"root" follows "leaf-\d+", which it did not issue/],
    ];
    for (const [text, words] of cases) {
      write('chain', { certificatePem: text, keyPem });
      const { code, worst } = await check({ certificate: 'chain.pem', key: 'chain.key' });
      expect(code).toBe(0);
      if (words) expect(worst.join('\n')).toMatch(words);
      else expect(worst.join('\n')).not.toContain('certificate');
    }
  });

  it('finds files that everybody may change, and secrets that everybody may read', async () => {
    write('open', pki.issue('ec', `DNS:*.${DOMAIN}`));
    chmodSync(at('open.pem'), 0o646);
    const changed = await check({ certificate: 'open.pem', key: 'open.key' });
    expect([changed.code, changed.worst.join('\n')]).toEqual([
      3,
      expect.stringMatching(/may change .*open\.pem/),
    ]);
    writeFileSync(at('token'), 'secret-text\n', { mode: 0o644 });
    const read = await check({ admin_token_file: 'token' });
    expect([read.code, read.worst.join('\n')]).toEqual([
      3,
      expect.stringMatching(/admin_token_file: every user/),
    ]);
    chmodSync(at('token'), 0o600);
    expect((await check({ admin_token_file: 'token' })).stdout).toMatch(/^ok +admin_token_file: /m);
    expect(read.stdout + read.stderr).not.toContain('secret-text');
  });

  it('says that a port is in use, and leaves who uses it alone', async () => {
    const server = createServer((socket) => socket.end('still here')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, worst } = await check({ listen: `127.0.0.1:${port}` });
    expect([code, worst.join('\n')]).toEqual([0, expect.stringMatching(/^warning +listen: .* in use/m)]);
    expect(server.listening).toBe(true);
    server.close();
  });

  it('looks into a store without touching it, in use or not, and says when it is damaged', async () => {
    const place = at('used');
    const store = await openStore(place, () => undefined);
    expect((await check({ store: 'used' })).stdout).toMatch(/^ok +store: .* in use by a proxy that runs/m);
    await store.close();
    const times = () => readdirSync(place).map((name) => [name, statSync(join(place, name)).mtimeMs]);
    const before = times();
    expect((await check({ store: 'used' })).stdout).toMatch(/^ok +store: .*used holds 0 sessions/m);
    expect((await check({ store: 'none' })).stdout).toMatch(/^ok +store: .*none will be made/m);
    expect(times()).toEqual(before);

    writeFileSync(
      join(place, 'sessions.db'),
      'not a database, but long enough to be read as one'.repeat(100),
    );
    const damaged = await check({ store: 'used' });
    expect([damaged.code, damaged.worst.join('\n')]).toEqual([
      3,
      expect.stringContaining(join(place, 'sessions.db')),
    ]);
    chmodSync(place, 0o750);
    expect((await check({ store: 'used' })).worst.join('\n')).toMatch(
      /^error +store: .*open to other users \(mode 750\)/m,
    );
  });

  it('follows the link that systemd makes of a state directory, and no link inside of a store', async () => {
    const [place, made] = [at('private'), at('made')];
    await (await openStore(place, () => undefined)).close();
    symlinkSync(place, at('linked'));
    expect((await check({ store: 'linked' })).stdout).toMatch(/^ok +store: .*linked holds 0 sessions/m);
    // The check may be run by root, and the store is another user's.
    rmSync(join(place, 'lock'));
    symlinkSync(made, join(place, 'lock'));
    const { code, worst } = await check({ store: 'private' });
    expect([code, worst.join('\n')]).toEqual([3, expect.stringMatching(/store: .*lock is no file/)]);
    expect(existsSync(made)).toBe(false);
  });

  it('leaves a lock alone that another program holds', async () => {
    const place = at('held');
    mkdirSync(place, { mode: 0o700 });
    const holder = spawn('flock', [join(place, 'lock'), 'sh', '-c', 'echo held; cat'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await once(holder.stdout, 'data');
    expect((await check({ store: 'held' })).stdout).toMatch(/in use by a proxy that runs/);
    expect((await check({ store: 'memory' }, { env: { STATE_DIRECTORY: place } })).stdout).not.toContain(
      place,
    );
    holder.stdin.end();
    await once(holder, 'exit');
  });
});
