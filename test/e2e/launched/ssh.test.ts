/**
 * SSH in the place of a proxy, for real: the printed command, run as it was printed on a person's own computer that
 * reaches the login nodes alone, and the printed link in Chromium there; and what a neighbour on the node gets: nothing.
 */
import { copyFileSync, chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { describeOnBed, theBed } from '../bed/bed.js';
import { startBrowser } from '../bed/browser.js';
import { asRoot, listens, type Host } from '../bed/hosts.js';
import { forgetSessions, sessionDirectories, sessionOfJob } from '../bed/launches.js';
import { interfaceOf, runCell } from '../bed/notebook.js';
import { readIfThere } from '../bed/prying.js';
import type { Running } from '../bed/processes.js';
import { startSite, startSsh, type AtSite, type Site, type SshSite } from '../bed/site.js';
import { user, type User } from '../bed/users.js';

const START_MS = 90_000;
/** In the owner's home: what nobody else is to see. */
const PRIVATE = 'nobody-else-sees-this';

type Way = 'socket' | 'loopback' | 'address';

interface Printed {
  command: string;
  url: string;
  localPort: number;
  token: string;
}

describeOnBed('ssh in the place of a proxy', () => {
  let site: Site;
  let ssh: SshSite;
  const sara = () => user(theBed().users.sara);
  const tina = () => user(theBed().users.tina);
  const vera = () => user(theBed().users.vera);

  beforeAll(async () => {
    site = await startSite();
    ssh = await startSsh(site, vera(), sara());
    await site.node.run(sara(), ['/bin/bash', '-c', `echo ${PRIVATE} >${PRIVATE}.txt`]);
  });

  afterEach(async () => {
    await site.slurm.clear();
    forgetSessions(sara());
    for (const left of ['Untitled.ipynb', '.jupyter', '.ipynb_checkpoints']) {
      rmSync(join(sara().home, left), { recursive: true, force: true });
    }
  });

  afterAll(async () => {
    rmSync(join(sara().home, `${PRIVATE}.txt`), { force: true });
    await ssh.end();
    await site.end();
  });

  /** What the node offers to ssh, and what the site says, so that the job takes this way by itself. */
  const NODE: Record<Way, { server: Parameters<SshSite['nodeServer']>[0]; lines: string[] }> = {
    socket: { server: {}, lines: ['connect: ssh'] },
    loopback: { server: { sockets: false }, lines: ['connect: ssh', 'ssh_ways: [loopback, address]'] },
    address: { server: 'none', lines: ['connect: ssh'] },
  };

  async function launch(way: Way, args: readonly string[] = [], options: AtSite = {}): Promise<Session> {
    await ssh.nodeServer(NODE[way].server);
    const launched = await site.startJupyter(site.login1, sara(), ['-t', '10', ...args], {
      ...options,
      lines: NODE[way].lines,
      limitMs: START_MS,
    });
    expect(launched, launched.stderr).toMatchObject({ exitCode: 0 });
    return opened(way, launched.stdout);
  }

  interface Session extends Printed {
    way: Way;
    directory: string;
    ready: { node: string; way: string; address?: string; port?: number; socket?: string; pid: number };
  }

  function opened(way: Way, text: string): Session {
    const printed = readPrinted(text);
    const directory = sessionDirectories(sara()).at(-1) ?? '';
    const ready = JSON.parse(readFileSync(join(directory, 'ready.json'), 'utf8')) as Session['ready'];
    expect(ready).toMatchObject({ node: 'n1', way });
    expect(printed.command).not.toContain(printed.token);
    return { ...printed, way, directory, ready };
  }

  /** The command, typed into a shell of the laptop. Resolves once its port can be used. */
  async function tunnel({ command, localPort }: Printed): Promise<Running> {
    const running = site.laptop.start(vera(), ['/bin/bash', '-c', command]);
    await Promise.race([
      listens(site.laptop, localPort),
      // Never: it throws at the command's end, with what it said.
      running.printed('stderr', /(?!)/, 30_000),
    ]);
    return running;
  }

  /** As a person does it: the command in a terminal, the link in the browser, a cell. */
  async function useIt(session: Session): Promise<{ shown: string; result: string }> {
    const running = await tunnel(session);
    const browser = await startBrowser(certificatesOf(session), [], { host: site.laptop, person: vera() });
    try {
      const page = await browser.open(session.url);
      const shown = await interfaceOf(page);
      const cell = await runCell(page, '6*7');
      expect(tokenInArguments(session.token)).toEqual([]);
      // Nothing went wrong on the way, and nobody was asked anything.
      expect(running.stdout() + running.stderr()).toBe('');
      return { shown, result: cell.result };
    } finally {
      await browser.close();
      running.signal('SIGTERM');
      await running.ended(20_000);
    }
  }

  const certificatesOf = ({ way, directory }: Session) =>
    way === 'address' ? [join(directory, 'certificate.pem')] : [];

  /** What listens on TCP on the node as this user: `ADDRESS:PORT`. */
  async function listeningAs(owner: User): Promise<string[]> {
    const listed = await asRoot(site.node, ['/usr/bin/ss', '-H', '-t', '-l', '-n', '-e']);
    return listed
      .split('\n')
      .filter((line) => line.includes(`uid:${owner.uid} `))
      .map((line) => line.split(/\s+/)[3] ?? '');
  }

  test('the laptop reaches the login nodes and nothing behind them', async () => {
    await ssh.nodeServer({});
    const { address } = site.node;
    for (const [target, reached] of [
      [`${site.login1.fullName}:22`, 0],
      [`${site.login2.fullName}:22`, 0],
      [`${site.node.name}:22`, 1],
      [`${address}:22`, 1],
      [`${site.login1.address}:22`, 1],
    ] as const) {
      const [host, port] = target.split(':');
      const knock = `exec 3<>/dev/tcp/${host}/${port}`;
      const knocked = await site.laptop.run(vera(), ['/bin/bash', '-c', knock], { limitMs: 10_000 });
      expect(knocked, target).toMatchObject({ exitCode: reached });
    }
    expect(readdirSync(site.laptop.homes ?? '')).toEqual([vera().name]);
  });

  describe.each<Way>(['socket', 'loopback', 'address'])('by %s', (way) => {
    test('a batch job: the printed command and the printed link open JupyterLab 4', async () => {
      const session = await launch(way, ['-s', 'lab'], { jupyter: 'jupyter4' });
      expect(session.command).toMatch(COMMANDS[way]);
      expect(new URL(session.url).protocol).toBe(way === 'address' ? 'https:' : 'http:');
      const own = await listeningAs(sara());
      expect(own).toEqual(LISTENS[way](session.ready.port));
      expect(await useIt(session)).toEqual({ shown: 'lab', result: '42' });
      // Its kernel talks on loopback, with a key of its own.
      const others = (await listeningAs(sara())).filter((each) => !own.includes(each));
      expect(others.filter((each) => !each.startsWith('127.0.0.1:'))).toEqual([]);
    });

    test('--here inside srun --pty: the same with Notebook 6', async () => {
      await ssh.nodeServer(NODE[way].server);
      const running = site.typeJupyter(site.login2, sara(), ['--here', '-t', '10'], {
        lines: NODE[way].lines,
        wrap: ['/usr/bin/srun', '--pty', '-t', '10'],
      });
      await running.printed('stdout', /https?:\/\/localhost:\d+\S+token=[\w-]+\s/, START_MS);
      const session = opened(way, running.stdout());
      // The host where srun was typed, in full.
      expect(session.command).toContain(`${sara().name}@login2.sj.example`);
      expect(await useIt(session)).toEqual({ shown: 'notebook6', result: '42' });
      running.write('\x03');
      await running.ended(60_000);
      expect(sessionDirectories(sara())).toEqual([]);
    });
  });

  test('by socket nobody else on the node can even connect', async () => {
    const { ready, token, directory } = await launch('socket');
    const socket = ready.socket ?? '';
    const connect =
      "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); print('connected')";
    const tried = (as: User) => site.node.run(as, ['/usr/bin/python3', '-c', connect, socket]);
    expect((await tried(sara())).stdout).toBe('connected\n');
    const refused = await tried(tina());
    expect(refused).toMatchObject({ stdout: '', exitCode: 1 });
    expect(refused.stderr).toContain('PermissionError: [Errno 13]');
    const listed = await site.node.run(tina(), ['/usr/bin/ls', '-la', dirname(socket)]);
    expect(listed).toMatchObject({ stdout: '', exitCode: 2 });
    expect(listed.stderr).toContain('Permission denied');
    const modes = await asRoot(site.node, ['/usr/bin/stat', '-c', '%a %U', dirname(socket), socket]);
    expect(modes).toBe(`700 ${sara().name}\n600 ${sara().name}\n`);
    expect(await listeningAs(sara())).toEqual([]);
    expect(readIfThere(join(directory, 'job.log'))).not.toContain(token);
  });

  test('on loopback the neighbour gets nothing without the token', async () => {
    const session = await launch('loopback');
    const at = `http://127.0.0.1:${session.ready.port}`;
    await expectNothing(site.node, at, [], session);
  });

  test("on the node's address nobody in the cluster gets anything without the token, and all is TLS", async () => {
    const session = await launch('address', ['-s', 'lab'], { jupyter: 'jupyter4' });
    const port = session.ready.port ?? 0;
    const folder = mkdtempSync('/var/tmp/start-jupyter-certificate-');
    chmodSync(folder, 0o755);
    try {
      const certificate = join(folder, 'certificate.pem');
      copyFileSync(join(session.directory, 'certificate.pem'), certificate);
      chmodSync(certificate, 0o644);
      const there = [
        '--connect-to',
        `localhost:${port}:${site.node.address}:${port}`,
        '--cacert',
        certificate,
      ];
      await expectNothing(site.login2, `https://localhost:${port}`, there, session);
      const plain = await curlOn(site.login2, tina(), [`http://${site.node.address}:${port}/`]);
      expect(plain.status).not.toBe(200);
      expect(plain.body).toBe('');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  /** Whatever the neighbour tries; and with the token the very same does give something. */
  async function expectNothing(from: Host, at: string, how: readonly string[], { token }: Session) {
    const ask = (...args: string[]) => curlOn(from, tina(), [...how, ...args]);
    const withToken = await ask(`${at}/api/contents/${PRIVATE}.txt?token=${token}`);
    expect(withToken).toMatchObject({ status: 200 });
    expect(withToken.body).toContain(PRIVATE);
    for (const more of WITHOUT_TOKEN) {
      for (const { path, status, body } of await askAll(from, at, PATHS, [...how, ...more])) {
        expect([path, more, status, REFUSED.includes(status)]).toEqual([path, more, status, true]);
        expect(body, path).not.toContain(PRIVATE);
        expect(body, path).not.toContain(token);
      }
    }
    // What a person sees who is to log in says nothing of anybody.
    for (const { path, body } of await askAll(from, at, OPEN_PATHS, how)) {
      expect(body, path).not.toContain(PRIVATE);
      expect(body, path).not.toContain(token);
    }
  }

  /** All of them by one curl, which is quicker. */
  async function askAll(from: Host, at: string, paths: readonly string[], how: readonly string[]) {
    const mark = '@@answered@@';
    const common = ['-q', '-sS', '--noproxy', '*', '--max-time', '20', '-w', `%{http_code}${mark}`];
    const urls = paths.map((path) => `${at}${path}`);
    const { stdout, stderr } = await from.run(tina(), ['/usr/bin/curl', ...common, ...how, ...urls]);
    const answers = stdout.split(mark).slice(0, -1);
    expect(answers, stderr).toHaveLength(paths.length);
    return answers.map((answer, index) => ({
      path: paths[index] ?? '',
      status: Number(answer.slice(-3)),
      body: answer.slice(0, -3),
    }));
  }

  test('a port of the laptop that is taken: the command ends and says so, and another port is asked for', async () => {
    const session = await launch('socket');
    const holder = site.laptop.start(vera(), [
      '/usr/bin/python3',
      '-m',
      'http.server',
      '--bind',
      '127.0.0.1',
      `${session.localPort}`,
    ]);
    await listens(site.laptop, session.localPort);
    const failed = await site.laptop.run(vera(), ['/bin/bash', '-c', session.command], { limitMs: 20_000 });
    expect(failed.exitCode).toBe(255);
    expect(failed.stderr).toContain('Address already in use');

    const other = session.localPort + 1;
    const connect = ['connect', '--local-port', `${other}`];
    const again = await site.startJupyter(site.login2, sara(), connect, { lines: NODE.socket.lines });
    expect(again, again.stderr).toMatchObject({ exitCode: 0 });
    const printed = readPrinted(again.stdout);
    expect(printed).toMatchObject({ localPort: other, token: session.token });
    const running = await tunnel(printed);
    const status = await curlOn(site.laptop, vera(), [
      `http://localhost:${other}/api/status?token=${printed.token}`,
    ]);
    expect(status).toMatchObject({ status: 200 });
    for (const each of [running, holder]) each.signal('SIGTERM');
  });

  test('a node whose sshd lets no tunnel end at a socket: ssh says so, and the next way is taken', async () => {
    await ssh.nodeServer({ sockets: false });
    const lines = NODE.socket.lines;
    const options = { lines, limitMs: START_MS };
    const launched = await site.startJupyter(site.login1, sara(), ['-t', '10'], options);
    expect(launched, launched.stderr).toMatchObject({ exitCode: 0 });
    const session = opened('socket', launched.stdout);
    const running = await tunnel(session);
    const empty = await curlOn(site.laptop, vera(), [`http://localhost:${session.localPort}/api`]);
    expect(empty).toEqual({ status: 0, body: '' });
    expect(running.stderr()).toContain('open failed');
    running.signal('SIGTERM');
    // What was said where the command was printed.
    expect(launched.stderr).toMatch(/ssh says "open failed": start again with --ssh-way loopback/);

    const again = await site.startJupyter(site.login1, sara(), ['again', '--ssh-way', 'loopback'], options);
    expect(again, again.stderr).toMatchObject({ exitCode: 0 });
    const next = opened('loopback', again.stdout);
    const other = await tunnel(next);
    const status = await curlOn(site.laptop, vera(), [
      `http://localhost:${next.localPort}/api/status?token=${next.token}`,
    ]);
    expect(status).toMatchObject({ status: 200 });
    other.signal('SIGTERM');
  });

  test('--json and -q say the same to programs', async () => {
    await ssh.nodeServer({});
    const lines = NODE.socket.lines;
    const launched = await site.startJupyter(site.login1, sara(), ['-t', '10', '--json'], {
      lines,
      limitMs: START_MS,
    });
    expect(launched, launched.stderr).toMatchObject({ exitCode: 0 });
    const json = JSON.parse(launched.stdout) as {
      version: number;
      jobId: string;
      connect: Printed & { way: Way };
    };
    expect(json).toMatchObject({ version: 1, connect: { way: 'socket' } });
    const quiet = await site.startJupyter(site.login2, sara(), ['connect', json.jobId, '-q'], { lines });
    expect(quiet).toMatchObject({ stdout: `${json.connect.command}\n${json.connect.url}\n`, exitCode: 0 });
    expect(sessionOfJob(sara(), json.jobId)).not.toBe('');
  });
});

const COMMANDS: Record<Way, RegExp> = {
  socket:
    /^ssh -N -o ExitOnForwardFailure=yes -J (sjsara@login1\.sj\.example) -L 127\.0\.0\.1:\d+:\/tmp\/[\w./-]+ sjsara@n1$/,
  loopback:
    /^ssh -N -o ExitOnForwardFailure=yes -J (sjsara@login1\.sj\.example) -L 127\.0\.0\.1:\d+:127\.0\.0\.1:\d+ sjsara@n1$/,
  address: /^ssh -N -o ExitOnForwardFailure=yes -L 127\.0\.0\.1:\d+:n1:\d+ sjsara@login1\.sj\.example$/,
};

const LISTENS: Record<Way, (port?: number) => string[]> = {
  socket: () => [],
  loopback: (port) => [`127.0.0.1:${port}`],
  address: (port) => [`0.0.0.0:${port}`],
};

/** To the login page, or away. */
const REFUSED = [302, 400, 401, 403, 404, 405];
const PATHS = [
  '/',
  '/tree',
  '/lab',
  '/lab/tree',
  `/files/${PRIVATE}.txt`,
  `/view/${PRIVATE}.txt`,
  `/nbconvert/html/${PRIVATE}.txt`,
  `/api/contents`,
  `/api/contents/${PRIVATE}.txt`,
  '/api/status',
  '/api/sessions',
  '/api/kernels',
  '/api/terminals',
  '/api/me',
  '/api/shutdown',
  '/api/config/notebook',
  '/terminals/1',
  '/terminals/websocket/1',
  '/api/kernels/0c0c0c0c-0000-0000-0000-000000000000/channels',
  '/api/events/subscribe',
  '//api/contents',
  `/static/../files/${PRIVATE}.txt`,
  `/static/%2e%2e/files/${PRIVATE}.txt`,
];
const OPEN_PATHS = [
  '/login',
  '/api',
  '/static/',
  '/favicon.ico',
  '/static/favicon.ico',
  '/logout',
  '/metrics',
];
const WEBSOCKET = [
  ...['-H', 'Connection: Upgrade', '-H', 'Upgrade: websocket'],
  ...['-H', 'Sec-WebSocket-Version: 13', '-H', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='],
];
const WITHOUT_TOKEN: readonly string[][] = [
  [],
  ['-H', 'Authorization: token 0123456789abcdef'],
  ['-H', 'Authorization: token '],
  ['-H', 'Cookie: username-localhost=x; _xsrf=x'],
  ['-H', 'Host: localhost'],
  ['-H', 'Host: n1'],
  ['-H', 'Host: attacker.example'],
  ['-X', 'POST', '-d', '{}'],
  ['--path-as-is'],
  WEBSOCKET,
  [...WEBSOCKET, '-H', 'Origin: http://localhost'],
];

function readPrinted(text: string): Printed {
  const said = stripVTControlCharacters(text).replaceAll('\r', '');
  const command = /^ssh -N .*$/m.exec(said)?.[0] ?? '';
  const url = /https?:\/\/localhost:\d+\S*/.exec(said)?.[0] ?? '';
  if (command === '' || url === '') throw new Error(`No command or no link was printed: ${said}`);
  const { port, searchParams } = new URL(url);
  return { command, url, localPort: Number(port), token: searchParams.get('token') ?? '' };
}

async function curlOn(
  host: Host,
  as: User,
  args: readonly string[],
): Promise<{ status: number; body: string }> {
  const common = ['-q', '-sS', '--noproxy', '*', '--max-time', '20', '-w', '\n%{http_code}'];
  const { stdout } = await host.run(as, ['/usr/bin/curl', ...common, ...args]);
  const end = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, Math.max(end, 0)) };
}

/** The command lines, of all processes of the machine and so of all hosts, that hold the token. */
function tokenInArguments(token: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .map((pid) => readIfThere(`/proc/${pid}/cmdline`))
    .filter((line) => line.includes(token));
}
