/** The job where ssh leads to it: what it chooses on its node, with real servers of both generations, and who gets in. */
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders, RequestOptions } from 'node:http';
import { request as plain } from 'node:http';
import { request as overTls } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Agent, buildConnector, WebSocket } from 'undici';
import { describe, expect, it } from 'vitest';
import { parseReady, type ReadySsh } from '../../../src/launched/ready-file.js';
import type { SshWay } from '../../../src/site/schema.js';
import { startControl } from './control.js';
import { jupyter4, notebook6, runCode } from './real-jupyter.js';
import { canRunJobs, type JobSession, makeSession, type RunningJob, type SessionOptions } from './session.js';

/** On the person's own computer. */
const LOCAL = 'localhost:23456';

interface Ready extends ReadySsh {
  session: JobSession;
  job: RunningJob;
}

interface Node {
  /** Whether an ssh server listens there. Default: it does. */
  ssh?: boolean;
  under?: readonly string[];
}

/** A job on a node; it is ended and everything of it removed. No proxy is there, and none is asked. */
async function onNode(
  options: Partial<SessionOptions> & { sshWays: readonly SshWay[] },
  check: (session: JobSession, job: RunningJob) => Promise<void>,
  { ssh = true, under = [] }: Node = {},
): Promise<void> {
  const control = await startControl();
  const sshd = createServer().listen(0, '127.0.0.1');
  await once(sshd, 'listening');
  const { port } = sshd.address() as AddressInfo;
  if (!ssh) sshd.close();
  const limits = { sj_ssh_port: port, ...options.limits };
  const session = await makeSession({ control, ...options, limits });
  rmSync(join(session.directory, 'redeem.secret'));
  const job = session.start(under);
  try {
    await check(session, job);
    expect(control.calls).toEqual([]);
  } finally {
    job.terminate();
    await job.ended;
    await session.remove();
    sshd.close();
    await control.close();
  }
}

async function whenReady(
  options: Partial<SessionOptions> & { sshWays: readonly SshWay[] },
  check: (ready: Ready) => Promise<void>,
  node: Node = {},
): Promise<void> {
  await onNode(
    options,
    async (session, job) => {
      await job.said('ssh can lead to it now', 60_000);
      const ready = parseReady(await session.read('ready.json'));
      expect(ready, await session.read('ready.json')).toBeDefined();
      await check({ ...ready!, session, job });
    },
    node,
  );
}

/** What ssh's end on the node (or, for `address`, on the login host) connects to. */
function target({ way, target: at }: ReadySsh): { socketPath: string } | { host: string; port: number } {
  if (way === 'socket') return { socketPath: at };
  return { host: '127.0.0.1', port: Number(at.split(':')[1]) };
}

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
}

