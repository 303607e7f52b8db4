/** Whole launches to which ssh leads: no proxy is there, and none is asked. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeHost, outcomeOf, type FakeHost } from '../cli/host.js';
import { fakeCluster, type FakeCluster } from '../launched/fake-cluster.js';

let cluster: FakeCluster;

beforeEach(async () => {
  cluster = await fakeCluster();
  await cluster.replace('jupyter', 'echo "jupyterlab : 4.2.0"; echo "jupyter_server : 2.14.0"');
  await cluster.replace('sinfo', 'echo "debug|30:00|up"');
  await submits('n1', { way: 'socket', port: 0, socket: '/tmp/sj-aB3dE5gH/jupyter.sock' });
});

afterEach(() => cluster.remove());

/** sbatch, whose job says at once where Jupyter is, if it does. */
async function submits(node: string, ready?: object): Promise<void> {
  const said = ready && JSON.stringify({ node, address: '127.0.0.1', pid: 1, ...ready });
  await cluster.replace(
    'sbatch',
    `for word; do case $word in */batch.sh) place=\${word%/batch.sh} ;; esac; done
while read -r key name; do [ "$key" = '"jobName":' ] && break; done <"$place/session.json"
name=\${name#\\"} name=\${name%\\",}
echo RUNNING >'${cluster.home}/jobs/4242'
echo "$name" >'${cluster.home}/name'
${said === undefined ? '' : `printf '%s' '${said}' >"$place/ready.json"`}
echo 4242`,
  );
  // As the queue of the cluster, with the job's real name.
  await cluster.replace(
    'squeue',
    `IFS= read -r state <'${cluster.home}/jobs/4242'; IFS= read -r name <'${cluster.home}/name'
printf '4242\\x1f%s\\x1fNone\\x1fn1\\x1fN/A\\x1fN/A\\x1f%s\\n' "$state" "$name"`,
  );
}

function configure(...lines: string[]): void {
  const folder = join(cluster.home, '.config', 'start-jupyter');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'systems.yaml'),
    `systems:\n  hpc:\n${['scheduler: slurm', ...lines].map((line) => `    ${line}\n`).join('')}`,
  );
}

const host = (env: Record<string, string> = {}, terminal = false): FakeHost =>
  fakeHost({ cwd: cluster.home, env: { ...cluster.env, ...env }, terminal });
const launch = (args: string[], env: Record<string, string> = {}, terminal = false) =>
  outcomeOf(['--system', 'hpc', ...args], host(env, terminal));

const place = () => join(cluster.sessions, readdirSync(cluster.sessions)[0] ?? 'nothing');
const inPlace = (name: string) => readFileSync(join(place(), name), 'utf8');
const recorded = () => JSON.parse(inPlace('session.json')) as { localPort: number; [key: string]: unknown };
const onPosix = describe.skipIf(process.platform === 'win32');

