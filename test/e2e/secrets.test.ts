/**
 * No token, redeem secret or key in an argument list, an environment, a log, the scheduler's records or a file that
 * others can read: whatever tool the job uses, however launch and job end.
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { curl } from './bed/curl.js';
import { forgetSessions, launchAs, sessionOfJob } from './bed/launches.js';
import { until, type Running } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { processFiles, readIfThere, tryAsNeighbour } from './bed/prying.js';
import { searchFiles, secretsIn, secretsOf, type Secrets } from './bed/secrets.js';
import { cancelJob, clearJobsOf, releaseJob, slurmdPid } from './bed/slurm.js';
import { execCalls, recordBelow, recorded, told } from './bed/strace.js';
import { runAs, startAs, user } from './bed/users.js';

type Tool = 'curl' | 'wget' | 'python3';

interface Session {
  url: string;
  token: string;
  name: string;
  jobId: string;
  directory: string;
  secrets: Secrets;
  proxy: Proxy;
}

/** What a job goes through, and the last word that it leaves. */
interface Story {
  tool: Tool;
  /** Before the job starts. */
  before?: (session: Session) => Promise<void> | void;
  /** Once Jupyter is mapped; absent: it never is. */
  ending?: (session: Session) => Promise<void> | void;
  outcome: RegExp;
}

const LIMIT_MS = 150_000;

