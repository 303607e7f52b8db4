/** The test bed itself: what every other end-to-end test takes for granted. */
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { certificateAuthority, issueCertificate } from '../../src/certificate.js';
import { describeOnBed, theBed } from './bed/bed.js';
import { startBrowser } from './bed/browser.js';
import { packageCopy } from './bed/package-copy.js';
import { startProxy } from './bed/proxy.js';
import {
  allowJobStarts,
  cancelJob,
  clearJobsOf,
  holdJobStarts,
  jobInState,
  jobsOf,
  slurmEnvironment,
  slurmdPid,
} from './bed/slurm.js';
import { execSeen, leaks, recordBelow, recorded } from './bed/strace.js';
import { runAs, startAs, startOnTerminalAs, user } from './bed/users.js';

describeOnBed('the test bed', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'start-jupyter-bed-'));
    chmodSync(folder, 0o1777);
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await allowJobStarts();
    await clearJobsOf(theBed().users.alice);
  });

  test('an ordinary user has a clean environment and a home of their own', async () => {
    const alice = user(theBed().users.alice);
    const { stdout } = await runAs(alice, ['/bin/sh', '-c', 'id -un; id -Gn; pwd; env | cut -d= -f1 | sort']);
    expect(stdout.split('\n').slice(0, 3)).toEqual([alice.name, alice.name, alice.home]);
    const names = stdout.trim().split('\n').slice(3);
    expect(names).toEqual(['HOME', 'LANG', 'LOGNAME', 'PATH', 'PWD', 'SHELL', 'USER']);
    expect(user(theBed().users.long).home).toHaveLength(90);
  });

  test('Ctrl-C reaches a program as a signal and on a terminal', async () => {
    const alice = user(theBed().users.alice);
    const script = 'trap "echo caught; exit 130" INT; echo ready; while :; do sleep 0.1; done';
    const plain = startAs(alice, ['/bin/bash', '-c', script]);
    await plain.printed('stdout', /ready/, 5000);
    plain.signal('SIGINT');
    expect(await plain.ended(5000)).toMatchObject({ stdout: 'ready\ncaught\n', exitCode: 130 });

    const onTerminal = startOnTerminalAs(alice, ['/bin/bash', '-c', script]);
    await onTerminal.printed('stdout', /ready/, 5000);
    onTerminal.write('\x03');
    expect(await onTerminal.ended(5000)).toMatchObject({ exitCode: 130 });
  });

  test('Slurm runs a job as the user who submitted it', async () => {
    const alice = user(theBed().users.alice);
    const log = join(folder, 'job.log');
    const script = '#!/bin/bash\nid -un\nhostname -s\n';
    const submitted = await runAs(alice, ['sbatch', '--parsable', '-p', 'debug', '-o', log], {
      env: slurmEnvironment(),
      input: script,
    });
    expect(submitted).toMatchObject({ stderr: '', exitCode: 0 });
    const job = await jobInState(submitted.stdout.trim(), ['COMPLETED']);
    expect(job.get('Partition')).toBe('debug');
    expect(job.get('UserId')).toContain(alice.name);
    expect((await runAs(alice, ['cat', log])).stdout).toBe(`${alice.name}\n${job.get('BatchHost')!}\n`);
  });

  test('jobs wait while starts are held, and every execve of a job is recorded', async () => {
    const alice = user(theBed().users.alice);
    await holdJobStarts();
    const submitted = await runAs(
      alice,
      ['sbatch', '--parsable', '-o', '/dev/null', '--wrap', 'sleep 30; /bin/echo "planted in a job"'],
      { env: slurmEnvironment() },
    );
    const id = submitted.stdout.trim();
    expect(await jobsOf(alice.name)).toContain(id);
    expect((await jobInState(id, ['PENDING'])).get('JobState')).toBe('PENDING');

    const trace = join(folder, 'job.trace');
    const strace = await recordBelow(trace, slurmdPid());
    await allowJobStarts();
    await jobInState(id, ['RUNNING']);
    expect(await execSeen(trace, /\["sleep", "30"\]/, 10_000)).toBe(true);
    await cancelJob(id);
    await clearJobsOf(alice.name);
    strace.signal('SIGTERM');
    await strace.ended(10_000);
  });

  test('a secret in argv or environment is found, and only there', async () => {
    const alice = user(theBed().users.alice);
    const trace = join(folder, 'alice.trace');
    const script = 'X=planted-in-env /bin/true; /bin/echo "planted-in-argv"';
    const ran = await runAs(alice, recorded(trace, ['/bin/sh', '-c', 'eval "$(cat)"']), { input: script });
    expect(ran.exitCode).toBe(0);
    expect(
      leaks(trace, { first: 'planted-in-env', second: 'key\nplanted-in-argv\n', third: 'not-there' }),
    ).toEqual(['/bin/true: first', '/bin/echo: second']);
  });

  test('Chromium trusts the CA it was given and refuses another', async () => {
    const [known, unknown] = [await serveUnderOwnCa('known'), await serveUnderOwnCa('unknown')];
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, known.ca);
    const browser = await startBrowser([caFile]);
    try {
      const page = await browser.open(known.url);
      expect(await page.textContent('body')).toBe('known');
      await expect(browser.open(unknown.url)).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');
    } finally {
      await browser.close();
      known.server.close();
      unknown.server.close();
    }
  });

  test('the proxy runs as a service user, and users reach its control by its CA', async () => {
    const alice = user(theBed().users.alice);
    const proxy = await startProxy();
    const reserve = [
      '-sS',
      '-X',
      'POST',
      `${proxy.controlUrl}/api/v1/sessions`,
      '-H',
      'Content-Type: application/json',
    ];
    const body = { certificateSha256: 'a'.repeat(64), viewerKeySha256: 'b'.repeat(64) };
    const curl = ['curl', ...reserve, '-d', JSON.stringify(body)];
    const reserved = await runAs(alice, [...curl, '--cacert', proxy.caFile]);
    expect(JSON.parse(reserved.stdout)).toMatchObject({
      name: expect.stringMatching(/^[a-z]+-[a-z]+-[a-z]+$/) as string,
    });
    expect((await runAs(alice, curl)).exitCode).toBe(60);
    expect((await runAs(alice, ['cat', join(proxy.folder, 'key.pem')])).exitCode).not.toBe(0);
    expect(statSync(`/proc/${proxy.pid}`).uid).toBe(user(theBed().users.proxy).uid);
    expect((await proxy.stop()).exitCode).toBe(0);
    expect(proxy.log()).toContain('"event":"stopped"');
  });

  test('the package is a copy that users can run but not write, without node_modules', async () => {
    const alice = user(theBed().users.alice);
    const copy = packageCopy();
    for (const program of [copy.launcher, copy.proxy]) {
      const ran = await runAs(alice, [...program, '--version']);
      expect(ran).toMatchObject({ stderr: '', exitCode: 0 });
      expect(ran.stdout).toMatch(/^\d+\.\d+\.\d+/);
    }
    expect((await runAs(alice, ['touch', join(copy.folder, 'bin/x')])).exitCode).not.toBe(0);
    expect((await runAs(alice, ['ls', join(copy.folder, 'node_modules')])).exitCode).not.toBe(0);
    copy.remove();
    expect(existsSync(copy.folder)).toBe(false);
  });
});

/** A small HTTPS server whose page is its name, under a CA made for it alone. */
async function serveUnderOwnCa(name: string): Promise<{ url: string; ca: string; server: Server }> {
  const authority = await certificateAuthority({ commonName: `${name} CA`, days: 2 });
  const host = `${name}.${theBed().domain}`;
  const { certificatePem, keyPem } = await issueCertificate({ authority, names: [host], days: 1 });
  const server = createServer({ cert: certificatePem, key: keyPem }, (_request, response) =>
    response.end(name),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `https://${host}:${port}/`, ca: authority.certificatePem, server };
}
