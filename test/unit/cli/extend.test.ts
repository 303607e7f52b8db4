/** `start-jupyter extend`, on a cluster of executables and with a site's program. */
import { existsSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../../src/session/record.js';
import { fakeCluster, type FakeCluster } from '../launched/fake-cluster.js';
import { tlsServer } from '../platform/tls-server.js';
import { fakeHost, outcomeOf } from './host.js';

let cluster: FakeCluster;

beforeEach(async () => {
  cluster = await fakeCluster();
});

afterEach(() => cluster.remove());

const SECRET = 'a-secret-of-the-right-length-1234567890';

/** As Slurm writes it, in local time. */
const slurmTime = (time: Date) =>
  new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
const inMinutes = (minutes: number) => new Date(Math.floor(Date.now() / 1000) * 1000 + minutes * 60_000);

/** Jobs that end when the file `end` says so. */
async function ending(at: Date): Promise<void> {
  await writeFile(join(cluster.home, 'end'), slurmTime(at));
  await cluster.replace(
    'squeue',
    `while [ $# -gt 0 ]; do [ "$1" = -j ] && id=$2; shift; done
printf '%s\\x1fRUNNING\\x1fNone\\x1fn1\\x1fN/A\\x1f%s\\x1fsj-%s\\n' "$id" "$(<'${cluster.home}/end')" "$id"`,
  );
}

/** A site whose program is this script; by default one that lengthens. */
async function site(script = `echo '${slurmTime(inMinutes(90))}' >'${cluster.home}/end'; echo done`) {
  const hook = join(cluster.home, 'more time');
  const body = script.startsWith('#!') ? script : `#!/bin/bash\n${script}\n`;
  await writeFile(hook, body);
  await chmod(hook, 0o755);
  return await withHook(hook);
}

async function withHook(hook?: string) {
  const config = join(cluster.home, 'systems.yaml');
  const hooks = hook === undefined ? '' : `    hooks:\n      extend: ${JSON.stringify(hook)}\n`;
  await writeFile(config, `systems:\n  hpc:\n    scheduler: slurm\n${hooks}`);
  return { config, env: { START_JUPYTER_CONFIG: config } };
}

const extend = (args: string[], env: Record<string, string> = {}) =>
  outcomeOf(['extend', ...args], fakeHost({ env: { ...cluster.env, ...env } }));

const running = async (record: Partial<SessionRecord> = {}, files: Record<string, string> = {}) => {
  const directory = await cluster.add({
    jobId: '12',
    state: 'RUNNING',
    record,
    files: { 'ready.json': '{"node":"n1"}', ...files },
  });
  await ending(inMinutes(30));
  return directory;
};

describe.skipIf(process.platform === 'win32')('start-jupyter extend', () => {
  it('asks the site’s program, and says the scheduler’s new end', async () => {
    const directory = await running({}, { warning: '2026-01-01T00:00:00Z\n' });
    const asked = join(cluster.home, 'asked');
    const { env } = await site(
      `printf '%s\\n' "$@" >'${asked}'; env >>'${asked}'; echo working; echo '${slurmTime(inMinutes(90))}' >'${cluster.home}/end'; echo 'granted; $(x)'`,
    );
    const { status, stdout, stderr } = await extend(['1h', '12'], {
      ...env,
      SECRET_OF_MINE: 'x',
      SLURM_CONF: '/etc/slurm/own.conf',
    });
    expect(stderr).toBe('Asking your site for 1 hour more ...\ngranted; $(x)\n');
    expect(stdout).toMatch(/^The session now ends at \d\d:\d\d.*: 1 hour (29|30) minutes are left\.\n$/);
    expect(status).toBe(0);
    const said = (await readFile(asked, 'utf8')).split('\n');
    expect(said.slice(0, 2)).toEqual(['12', '3600']);
    expect(said).toContain('START_JUPYTER_SYSTEM=hpc');
    expect(said).toContain('START_JUPYTER_SCHEDULER=slurm');
    expect(said).toContain('SLURM_CONF=/etc/slurm/own.conf');
    expect(said.join()).not.toContain('SECRET_OF_MINE');
    // For the job's own clock, and for whoever looks.
    expect(Number(await readFile(join(directory, 'extended'), 'utf8'))).toBeGreaterThan(
      Date.now() / 1000 + 85 * 60,
    );
    expect(existsSync(join(directory, 'warning'))).toBe(false);
  });

  it('prints one object for programs', async () => {
    await running();
    const { env } = await site();
    const { stdout, stderr } = await extend(['60', '--json'], env);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, jobId: '12', extended: true, said: 'done' });
    expect(stderr).toBe('');
  });

  it('tells the proxy, so that the session is served for as long', async () => {
    const calls: string[] = [];
    const server = await tlsServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        calls.push(
          [request.method, request.url, request.headers.authorization, Buffer.concat(chunks)].join(' '),
        );
        response.setHeader('Start-Jupyter-Api', '1');
        response.end('{"name":"wise-apple-photo","phase":"ready"}');
      });
    });
    await running(
      {
        name: 'wise-apple-photo',
        url: `https://wise-apple-photo.test.localhost:${server.port}/`,
        endpoint: `test.localhost:${server.port}`,
        protocol: 'v1',
      },
      { 'redeem.secret': SECRET, 'ca.pem': server.ca },
    );
    const { env } = await site();
    const { status, stderr } = await extend(['60'], env);
    expect([status, stderr]).toEqual([0, 'Asking your site for 1 hour more ...\ndone\n']);
    const [call = ''] = calls;
    expect(call).toMatch(
      /^PUT \/api\/v1\/sessions\/wise-apple-photo\/ending Bearer a-secret\S+ \{.*"near":false\}$/,
    );
  });

  it('has lengthened it also where the proxy cannot be told, and says so', async () => {
    await running(
      {
        name: 'wise-apple-photo',
        url: 'https://wise-apple-photo.test.localhost:1/',
        endpoint: 'test.localhost:1',
        protocol: 'v1',
      },
      { 'redeem.secret': SECRET },
    );
    const { env } = await site();
    const { status, stdout, stderr } = await extend(['60', '12'], env);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^The session now ends at/);
    expect(stderr).toMatch(/Warning: The proxy could not be told.*start-jupyter extend 1 12/);
  });

  it('repeats no more than a person reads of it, and waits for nothing that it leaves behind', async () => {
    await running();
    const { env } = await site(
      `setsid sleep 30 & echo '${slurmTime(inMinutes(90))}' >'${cluster.home}/end'; head -c 2000000 /dev/zero | tr '\\0' x`,
    );
    const { status, stderr } = await extend(['60'], env);
    expect(status).toBe(0);
    expect(stderr.length).toBeLessThan(2000);
  });

  it('says what the site’s program says where it refuses', async () => {
    await running();
    const { env } = await site('echo "not before Friday" >&2; exit 3');
    const { status, stdout, stderr } = await extend(['60'], env);
    expect([status, stdout]).toEqual([6, '']);
    expect(stderr).toContain('Your site did not give this session more time.');
    expect(stderr).toContain('not before Friday');
  });

  it(
    'does not take "done" for more time where the scheduler says otherwise',
    { timeout: 20_000 },
    async () => {
      const directory = await running();
      const { env } = await site('echo done');
      const { status, stdout, stderr } = await extend(['60', '12'], env);
      expect([status, stdout]).toEqual([0, '']);
      expect(stderr).toMatch(/the scheduler still ends the session at .*start-jupyter status 12/);
      expect(existsSync(join(directory, 'extended'))).toBe(false);
    },
  );

  it.each([
    ['is not there', async () => withHook('/no/such/program')],
    [
      'may not be executed',
      async () => {
        const made = await site();
        await chmod(join(cluster.home, 'more time'), 0o644);
        return made;
      },
    ],
    ['is no program', async () => site('#!/no/such/interpreter\nx')],
  ])('names file and line where the site’s program %s', async (_what, made) => {
    await running();
    const { env, config } = await made();
    const { status, stderr } = await extend(['60'], env);
    expect(status).toBe(3);
    expect(stderr).toContain(`${config}:4: hooks.extend names `);
  });

  it('explains where the site has no program, or no word of the system any more', async () => {
    await running();
    for (const { env } of [await withHook(), { env: {} }]) {
      const { status, stderr } = await extend(['60'], env);
      expect(status).toBe(2);
      expect(stderr).toContain('Only administrators can lengthen a job that runs on hpc');
      expect(stderr).toContain('start-jupyter again 12 -t TIME');
      expect(stderr).not.toContain('Asking your site');
    }
  });

  it('asks nobody about a session that does not run for sure', async () => {
    const { env } = await site(`touch '${cluster.home}/asked'`);
    await cluster.add({ jobId: '13', state: 'PENDING' });
    await cluster.add({ jobId: '14', end: { cause: 'It was cancelled.' } });
    await cluster.add({ jobId: '15', state: 'RUNNING', record: { jobName: 'another' } });
    const [queued, ended, unknown] = await Promise.all(
      ['13', '14', '15'].map((id) => extend(['60', id], env)),
    );
    expect([queued!.status, ended!.status, unknown!.status]).toEqual([2, 2, 6]);
    expect(queued!.stderr).toContain('waits in the queue');
    expect(ended!.stderr).toContain('This session has ended. It was cancelled.');
    expect(unknown!.stderr).toContain('Nothing was done.');
    expect(existsSync(join(cluster.home, 'asked'))).toBe(false);
  });

  it('lengthens the allocation around a session in place', async () => {
    await running({ scheduler: 'local', jobId: 'local-1-1', allocation: '77', host: 'n1.example.org' });
    const asked = join(cluster.home, 'asked');
    const { env } = await site(
      `echo "$@" >'${asked}'; echo '${slurmTime(inMinutes(90))}' >'${cluster.home}/end'`,
    );
    const { status, stdout } = await extend(['60'], env);
    expect(stdout).toMatch(/^The session now ends at/);
    expect(status).toBe(0);
    expect(await readFile(asked, 'utf8')).toBe('77 3600\n');
  });

  it('says of a session without a scheduler that its time stays', async () => {
    await cluster.add({ record: { scheduler: 'local', jobId: 'local-1-1' } });
    const { status, stderr } = await extend(['60']);
    expect(status).toBe(2);
    expect(stderr).toContain('runs without a scheduler');
  });

  it.each(['', 'soon', '0', '2:30'])('takes no %j for a time', async (time) => {
    const { status } = await extend([time]);
    expect(status).toBe(2);
  });
});
