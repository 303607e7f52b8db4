/** Two login nodes and one home: what was started on one is listed, shown, reached, read and stopped from the other. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from '../bed/bed.js';
import type { Host } from '../bed/hosts.js';
import { forgetSessions, sessionDirectories } from '../bed/launches.js';
import type { Proxy } from '../bed/proxy.js';
import { startSite, type Site } from '../bed/site.js';
import { user } from '../bed/users.js';

const START_MS = 60_000;
const SECRETS = ['token', 'redeem.secret', 'key.pem', 'jupyter_config.json'];

interface Launched {
  id: string;
  jobId: string;
  name: string;
  url: string;
  directory: string;
}

interface Shown {
  id: string;
  jobId: string | null;
  state: string;
  host?: string;
  node?: string;
  why?: string;
  outcome?: string;
  cause?: string;
}

describeOnBed('two login nodes', () => {
  let site: Site;
  let proxy: Proxy;
  const sara = () => user(theBed().users.sara);

  beforeAll(async () => {
    site = await startSite();
    proxy = await site.proxy();
  });

  afterEach(async () => {
    await site.slurm.clear();
    forgetSessions(sara());
  });

  afterAll(async () => {
    await proxy.stop();
    await site.end();
  });

  const lines = () => [`endpoint: ${proxy.endpoint}`, `ca: ${proxy.caFile}`];
  const on = (host: Host, ...args: string[]) =>
    site.startJupyter(host, sara(), args, { lines: lines(), limitMs: START_MS });

  /** What it prints, of a command that does what it shall. */
  async function said(host: Host, ...args: string[]): Promise<string> {
    const ended = await on(host, ...args);
    expect(ended, `${args.join(' ')} on ${host.name}: ${ended.stderr}`).toMatchObject({ exitCode: 0 });
    return ended.stdout;
  }

  const shown = async (host: Host, id: string) =>
    JSON.parse(await said(host, 'status', id, '--json')) as Shown;
  const listed = async (host: Host, ...more: string[]) =>
    (JSON.parse(await said(host, 'list', '--json', ...more)) as { sessions: Shown[] }).sessions;

  async function theOne(host: Host): Promise<Shown> {
    const [first, ...more] = await listed(host);
    if (first === undefined || more.length > 0) throw new Error(`${more.length + Number(!!first)} sessions`);
    return first;
  }

  /** Its page, from a host: the names of sessions are in no /etc/hosts. */
  async function opened(from: Host, url: string): Promise<number> {
    const { hostname, port } = new URL(url);
    const { stdout, stderr } = await from.run(sara(), [
      ...['/usr/bin/curl', '-q', '-sS', '--noproxy', '*', '--max-time', '20', '--cacert', proxy.caFile],
      ...['--resolve', `${hostname}:${port}:${site.proxyHost.address}`, '-o', '/dev/null'],
      ...['-w', '%{http_code}', '-L', '-c', '/dev/null', url],
    ]);
    expect(stderr).toBe('');
    return Number(stdout);
  }

  test('a session of login1 is all there on login2, and what login2 writes is seen on login1', async () => {
    const { login1, login2 } = site;
    const launched = JSON.parse(await said(login1, '-t', '10', '--json')) as Launched;
    const { id, jobId, name, url, directory } = launched;
    await said(login2, 'wait', name, '--until', 'ready', '--timeout', '60s');

    const host = 'login1.sj.example';
    expect(await listed(login2)).toMatchObject([{ id, jobId, state: 'ready', node: 'n1', host }]);
    expect(await shown(login2, jobId)).toMatchObject({ id, state: 'ready', node: 'n1' });
    expect(await said(login2, 'list')).toMatch(new RegExp(`^${jobId} .* n1 .* ${name}$`, 'm'));
    expect((await said(login2, 'url', id)).trim()).toBe(url);
    expect(await opened(login2, url)).toBe(200);
    expect(await said(login2, 'logs', name)).toContain(`start-jupyter: ${name} is mapped to this node`);

    expect(await said(login2, 'stop', jobId)).toContain(name);
    expect(await site.slurm.jobInState(jobId, ['CANCELLED'], 5000)).toBe('CANCELLED');
    expect(await opened(login1, url)).toBe(410);
    for (const secret of SECRETS) expect(existsSync(join(directory, secret))).toBe(false);
    const end = JSON.parse(readFileSync(join(directory, 'end.json'), 'utf8')) as Shown;
    expect(end).toMatchObject({ outcome: 'cancelled' });
    const { outcome, cause } = end;
    expect(await shown(login1, jobId)).toMatchObject({ state: 'ended', outcome, cause });
    expect(await listed(login1)).toMatchObject([{ id, state: 'ended', outcome }]);
  });

  test('one that waits on login1 is stopped from login2 before it ever ran', async () => {
    const { login1, login2 } = site;
    const held = ['-t', '10', '--json', '--scheduler-arg', '--hold'];
    const launched = JSON.parse(await said(login1, ...held)) as Launched;
    expect(await listed(login2)).toMatchObject([{ id: launched.id, state: 'queued' }]);
    await said(login2, 'stop', '--all');
    await site.slurm.jobInState(launched.jobId, ['CANCELLED'], 5000);
    expect(await opened(login1, launched.url)).toBe(410);
    expect(await shown(login1, launched.jobId)).toMatchObject({ state: 'ended', outcome: 'cancelled' });
  });

  test('--here on the node is shown from a login node as what it is', async () => {
    const { login1, login2 } = site;
    const running = site.typeJupyter(login1, sara(), ['--here'], {
      lines: lines(),
      wrap: ['/usr/bin/srun', '--pty', '-t', '10'],
    });
    await running.printed('stdout', /https:\/\/\S+token=[\w-]+/, START_MS);
    const [url = ''] = /https:\/\/\S+token=[\w-]+/.exec(stripVTControlCharacters(running.stdout())) ?? [];
    const { id } = await theOne(login2);
    expect(await opened(login2, url)).toBe(200);
    // Its processes cannot be seen from there; its allocation can.
    expect(await shown(login2, id)).toMatchObject({ state: 'ready', node: 'n1' });
    // No command of another host ends what a terminal over there holds, and nothing of it is taken.
    const stop = await on(login2, 'stop', id);
    expect(stop).toMatchObject({ exitCode: 2 });
    expect(stop.stderr + stop.stdout).toContain('n1');
    expect(await opened(login2, url)).toBe(200);

    running.write('\x03');
    await running.ended(60_000);
    expect(sessionDirectories(sara())).toEqual([]);
    expect(await listed(login2)).toEqual([]);
  });

  test('--here on a login node: from the other one nobody can tell, so that nothing is said to be over', async () => {
    const { login1, login2 } = site;
    const running = site.typeJupyter(login1, sara(), ['--here'], {
      lines: [...lines(), 'here_on_login_node: true'],
    });
    await running.printed('stdout', /https:\/\/\S+token=[\w-]+/, START_MS);
    const { id, state, why } = await theOne(login2);
    expect({ state, why }).toEqual({ state: 'unknown', why: expect.stringContaining('login1') as string });
    const [directory = ''] = sessionDirectories(sara());
    for (const secret of SECRETS) expect(existsSync(join(directory, secret))).toBe(true);
    expect(existsSync(join(directory, 'end.json'))).toBe(false);
    expect(await shown(login1, id)).toMatchObject({ state: 'ready' });
    running.write('\x03');
    await running.ended(60_000);
  });
});