async function ask(
  ready: Ready,
  path: string,
  { headers = {}, method = 'GET' }: { headers?: Record<string, string>; method?: string } = {},
): Promise<Reply & { body: string }> {
  const tls = ready.way === 'address' && {
    ca: await ready.session.read('certificate.pem'),
    servername: 'localhost',
  };
  const options: RequestOptions = {
    ...target(ready),
    path,
    method,
    headers: { host: LOCAL, ...headers },
    ...tls,
  };
  return new Promise((resolve, reject) => {
    const call = (tls ? overTls : plain)(options, (answer) => {
      let body = '';
      answer.on('data', (data: Buffer) => (body += data.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
    call.on('error', reject);
    call.end(method === 'POST' ? '{}' : undefined);
  });
}

async function openChannels(
  ready: Ready,
  kernel: string,
  headers: Record<string, string>,
): Promise<WebSocket | undefined> {
  const tls = ready.way === 'address';
  const to = target(ready);
  const through = buildConnector({
    ...('socketPath' in to ? to : {}),
    ...(tls ? { ca: await ready.session.read('certificate.pem') } : {}),
  });
  const connect: buildConnector.connector = (options, done) =>
    through({ ...options, hostname: '127.0.0.1', ...('port' in to ? { port: String(to.port) } : {}) }, done);
  const url = `${tls ? 'wss' : 'ws'}://${LOCAL}/api/kernels/${kernel}/channels`;
  const socket = new WebSocket(url, { dispatcher: new Agent({ connect }), headers });
  return new Promise((resolve) => {
    socket.addEventListener('open', () => resolve(socket));
    socket.addEventListener('error', () => resolve(undefined));
  });
}

const SERVERS = [
  {
    what: 'Notebook 6',
    jupyter: notebook6,
    server: 'notebook',
    page: '/tree',
    ways: ['socket', 'loopback', 'address'],
  },
  { what: 'Notebook 7', jupyter: jupyter4, server: 'notebook', page: '/tree', ways: ['socket'] },
  {
    what: 'JupyterLab 4',
    jupyter: jupyter4,
    server: 'jupyterlab',
    page: '/lab',
    ways: ['socket', 'loopback', 'address'],
  },
] as const;

describe
  .skipIf(!canRunJobs)
  .each(SERVERS.flatMap(({ ways, ...facts }) => ways.map((way) => ({ ...facts, way }))))(
  '$what, to which ssh leads by its $way',
  ({ jupyter, server, page, way }) => {
    const environment = { sj_PATH: '/usr/bin:/bin' };

    it.skipIf(jupyter === undefined)(
      'is opened by the token alone, serves a browser at localhost and listens nowhere else',
      async () => {
        const options = { sshWays: [way], jupyter: jupyter!, server, environment } as const;
        await whenReady(options, async (ready) => {
          const { session, job } = ready;
          expect(ready.way).toBe(way);
          expect(await listening(ready)).toEqual(
            { socket: [], loopback: ['0100007F'], address: ['00000000'] }[way],
          );
          if (way === 'socket') expectPrivate(ready.target);
          const authorization = `token ${session.token}`;
          const token = `?token=${session.token}`;
          expect((await ask(ready, '/api/status')).status).toBe(403);
          expect((await ask(ready, '/api/status', { headers: { authorization: 'token x' } })).status).toBe(
            403,
          );
          expect((await ask(ready, '/api/status', { headers: { authorization } })).status).toBe(200);
          // A page of another name that leads to the same port gets nothing.
          const foreign = { host: 'evil.example:23456', authorization };
          expect((await ask(ready, '/api/status', { headers: foreign })).status).toBe(403);

          const login = await ask(ready, `${page}${token}`);
          expect(login.status).toBeLessThan(400);
          const cookies = login.headers['set-cookie'] ?? [];
          const loginCookie = cookies.find((cookie) => cookie.startsWith('username-localhost-23456='));
          expect(loginCookie).toMatch(/; httponly/i);
          if (way === 'address') expect(loginCookie).toMatch(/; secure/i);
          else expect(cookies.join('\n')).not.toMatch(/; secure/i);
          const cookie = cookies.map((text) => text.split(';')[0]).join('; ');
          expect((await ask(ready, page, { headers: { cookie } })).status).toBe(200);

          const started = await ask(ready, '/api/kernels', { method: 'POST', headers: { authorization } });
          const { id } = JSON.parse(started.body) as { id: string };
          expect(await openChannels(ready, id, { cookie, origin: 'https://evil.example' })).toBeUndefined();
          const origin = `${way === 'address' ? 'https' : 'http'}://${LOCAL}`;
          const channels = await openChannels(ready, id, { cookie, origin });
          expect(await runCode(channels!, 'print(6 * 7)')).toBe('42\n');
          channels!.close();
          expect(job.log()).not.toContain(session.token);
        });
      },
      60_000,
    );
  },
);

/** Nobody else can even see it, and its path is the same in every shell. */
function expectPrivate(path: string): void {
  const mode = (of: string) => (statSync(of).mode & 0o777).toString(8);
  expect(statSync(path).isSocket()).toBe(true);
  expect([mode(path), mode(dirname(path))]).toEqual(['600', '700']);
  expect(path).toMatch(/^[\w./-]{1,100}$/);
}

/** On which addresses Jupyter listens on TCP, as the kernel writes them. */
async function listening({ session }: Ready): Promise<string[]> {
  const { pid } = JSON.parse(await session.read('ready.json')) as { pid: number };
  const names = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  const inodes = links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]);
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  );
  return tables
    .flatMap((table) => table.trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && inodes.includes(inode))
    .map(([, local = '']) => local.split(':')[0] ?? '');
}

describe.skipIf(!canRunJobs)('which way ssh takes', () => {
  const EVERY = ['socket', 'loopback', 'address'] as const;

  it.concurrent('is the first that is allowed', async () => {
    await whenReady({ sshWays: EVERY }, ({ way }) => {
      expect(way).toBe('socket');
      return Promise.resolve();
    });
  });

  it.concurrent('is loopback where a socket is not allowed', async () => {
    await whenReady({ sshWays: ['loopback', 'address'] }, ({ way, target }) => {
      expect([way, target]).toEqual(['loopback', expect.stringMatching(/^127\.0\.0\.1:\d+$/)]);
      return Promise.resolve();
    });
  });

  it.concurrent('is the address where no ssh server listens on the node', async () => {
    const check = async ({ way, target, node, session }: Ready) => {
      expect(way).toBe('address');
      expect(target).toMatch(new RegExp(`^${node}:\\d+$`));
      expect(JSON.parse(await session.read('ready.json'))).toMatchObject({ address: '0.0.0.0', socket: '' });
    };
    await whenReady({ sshWays: EVERY }, check, { ssh: false });
  });

  it.concurrent('is none where none is left, and the job says what stands against each', async () => {
    const check = async (session: JobSession, job: RunningJob) => {
      expect(await job.ended).toBe(1);
      const said = await session.read('outcome');
      expect(said).toMatch(/^failed: ssh has no way to Jupyter on node [\w-]+ \(/);
      expect(said).toMatch(/\(socket: no ssh server listens on node .*; loopback: no ssh server listens/);
      expect(session.secretsLeft()).toEqual([]);
    };
    await onNode({ sshWays: ['socket', 'loopback'] }, check, { ssh: false });
  });

  it.skipIf(process.geteuid?.() !== 0)(
    'leads to no socket in a folder that is the job’s alone (needs root to mount one)',
    async () => {
      const place = await mkdtemp(join(tmpdir(), 'sj-own-'));
      const [behind, own] = ['behind', 'own'].map((name) => join(place, name)) as [string, string];
      for (const folder of [behind, own]) mkdirSync(folder);
      const mount = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
      const under = ['/usr/bin/unshare', '--mount', '/bin/bash', '-c', mount, 'bash', behind, own];
      const env = { SLURM_TMPDIR: own };
      try {
        const options = { sshWays: EVERY, env };
        await whenReady(
          options,
          ({ way, target }) => {
            expect([way, dirname(dirname(target))]).toEqual(['socket', '/tmp']);
            return Promise.resolve();
          },
          { under },
        );
      } finally {
        await rm(place, { recursive: true, force: true });
      }
    },
  );

  it.concurrent('leaves a folder alone whose name a shell would change', async () => {
    const place = await mkdtemp(join(tmpdir(), 'sj-a b-'));
    try {
      await whenReady({ sshWays: ['socket', 'loopback'], env: { TMPDIR: place } }, ({ way }) => {
        expect(way).toBe('socket');
        return Promise.resolve();
      });
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  });
});

describe.skipIf(!canRunJobs)('a port on loopback that is somebody else’s', () => {
  async function stolen(session: JobSession): Promise<string> {
    const file = join(session.place, 'bin', 'stolen');
    return existsSync(file) ? readFile(file, 'utf8') : '';
  }

  it.concurrent('is left alone: another one is taken, and its owner gets no token', async () => {
    await whenReady({ sshWays: ['loopback'], behaviour: 'squatted' }, async ({ session, job }) => {
      expect(job.log()).toContain("is somebody else's, trying another one");
      expect(await stolen(session)).not.toContain(session.token);
    });
  });

  it.skipIf(process.geteuid?.() !== 0)(
    'is sent nothing, also where Jupyter seems to listen (needs root for another user)',
    async () => {
      const options = {
        sshWays: ['loopback'],
        behaviour: 'usurped',
        limits: { sj_start_seconds: 3 },
      } as const;
      await onNode(options, async (session, job) => {
        expect(await job.ended).toBe(1);
        expect(await session.read('outcome')).toMatch(/did not answer on port \d+ within 3 s/);
        expect(await stolen(session)).toBe('');
      });
    },
  );
});

describe.skipIf(!canRunJobs)('a node with few tools', () => {
  it.concurrent.each([
    { has: 'python3 alone', tools: ['python3'] },
    { has: 'wget, which knows no sockets, and python3', tools: ['wget', 'python3'] },
  ])('finds Jupyter at its socket with $has', async ({ tools }) => {
    await whenReady({ sshWays: ['socket'], tools }, ({ way }) => {
      expect(way).toBe('socket');
      return Promise.resolve();
    });
  });
});