describeOnBed('the secrets of a session', () => {
  let folder: string;
  let proxy: Proxy;
  /** Is stopped before the jobs of its sessions start. */
  let doomed: Proxy;
  let strace: Running;
  const sessions = new Map<string, Session>();
  const frank = () => user(theBed().users.frank);
  const trace = (name: string) => join(folder, `${name}.trace`);

  const stories: Record<string, Story> = {
    'curl, until the notebook is shut down': {
      tool: 'curl',
      ending: shutDown,
      outcome: /^completed\n/,
    },
    'curl, and the proxy is gone': {
      tool: 'curl',
      before: loseProxy,
      outcome: /^failed: the proxy .* could not be asked for 3 s/,
    },
    'curl, and Jupyter is missing on the node': {
      tool: 'curl',
      before: () => rmSync(join(folder, 'vanishing'), { recursive: true }),
      outcome: /^failed: there is no .*vanishing\/jupyter on node/,
    },
    'wget and JupyterLab 4, until scancel': {
      tool: 'wget',
      ending: async (session) => {
        await workIn(session);
        await pryInto(session, ['jpserver-N.json', 'jpserver-N-open.html']);
        await cancelJob(session.jobId);
      },
      outcome: /^stopped: it was cancelled/,
    },
    'wget, and the redeem is refused': {
      tool: 'wget',
      before: giveNameBack,
      outcome: /^failed: the proxy .* refused to map/,
    },
    'python3, until Jupyter dies': {
      tool: 'python3',
      ending: killJupyter,
      outcome: /^failed: Jupyter was killed/,
    },
    'python3, and the redeem is refused': {
      tool: 'python3',
      before: giveNameBack,
      outcome: /^failed: the proxy .* refused to map/,
    },
    'python3, and the proxy is gone': {
      tool: 'python3',
      before: loseProxy,
      outcome: /^failed: the proxy .* could not be asked for 3 s/,
    },
  };

  beforeAll(async () => {
    folder = mkdtempSync('/var/tmp/start-jupyter-secrets-');
    chmodSync(folder, 0o1777);
    makePath('curl', []);
    makePath('wget', ['curl']);
    makePath('python3', ['curl', 'wget']);
    mkdirSync(join(folder, 'vanishing'));
    symlinkSync('/usr/bin/jupyter', join(folder, 'vanishing/jupyter'));
    proxy = await startProxy();
    doomed = await startProxy();
    for (const title of Object.keys(stories)) sessions.set(title, await launchHeld(title));
    await doomed.stop();
    strace = await recordJobs();
  });

  afterAll(async () => {
    await clearJobsOf(frank().name);
    strace.signal('SIGTERM');
    await strace.ended(20_000);
    forgetSessions(frank());
    await proxy.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A folder with everything that is in /usr/bin but for some tools. */
  function makePath(tool: Tool, without: string[]): void {
    mkdirSync(join(folder, tool));
    for (const name of readdirSync('/usr/bin')) {
      if (!without.includes(name)) symlinkSync(join('/usr/bin', name), join(folder, tool, name));
    }
  }

  async function launchHeld(title: string): Promise<Session> {
    const to = title.includes('proxy is gone') ? doomed : proxy;
    const path = join(folder, stories[title]!.tool);
    const before = title.includes('missing') ? [join(folder, 'vanishing')] : [];
    if (title.includes('JupyterLab')) before.push(join(theBed().jupyter4, 'bin'));
    const PATH = [...before, path].join(':');
    const wrap = (command: string[]) => recorded(trace(title), command);
    const launch = await launchAs(to, ['--json', '--scheduler-arg=--hold', '-p', 'debug', '-t', '20'], {
      ...{ user: frank(), env: { PATH }, wrap, limitMs: LIMIT_MS },
    });
    expect(launch, launch.stderr).toMatchObject({ exitCode: 0 });
    const directory = sessionOfJob(frank(), launch.jobId);
    return { ...launch, directory, secrets: secretsOf(directory), proxy: to };
  }

  /** Another run may follow slurmd at the moment: a process can be followed by one alone. */
  async function recordJobs(): Promise<Running> {
    const attached = await until(
      () => recordBelow(trace('jobs'), slurmdPid()).catch(() => undefined),
      LIMIT_MS,
      1000,
    );
    if (attached === undefined) throw new Error('slurmd could not be followed');
    return attached;
  }

  test('are found by this search where they are', async () => {
    const { secrets } = sessions.values().next().value!;
    const [first, second, third] = [secrets['token']!, secrets['redeem secret']!, secrets['key']!];
    const script = 'X=$1 /bin/true; /bin/echo "$2"; /bin/echo "$3"';
    const planted = [
      '/bin/sh',
      '-c',
      script,
      'sh',
      first.slice(20),
      second.slice(0, 20),
      third.split('\n')[1]!,
    ];
    expect((await runAs(frank(), recorded(trace('planted'), planted))).exitCode).toBe(0);
    const calls = execCalls(trace('planted')).filter((call) => !call.includes('execve("/bin/sh"'));
    expect(told(calls, secrets)).toEqual(['/bin/true: token', '/bin/echo: redeem secret', '/bin/echo: key']);

    const place = join(folder, 'planted');
    mkdirSync(join(place, 'closed'), { recursive: true, mode: 0o755 });
    for (const [name, mode] of Object.entries({ readable: 0o644, own: 0o600, 'closed/readable': 0o644 })) {
      writeFileSync(join(place, name), `\n${first.slice(5, 25)}\n`, { mode });
    }
    chmodSync(join(place, 'closed'), 0o700);
    const found = searchFiles([place], secrets);
    expect(found.filter(({ open }) => open).map(({ path }) => path)).toEqual([join(place, 'readable')]);
    expect(found).toHaveLength(3);

    const process = startAs(frank(), ['/bin/bash', '-c', 'exec -a "$0" sleep 20', first]);
    const seen = () =>
      searchFiles(processFiles(frank()), secrets).some(({ open }) => open) ? true : undefined;
    expect(await until(seen, 10_000)).toBe(true);
    process.signal('SIGKILL');
    await process.ended(10_000);
    for (const path of [trace('planted'), place]) rmSync(path, { recursive: true });
  });

  test('are not in what the launcher starts, nor in what it is started with', () => {
    for (const [title, { secrets }] of sessions) {
      const calls = execCalls(trace(title));
      expect(calls.some((call) => /execve\("[^"]*\/sbatch"/.test(call))).toBe(true);
      expect(told(calls, secrets), title).toEqual([]);
    }
  });

  test.concurrent.each(Object.entries(stories))(
    'a job with %s',
    async (title, { before, ending, outcome }) => {
      const session = sessions.get(title)!;
      const { jobId, directory, secrets } = session;
      const file = (name: string) => join(directory, name);
      await before?.(session);
      await releaseJob(jobId);
      if (ending) {
        expect(await appears(file('ready.json')), readFileSync(file('job.log'), 'utf8')).toBe(true);
        await ending(session);
      }
      expect(await appears(file('outcome')), readFileSync(file('job.log'), 'utf8')).toBe(true);
      expect(readFileSync(file('outcome'), 'utf8').trim()).toMatch(outcome);
      // Nothing of the secrets is left of it: not in the session, not in the logs.
      expect(searchFiles([directory], secrets)).toEqual([]);
      expect(secretsIn(session.proxy.log(), secrets)).toEqual([]);
    },
  );

  test('are not in what any job starts', async () => {
    strace.signal('SIGTERM');
    await strace.ended(20_000);
    const calls = execCalls(trace('jobs'));
    for (const [title, { secrets }] of sessions) expect(told(calls, secrets), title).toEqual([]);
    // Each tool was the one that its jobs used.
    const used = (pattern: RegExp) => calls.some((call) => pattern.test(call));
    expect(used(/execve\("[^"]*\/curl\/curl"/)).toBe(true);
    expect(used(/execve\("[^"]*\/wget\/wget"/)).toBe(true);
    expect(used(/execve\("[^"]*python3[^"]*", \[[^\]]*request\.py/)).toBe(true);
    expect(used(/execve\("[^"]*\/(?:wget|python3)\/curl"|execve\("[^"]*\/python3\/wget"/)).toBe(false);
    expect(used(/ipykernel/)).toBe(true);
  });

  async function appears(file: string): Promise<boolean> {
    return (await until(() => (readIfThere(file) === '' ? undefined : true), LIMIT_MS, 100)) ?? false;
  }

  async function shutDown(session: Session): Promise<void> {
    await workIn(session);
    await pryInto(session, ['nbserver-N.json', 'nbserver-N-open.html']);
    expect(post(session, '/api/shutdown', '').status).toBe(200);
  }

  /** While the notebook runs the neighbour tries everything there is. */
  async function pryInto(session: Session, runtimeFiles: string[]): Promise<void> {
    await tryAsNeighbour({ owner: frank(), ...session, runtimeFiles });
  }

  /** Jupyter starts programs of its own, with an environment of its making: a kernel, a shell on a terminal. */
  async function workIn(session: Session): Promise<void> {
    const kernel = post(session, '/api/kernels', '{}');
    expect([kernel.status, post(session, '/api/terminals', '{}').status]).toEqual([201, 200]);
    const { id } = JSON.parse(kernel.body) as { id: string };
    const runs = () =>
      processFiles(frank()).some((path) => readIfThere(path).includes(id)) ? true : undefined;
    expect(await until(runs, LIMIT_MS, 200)).toBe(true);
  }

  function loseProxy({ directory }: Session): void {
    // Two minutes otherwise.
    const file = join(directory, 'lib/name.sh');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^sj_redeem_seconds=.*$/m, 'sj_redeem_seconds=3'));
  }
});

function giveNameBack({ proxy, name, secrets }: Session): void {
  const url = `${proxy.controlUrl}/api/v1/sessions/${name}`;
  const secret = ['-H', `Authorization: Bearer ${secrets['redeem secret']!}`];
  expect(curl(proxy.caFile, url, '-X', 'DELETE', ...secret).status).toBe(204);
}

function killJupyter({ directory }: Session): void {
  const { pid } = JSON.parse(readFileSync(join(directory, 'ready.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
}

function post({ proxy, url, token }: Session, path: string, body: string) {
  const headers = ['-H', `Authorization: token ${token}`, '-H', 'Content-Type: application/json'];
  return curl(proxy.caFile, new URL(path, url).href, '-X', 'POST', '-d', body, ...headers);
}
