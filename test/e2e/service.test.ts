/** The proxy as a service: renewed certificates, stops and new starts under load, systemd's sockets and what its unit forbids. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { certificateAuthority, issueCertificate } from '../../src/certificate.js';
import type { CertificatePair } from '../../src/proxy/proxy-options.js';
import { createPki, type Pki } from '../unit/proxy/pki.js';
import { describeOnBed, theBed } from './bed/bed.js';
import { call, dial, echoSession, putLoadOn, type EchoSession, type Load, type Service } from './bed/load.js';
import { masterPrograms } from './bed/package-copy.js';
import { until, type Running } from './bed/processes.js';
import { serveAs, serveAsUnit, serviceFiles, UNITS, type ServiceFiles } from './bed/service.js';
import { runAs, startAs, user } from './bed/users.js';

const CONNECTIONS = 10;

describeOnBed('the proxy as a service', () => {
  const domain = () => theBed().domain;
  let pki: Pki;
  const issue = (kind: 'ec' | 'rsa' = 'ec') => pki.issue(kind, `DNS:*.${domain()}`);
  const fingerprintOf = ({ certificatePem }: CertificatePair) =>
    new X509Certificate(certificatePem).fingerprint256;
  beforeAll(() => {
    pki = createPki();
  });
  const atEnd: (() => unknown)[] = [];
  afterEach(async () => {
    for (const task of atEnd.splice(0).reverse()) await task();
  });

  const serviceAt = ({ caFile }: ServiceFiles, port: number): Service => ({ domain: domain(), port, caFile });

  async function begin(files: ServiceFiles) {
    const { running, port } = await serveAs(files);
    atEnd.push(() => running.signal('SIGKILL'));
    const service = serviceAt(files, port);
    const session = await echoSession(service);
    atEnd.push(() => session.close());
    return { running, service, session };
  }

  function load(service: Service, session: EchoSession): Load {
    const made = putLoadOn(service, session, CONNECTIONS);
    atEnd.push(() => made.stop());
    return made;
  }

  const eventsOf = (running: Running, name: string) =>
    running
      .stdout()
      .split('\n')
      .filter((line) => line.includes(`"event":"${name}"`));
  async function logged(running: Running, name: string, more: number): Promise<void> {
    const seen = await until(() => eventsOf(running, name).length >= more || undefined, 40_000);
    if (!seen) throw new Error(`there never were ${more} times ${name}:\n${running.stdout()}`);
  }

  test('certificates are renewed in every order, half written and wrong ones too, and nobody notices', async () => {
    const [first, rsa] = [issue(), issue('rsa')];
    const files = serviceFiles(pki.rootPem, [first, rsa]);
    const { running, service, session } = await begin(files);
    const put = load(service, session);
    const good = new Set([fingerprintOf(first), fingerprintOf(rsa)]);
    await logged(running, 'certificate-loaded', 2);
    const taken = async (pair: CertificatePair) => {
      const fingerprint = fingerprintOf(pair);
      good.add(fingerprint);
      const shown = await until(() => (put.handshakes.get(fingerprint) ?? 0) > 3 || undefined, 40_000);
      expect(shown, running.stdout()).toBe(true);
    };
    const write = ({ certificatePem, keyPem }: Partial<CertificatePair>) => {
      if (keyPem !== undefined) files.write('key-0.pem', keyPem);
      if (certificatePem !== undefined) files.write('certificate-0.pem', certificatePem);
    };
    let refusals = 0;

    // The key first, and the certificate only when the proxy has seen the two of them apart.
    const second = issue();
    write({ keyPem: second.keyPem });
    await logged(running, 'certificate-refused', ++refusals);
    write({ certificatePem: second.certificatePem });
    await taken(second);

    // The certificate first, in three pieces: within it, and between it and its chain.
    const third = issue();
    const alone = third.certificatePem.length - pki.intermediatePem.length;
    for (const length of [500, alone]) {
      write({ certificatePem: third.certificatePem.slice(0, length), keyPem: third.keyPem });
      await logged(running, 'certificate-refused', ++refusals);
    }
    write(third);
    await taken(third);

    // By a link that is switched, as certbot does, and on SIGHUP.
    const fourth = issue();
    for (const [kind, text] of Object.entries({ certificate: fourth.certificatePem, key: fourth.keyPem })) {
      files.write(`${kind}-archive.pem`, text);
      symlinkSync(`${kind}-archive.pem`, join(files.folder, 'next'));
      renameSync(join(files.folder, 'next'), join(files.folder, `${kind}-0.pem`));
    }
    running.signal('SIGHUP');
    await taken(fourth);

    // What must not be served at all, asked for in so many words.
    const authority = await certificateAuthority({ commonName: 'Test', days: 2 });
    const over = await issueCertificate({
      ...{ authority, names: [`*.${domain()}`], days: 2 },
      now: new Date(Date.now() - 10 * 24 * 60 * 60 * 1000),
    });
    for (const wrong of [over, pki.issue('ec', 'DNS:*.example.org'), rsa]) {
      write(wrong);
      running.signal('SIGHUP');
      await logged(running, 'certificate-refused', ++refusals);
    }
    const fifth = issue();
    write(fifth);
    await taken(fifth);

    await put.stop();
    expect(put.troubles).toEqual([]);
    expect([...put.handshakes.keys()].filter((fingerprint) => !good.has(fingerprint))).toEqual([]);
    expect(put.echoes()).toBeGreaterThan(10 * CONNECTIONS);
    expect(running.stdout()).not.toMatch(/PRIVATE|BEGIN/);
  });

  test('SIGTERM cuts what is quiet, lets what is busy go on to the limit, and ends with 0; a second one ends at once', async () => {
    for (const signals of [1, 2]) {
      const files = serviceFiles(pki.rootPem, [issue()], 'drain_timeout: 4s\n');
      const { running, service, session } = await begin(files);
      const idle = await dial(service, session.host);
      idle.write('hello');
      await once(idle, 'data');
      const busy = load(service, session);
      expect(await until(() => busy.echoes() > 2 * CONNECTIONS || undefined, 20_000)).toBe(true);

      const before = busy.echoes();
      const started = performance.now();
      running.signal('SIGTERM');
      if (signals === 2) {
        await sleep(100);
        running.signal('SIGINT');
        expect(await running.ended(10_000)).toMatchObject({ exitCode: null, signal: 'SIGINT' });
        continue;
      }
      idle.resume();
      await once(idle, 'close');
      expect(performance.now() - started).toBeLessThan(4_000);
      expect(busy.echoes()).toBeGreaterThan(before);
      await expect(dial(service, session.host)).rejects.toThrow('ECONNREFUSED');
      const ended = await running.ended(20_000);
      expect(performance.now() - started).toBeGreaterThan(3_900);
      expect([ended.exitCode, ended.stderr]).toEqual([0, expect.not.stringContaining('should not happen')]);
      expect(eventsOf(running, 'stopped')).toHaveLength(1);
      // At the limit, and not before it.
      expect(busy.troubles.filter((trouble) => trouble.endsWith('was cut'))).toHaveLength(CONNECTIONS);
    }
  });

  test('with the sockets and the bounds of its unit it serves, and no connection is refused while it is started anew', async () => {
    const files = serviceFiles(pki.rootPem, [issue()]);
    const held = await serveAsUnit(files);
    atEnd.push(() => held.running.signal('SIGKILL'));
    const [port = 0, httpPort = 0] = held.ports;
    const service = serviceAt(files, port);
    const session = await echoSession(service).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${held.running.stdout()}${held.running.stderr()}`);
    });
    atEnd.push(() => session.close());
    const status = readFileSync(`/proc/${held.pid()}/status`, 'utf8');
    const identity = user(theBed().users.proxy);
    expect(status).toMatch(new RegExp(`^Uid:\\s+${identity.uid}\\s+${identity.uid}\\s`, 'm'));
    for (const bound of [/^CapBnd:\s+0+$/m, /^CapEff:\s+0+$/m, /^NoNewPrivs:\s+1$/m, /^Seccomp:\s+2$/m]) {
      expect(status).toMatch(bound);
    }
    expect(await redirectOf(httpPort, session.host)).toEqual([308, `https://${session.host}:${port}/x?y=z`]);

    const answered: string[] = [];
    const done = new AbortController();
    const isDone = () => done.signal.aborted;
    const asking = (async () => {
      while (!isDone()) {
        answered.push(
          await call(service, 'POST', '/api/v1/sessions', undefined, {
            certificateSha256: 'b'.repeat(64),
            viewerKeySha256: 'a'.repeat(64),
          }).then(
            () => 'served',
            (error: unknown) => String(error),
          ),
        );
      }
    })();
    for (let start = 0; start < 3; start++) {
      const served = answered.length;
      const pid = held.pid();
      process.kill(pid, 'SIGTERM');
      expect(
        await until(() => (held.pid() !== pid && answered.length > served + 5) || undefined, 30_000),
      ).toBe(true);
    }
    done.abort();
    await asking;
    expect(new Set(answered)).toEqual(new Set(['served']));
    expect(held.running.stdout().match(/^ended 0$/gm)).toHaveLength(3);
    // The store is the one thing that is kept, and the session is in it.
    const socket = await dial(service, session.host);
    socket.write('still here');
    expect(String((await once(socket, 'data'))[0])).toBe('still here');
    socket.destroy();
  });

  test('systemd itself hands over a socket', async () => {
    const files = serviceFiles(pki.rootPem, [issue()]);
    const service = user(theBed().users.proxy);
    const port = await freePort();
    const activate = ['/usr/bin/systemd-socket-activate', '-l', `127.0.0.1:${port}`, '--fdname=https'];
    const serve = ['-E', 'PATH=/usr/bin:/bin', ...masterPrograms().proxy, 'serve', '--config', files.config];
    const running = startAs(service, [...activate, ...serve]);
    atEnd.push(() => running.signal('SIGKILL'));
    await running.printed('stderr', /Listening on/, 10_000);
    const socket = await dial(serviceAt(files, port), `sunny-leaf-ramp.${domain()}`);
    expect(socket.authorized).toBe(true);
    socket.destroy();
    await logged(running, 'listening', 1);
    expect(eventsOf(running, 'listening')[0]).toContain(`"port":${port}`);
    running.signal('SIGTERM');
    expect((await running.ended(20_000)).exitCode).toBe(0);
  });

  test('check finds nothing wrong with a service that runs, and leaves it alone', async () => {
    const files = serviceFiles(pki.rootPem, [issue(), issue('rsa')]);
    const { service, session, running } = await begin(files);
    const put = load(service, session);
    const command = [...masterPrograms().proxy, 'check', '--config', files.config];
    const checked = await runAs(user(theBed().users.proxy), [
      ...command,
      '--listen',
      `127.0.0.1:${service.port}`,
    ]);
    expect([checked.exitCode, checked.stderr]).toEqual([0, '']);
    expect(checked.stdout).toMatch(/^ok +store: .* in use by a proxy that runs/m);
    expect(checked.stdout).toMatch(/^warning +listen: .* in use/m);
    files.write('key-1.pem', issue('rsa').keyPem);
    const wrong = await runAs(user(theBed().users.proxy), command);
    expect([wrong.exitCode, wrong.stdout]).toEqual([3, expect.stringMatching(/^error +certificate: /m)]);
    await put.stop();
    expect(put.troubles).toEqual([]);
    expect(running.stderr()).not.toContain('should not happen');
  });

  test('the units are in order, and leave little open', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sj-units-'));
    atEnd.push(() => rmSync(folder, { recursive: true }));
    cpSync(UNITS, folder, { recursive: true });
    const files = readdirSync(folder).map((name) => join(folder, name));
    for (const file of files) {
      const unit = readFileSync(file, 'utf8');
      expect(unit).not.toMatch(/^MemoryDenyWriteExecute/m);
      // It must be there for systemd to be content.
      writeFileSync(file, unit.replaceAll('/usr/local/bin/start-jupyter-proxy', '/bin/true'));
    }
    const analyze = (...args: string[]) =>
      execFileSync('/bin/bash', ['-c', 'exec systemd-analyze "$@" 2>&1', 'analyze', ...args], {
        encoding: 'utf8',
      });
    expect(analyze('verify', '--man=no', ...files)).toBe('');
    for (const file of files.filter((name) => name.endsWith('.service'))) {
      // In tenths; it fails above that.
      expect(analyze('security', '--no-pager', '--offline=true', '--threshold=20', file)).toContain(
        'Overall exposure level',
      );
    }
  });

  /** systemd-socket-activate takes no 0. */
  async function freePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  function redirectOf(port: number, host: string): Promise<[number, string]> {
    return new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path: '/x?y=z', headers: { host }, agent: false }, (answer) => {
        answer.resume();
        resolve([answer.statusCode ?? 0, answer.headers.location ?? '']);
      })
        .on('error', reject)
        .end();
    });
  }
});
