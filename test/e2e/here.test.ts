/** `--here`: Jupyter in an allocation of real Slurm, on a login node, and inside a container image. Nothing is submitted. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { INSIDE, insideImage } from './bed/inside-image.js';
import {
  forgetSessions,
  launchAs,
  sessionDirectories,
  startLaunchAs,
  type LaunchAs,
} from './bed/launches.js';
import { packageCopy } from './bed/package-copy.js';
import { run, until, type Running } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { cancelJob, clearJobsOf, jobsOf } from './bed/slurm.js';
import { runAs, startAs, user } from './bed/users.js';
import { visit } from './bed/visit.js';

const START_MS = 90_000;
/** The scheduler is asked about the allocation from time to time; the end itself takes some more. */
const END_MS = 60_000;

describeOnBed('--here', () => {
  let proxy: Proxy;

  beforeAll(async () => {
    proxy = await startProxy();
  });

  afterEach(async () => {
    await clearJobsOf(nina().name);
    forgetSessions(nina());
  });

  afterAll(async () => {
    await proxy.stop();
  });

  const nina = () => user(theBed().users.nina);
  const start = (args: readonly string[], options: LaunchAs = {}) =>
    startLaunchAs(proxy, ['--here', ...args], { ...options, user: nina() });
  const allowed: LaunchAs = { site: ['here_on_login_node: true'] };

  interface Session {
    name: string;
    token: string;
    directory: string;
    settings: string;
    pid: number;
  }

  /** Printed, and open to its owner through the proxy at once. */
  async function opened(launch: Running): Promise<Session> {
    const [url] = await launch.printed('stdout', /https:\/\/\S+token=[\w-]+/, START_MS);
    const { hostname: host, searchParams } = new URL(url);
    const name = host.split('.')[0] ?? '';
    const token = searchParams.get('token') ?? '';
    const [directory = ''] = sessionDirectories(nina());
    const ready = JSON.parse(readFileSync(join(directory, 'ready.json'), 'utf8')) as Record<string, unknown>;
    expect(ready).toMatchObject({ address: '0.0.0.0' });
    expect(await open({ name, token })).toMatchObject({ status: 200, byProxy: false });
    const settings = readFileSync(join(directory, 'settings'), 'utf8');
    return { name, token, directory, settings, pid: Number(ready['pid']) };
  }

  const open = ({ name, token }: Pick<Session, 'name' | 'token'>) =>
    visit(proxy, readFileSync(proxy.caFile, 'utf8'), name, '/api/status', {
      authorization: `token ${token}`,
    });

  const events = (event: string) =>
    proxy
      .log()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { event: string; session?: string; job?: string; cause?: string })
      .filter((line) => line.event === event);

  const minutesOf = ({ settings }: Session) =>
    Number(/^sj_walltime_seconds='(\d+)'$/m.exec(settings)?.[1]) / 60;

  /** The name, the processes and, where the command ended in order, the session's files. */
  async function expectGone(session: Session): Promise<void> {
    expect(await processesLeft(nina().name)).toEqual([]);
    expect(await open(session)).toMatchObject({ byProxy: true });
    const ended = events('ended').find((line) => line.session === session.name);
    expect(ended).toMatchObject({ cause: 'destroyed' });
    for (const secret of ['token', 'redeem.secret', 'key.pem', 'jupyter_config.json'])
      expect(existsSync(join(session.directory, secret))).toBe(false);
  }

  test('in an allocation: it has what the job has, and ends with it', async () => {
    const launch = start(['-t', '2h', '-p', 'debug'], {
      onTerminal: true,
      wrap: (command) => ['/usr/bin/salloc', '-p', 'debug', '-t', '15', ...command],
    });
    const session = await opened(launch);
    const [jobId = ''] = await jobsOf(nina().name);
    // Colours and dimmed labels.
    const said = stripVTControlCharacters(launch.stdout());
    expect(said).toMatch(new RegExp(`Allocation: Slurm job ${jobId}, 1[345] minutes left`));
    expect(said).toContain('Ignored, because --here submits nothing: --partition.');
    expect(said).toMatch(
      new RegExp(`Slurm job ${jobId} ends earlier than you asked for: in 1[345] minutes\\.`),
    );
    expect([13, 14, 15]).toContain(minutesOf(session));
    expect(events('link').find((line) => line.session === session.name)).toMatchObject({ job: jobId });
    const env = readFileSync(`/proc/${session.pid}/environ`, 'utf8').split('\0');
    expect(env).toContain(`SLURM_JOB_ID=${jobId}`);
    await cancelJob(jobId);
    expect((await launch.ended(END_MS)).stdout).toContain(`Slurm job ${jobId} has ended: stopping Jupyter.`);
    await expectGone(session);
    expect(sessionDirectories(nina())).toEqual([]);
  });

  test('on a login node only where the site allows it', async () => {
    const refused = await launchAs(proxy, ['--here'], { user: nina() });
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toContain('This is a login node of bed (the host name');
    expect(refused.stderr).toContain('Or get a node first (salloc) and start it there: start-jupyter --here');
    expect(sessionDirectories(nina())).toEqual([]);

    const launch = start([], { ...allowed, onTerminal: true });
    const session = await opened(launch);
    expect(await jobsOf(nina().name)).toEqual([]);
    launch.write('\x03');
    await new Promise((resolve) => setTimeout(resolve, 300));
    launch.write('\x03');
    const ended = await launch.ended(END_MS);
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stdout).toContain('Stopping Jupyter.');
    await expectGone(session);
    expect(sessionDirectories(nina())).toEqual([]);
  });

  test.each<[string, (launch: Running) => void, leaves: number]>([
    ['a terminal that is closed', (launch) => launch.signal('SIGHUP'), 0],
    ['the command killed outright', ({ pid }) => process.kill(pid, 'SIGKILL'), 1],
  ])('%s ends it', async (_, end, leaves) => {
    const launch = start(['--json'], allowed);
    const session = await opened(launch);
    end(launch);
    await launch.ended(END_MS);
    await expectGone(session);
    expect(sessionDirectories(nina())).toHaveLength(leaves);
  });

  test('in a shell whose allocation is over, or has other nodes, it says what to do', async () => {
    const before = events('reserve').length;
    const old = await launchAs(proxy, ['--here'], { user: nina(), env: { SLURM_JOB_ID: '4000000' } });
    expect(old).toMatchObject({ exitCode: 2, stdout: '' });
    expect(old.stderr).toContain('This shell belongs to Slurm job 4000000, and that is over.');
    expect(old.stderr).toContain('unset SLURM_JOB_ID');
    const script = 'export SLURM_JOB_NODELIST="a[001-014]"; exec "$@"';
    const elsewhere = await launchAs(proxy, ['--here'], {
      user: nina(),
      wrap: (command) => ['/usr/bin/salloc', '-t', '5', '/bin/bash', '-c', script, 'bash', ...command],
    });
    expect(elsewhere).toMatchObject({ exitCode: 2, stdout: '' });
    expect(elsewhere.stderr).toMatch(/This shell is on \S+, and Slurm job \d+ has a\[001-014\]:/);
    expect(elsewhere.stderr).toContain('srun --nodes=1 --ntasks=1 --pty start-jupyter --here');
    expect(events('reserve')).toHaveLength(before);
  });

  test('inside an image with next to nothing: an endpoint and its authority are enough', async () => {
    const { folder } = packageCopy();
    const files = { '/opt/ca.pem': proxy.caFile };
    const env = { SLURM_JOB_ID: '77', SLURM_JOB_NODELIST: hostname(), NODE_EXTRA_CA_CERTS: '/opt/ca.pem' };
    const script = 'echo "pid $$"; exec "$@"';
    const launcher = [INSIDE.node, `${INSIDE.package}/bin/start-jupyter.js`];
    const bare = ['sbatch', 'squeue', 'curl', 'wget', 'openssl', 'ps', 'hostname'];
    const looked = await runAs(
      nina(),
      insideImage(nina(), folder, ['/bin/bash', '-c', `type -P ${bare.join(' ')}`]),
    );
    expect(looked.stdout).toBe('/usr/bin/hostname\n');
    expect(readdirSync(join(theBed().image, 'etc'))).not.toContain('ssl');

    const words = ['/bin/bash', '-c', script, 'bash', ...launcher, '--here', '-t', '20'];
    const named = [...words, '--endpoint', proxy.endpoint];
    // The authority is Node's alone there: the job gets it from the program.
    const launch = startAs(nina(), insideImage(nina(), folder, named, { files, env }));
    const session = await opened(launch);
    expect(launch.stderr()).toContain('System: local (');
    expect(launch.stderr()).toContain(
      'How long Slurm job 77 still lasts cannot be told (squeue was not found)',
    );
    expect(events('link').find((line) => line.session === session.name)).toMatchObject({ job: '77' });
    expect(minutesOf(session)).toBe(20);
    // bubblewrap itself would not hand a signal on.
    process.kill(Number(/^pid (\d+)$/m.exec(launch.stdout())?.[1]), 'SIGTERM');
    expect(await launch.ended(END_MS)).toMatchObject({ exitCode: 0 });
    await expectGone(session);
    expect(sessionDirectories(nina())).toEqual([]);

    const onLogin = [...launcher, '--here', '--endpoint', proxy.endpoint, '--ca', '/opt/ca.pem'];
    const refused = await runAs(nina(), insideImage(nina(), folder, onLogin, { files, hostName: 'login02' }));
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toContain(
      'This is a login node of expanse (the host name login02 matches login[0-9]+)',
    );
  });
});

/** What still runs of a user after some seconds, as ps shows it; zombies do not run. */
async function processesLeft(userName: string): Promise<string[]> {
  const list = async () => {
    const { stdout } = await run(['/usr/bin/ps', '-o', 'stat=,args=', '-u', userName], { env: {} });
    return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('Z'));
  };
  await until(async () => ((await list()).length === 0 ? true : undefined), 25_000, 200);
  return list();
}