onPosix('a launch to which ssh leads', () => {
  it('waits until Jupyter says where it is, and prints the command and the link', async () => {
    configure('connect: ssh', 'ssh_host: login.example.org');
    const { status, stdout, stderr } = await launch([]);
    const { localPort, ...record } = recorded();
    expect(localPort).toBeGreaterThanOrEqual(20_000);
    const { username } = userInfo();
    expect(stdout.split('\n')).toEqual([
      'On your own computer, in a terminal (on Windows: PowerShell), run:',
      `ssh -N -o ExitOnForwardFailure=yes -J ${username}@login.example.org -L 127.0.0.1:${localPort}:/tmp/sj-aB3dE5gH/jupyter.sock ${username}@n1`,
      '',
      'Then open this in the browser there:',
      `http://localhost:${localPort}/lab?token=${inPlace('token')}`,
      '',
    ]);
    expect(status).toBe(0);
    expect(record).toMatchObject({ connect: 'ssh', sshHost: 'login.example.org', jobId: '4242' });
    expect(Object.keys(record)).not.toContain('name');
    expect(Object.keys(record)).not.toContain('endpoint');
    expect(stderr + inPlace('session.json')).not.toContain(inPlace('token'));
  });

  it('gives the job what it chooses from, and a Jupyter that serves localhost alone', async () => {
    configure('connect: ssh', 'ssh_ways: [loopback, address]');
    await submits('n1', { way: 'loopback', port: 20001 });
    expect((await launch(['--local-port', '9000'])).stdout).toContain('-L 127.0.0.1:9000:127.0.0.1:20001');
    const settings = inPlace('settings');
    expect(settings).toContain("sj_connect='ssh'");
    expect(settings).toContain("sj_ssh_ways='loopback address'");
    expect(settings).not.toContain('sj_manage');
    expect(readdirSync(place())).not.toContain('redeem.secret');
    const config = JSON.parse(inPlace('jupyter_config.json')) as Record<string, Record<string, unknown>>;
    expect(config['ServerApp']).toMatchObject({ allow_remote_access: false, certfile: '' });
    expect(config['IdentityProvider']).toMatchObject({ secure_cookie: null, cookie_options: {} });
    for (const name of ['token', 'key.pem', 'certificate.pem', 'jupyter_config.json']) {
      expect((statSync(join(place(), name)).mode & 0o777).toString(8), name).toBe('600');
    }
  });

  it('is two lines with --quiet, and an object with --json', async () => {
    configure('connect: ssh', 'ssh_host: login.example.org');
    const quiet = await launch(['-q', '--local-port', '9000']);
    expect(quiet.stderr).toBe('');
    expect(quiet.stdout).toMatch(/^ssh -N [^\n]+\nhttp:\/\/localhost:9000\/lab\?token=[\w-]{43}\n$/);
    const { stdout } = await launch(['--json', '--local-port', '9001']);
    const { connect, ...others } = JSON.parse(stdout) as { connect: Record<string, unknown> };
    expect(others).toMatchObject({ version: 1, jobId: '4242', system: 'hpc' });
    expect(connect).toMatchObject({ way: 'socket', localPort: 9001, node: 'n1' });
    expect(connect['url']).toMatch(/^http:\/\/localhost:9001\/lab\?token=/);
  });

  it('returns at once where it shall not wait, and says how to go on', async () => {
    configure('connect: ssh');
    await submits('n1');
    const { status, stdout, stderr } = await launch(['--no-wait']);
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toContain('start-jupyter connect 4242');
    expect(await launch(['--no-wait', '-q'])).toMatchObject({ stdout: '4242\n', stderr: '' });
  });

  it('leaves the job alone when its time of waiting is over', async () => {
    configure('connect: ssh');
    await submits('n1');
    const { status, stdout, stderr } = await launch(['--timeout', '1s']);
    expect([status, stdout]).toEqual([8, '']);
    expect(stderr).toContain('The job goes on');
    expect(await cluster.calls('scancel')).toEqual([]);
    expect(readdirSync(cluster.sessions)).toHaveLength(1);
  });

  it('names the host that the allocation was asked for on, and warns of a name without a domain', async () => {
    configure('connect: ssh');
    await cluster.replace('getent', 'echo "10.0.0.7 login3.example.org login3"');
    const inside = { SLURM_JOB_ID: '77', SLURM_SUBMIT_HOST: 'login3' };
    expect((await launch([], inside)).stdout).toContain(`-J ${userInfo().username}@login3.example.org `);
    await cluster.replace('getent', 'exit 2');
    const { stdout, stderr } = await launch([], inside);
    expect(stdout).toContain(`-J ${userInfo().username}@login3 `);
    expect(stderr).toContain('login3 may not be known outside');
    expect(stderr).toContain('ssh_host');
  });

  it('lets ssh lead to no socket of a Jupyter that knows none', async () => {
    configure('connect: ssh');
    await cluster.replace('jupyter', 'echo "notebook : 6.0.3"');
    await launch(['--no-wait']);
    expect(inPlace('settings')).toContain("sj_ssh_ways='loopback address'");
    expect(await launch(['--ssh-way', 'socket'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('too old for --ssh-way socket') as string,
    });
  });
});

onPosix('what is said about ssh', () => {
  const submitted = async () => (await cluster.calls('sbatch')).length;

  it.each([
    { args: ['--connect', 'ssh', '--endpoint', 'jupyter.example.org'], says: '--connect ssh and --endpoint' },
    { args: ['--connect', 'proxy', '--ssh-way', 'socket'], says: '--ssh-way says something about ssh' },
    { args: ['--endpoint', 'jupyter.example.org', '--local-port', '9000'], says: '--local-port says' },
    { args: ['--connect', 'ssh', '--ssh-way', 'socket'], says: '--ssh-way socket is not offered on hpc' },
    { args: ['--connect', 'carrier-pigeon'], says: '--connect cannot be "carrier-pigeon"' },
  ])('is refused where it contradicts itself: $args', async ({ args, says }) => {
    configure('ssh_ways: [loopback]');
    for (const dry of [[], ['--dry-run']]) {
      const { status, stderr } = await launch([...args, ...dry]);
      expect(stderr).toContain(says);
      expect(status).toBe(2);
    }
    expect(await submitted()).toBe(0);
    expect(readdirSync(cluster.sessions)).toEqual([]);
  });

  it('is typed before it is set, and a proxy that is named beats what the system says', async () => {
    configure('connect: ssh');
    const proxy = { START_JUPYTER_ENDPOINT: 'test.localhost:1' };
    expect((await launch(['--connect', 'ssh', '--no-wait'], proxy)).status).toBe(0);
    expect((await launch(['--no-wait'], proxy)).status).toBe(5);
    expect((await launch(['--connect', 'proxy', '--no-wait'])).stderr).toContain('No proxy is known');
    const both = await launch(['--no-wait'], { ...proxy, START_JUPYTER_CONNECT: 'ssh' });
    expect(both.stderr).toContain('START_JUPYTER_CONNECT ssh and START_JUPYTER_ENDPOINT do not go together');
    // Set for all launches, it says nothing about one with a proxy.
    const port = await launch(['--no-wait'], { ...proxy, START_JUPYTER_LOCAL_PORT: '9000' });
    expect(port.status).toBe(5);
  });

  it('is the configuration’s fault where no way is left', async () => {
    configure('connect: ssh', 'ssh_ways: [socket]');
    await cluster.replace('jupyter', 'echo "notebook : 6.0.3"');
    const { status, stderr } = await launch([]);
    expect(stderr).toContain('lets ssh lead to a socket only');
    expect(status).toBe(3);
    expect(await submitted()).toBe(0);
  });

  it('is said by --info', async () => {
    configure('connect: ssh', 'ssh_host: login.example.org:2222');
    const { stderr } = await launch(['--info', '--dry-run']);
    expect(stderr).toContain('Reached by: ssh through login.example.org:2222, to the first of these');
    expect(stderr).toContain('socket, loopback, address');
  });
});

onPosix('a launch on this very machine to which ssh leads', () => {
  it('prints the same in the foreground, and gives everything back at its end', async () => {
    const bin = join(cluster.home, 'bin');
    mkdirSync(bin);
    copyFileSync(join(import.meta.dirname, '../job/stand-in-jupyter.py'), join(bin, 'stand-in'));
    const script = `case "$*" in *--config*) exec /usr/bin/python3 '${bin}/stand-in' "$@" ;; esac; echo "notebook : 7.2.0"`;
    writeFileSync(join(bin, 'jupyter'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const { username } = userInfo();
    const own = host({ PATH: `${bin}:/usr/bin:/bin` });
    const ways = ['--ssh-way', 'address', '--local-port', '9000'];
    const done = outcomeOf(['--system', 'local', '--connect', 'ssh', ...ways], own);
    await expect.poll(() => own.stderr.text, { timeout: 20_000 }).toContain('Ctrl-C ends it');
    own.interrupt();
    const { status, stdout } = await done;
    expect(stdout).toMatch(
      new RegExp(`^ssh -N -o \\S+ -L 127.0.0.1:9000:[\\w-]+:\\d+ ${username}@[\\w.-]+$`, 'm'),
    );
    expect(stdout).toMatch(/^https:\/\/localhost:9000\/tree\?token=[\w-]{43}$/m);
    expect(status).toBe(0);
    expect(readdirSync(cluster.sessions)).toEqual([]);
  });
});
