/** What a launch gives to scripts and pipes, what a dry run gives, and the launch by npx. Every job is held at first. */
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { curl } from './bed/curl.js';
import {
  forgetSessions,
  launchAs,
  sessionDirectories,
  sessionOfJob,
  siteFile,
  type Launch,
  type LaunchAs,
} from './bed/launches.js';
import { until } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import {
  cancelJob,
  clearJobsOf,
  jobInState,
  jobsOf,
  releaseJob,
  showJob,
  slurmEnvironment,
} from './bed/slurm.js';
import { runAs, user } from './bed/users.js';

const HELD = ['--scheduler-arg=--hold'];
const URL_LINE = /^https:\/\/[a-z]+-[a-z]+-[a-z]+\.[\w.:-]+\/tree\?token=[\w-]{43}\n$/;

describeOnBed('the output of a launch', () => {
  let proxy: Proxy;
  let folder: string;
  const erin = () => user(theBed().users.erin);
  const launch = (args: string[], options: LaunchAs = {}): Promise<Launch> =>
    launchAs(proxy, args, { user: erin(), ...options });
  /** Runs the launch inside of a bash script, as `"$@"`. */
  const launchIn = (script: string, args: string[]): Promise<Launch> =>
    launch(args, { wrap: (command) => ['/bin/bash', '-c', script, 'bash', ...command] });

  beforeAll(async () => {
    proxy = await startProxy();
    folder = mkdtempSync('/var/tmp/start-jupyter-output-');
    chmodSync(folder, 0o755);
  });

  afterEach(async () => {
    await clearJobsOf(erin().name);
    forgetSessions(erin());
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await proxy.stop();
  });

  /** The job runs, and the URL that was printed leads through the proxy to its Jupyter. */
  async function expectServed(
    url: string,
    jobId: string,
    directory = sessionOfJob(erin(), jobId),
  ): Promise<void> {
    await jobInState(jobId, ['RUNNING']);
    const file = (name: string) => join(directory, name);
    const ready = () => (existsSync(file('ready.json')) ? true : undefined);
    expect(await until(ready, 120_000, 200), readFileSync(file('job.log'), 'utf8')).toBe(true);
    const status = new URL(`/api/status${new URL(url).search}`, url).href;
    expect(curl(proxy.caFile, status)).toMatchObject({ status: 200 });
    expect(curl(proxy.caFile, new URL('/api/status', url).href)).toMatchObject({ status: 403 });
  }

  test('for a person: the result on standard output, everything else beside it, no colours', async () => {
    const { stdout, stderr, url, jobId, exitCode } = await launch([...HELD, '-p', 'debug', '-t', '30']);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`Your notebook is here:\n${url}\n`);
    expect(`${url}\n`).toMatch(URL_LINE);
    expect(stderr).toMatch(new RegExp(`^Job: ${jobId} in partition debug, for 30 minutes$`, 'm'));
    expect(stderr).not.toContain('\x1b');
    expect(stderr).not.toContain(new URL(url).searchParams.get('token'));
  });

  test('in $( ): the URL alone, and nothing on standard error', async () => {
    const ran = await launchIn('url=$("$@") && printf "%s\\n" "$url"', ['-q', ...HELD]);
    expect(ran).toMatchObject({ stderr: '', exitCode: 0 });
    expect(ran.stdout).toMatch(URL_LINE);
  });

  test('in a pipe: it ends when it is done and leaves nothing running', async () => {
    const ran = await launchIn('"$@" | cat; echo "status ${PIPESTATUS[0]}"', HELD);
    expect(ran.stdout).toBe(`Your notebook is here:\n${ran.url}\nstatus 0\n`);
    const processes = await runAs(erin(), ['/bin/ps', '-u', erin().name, '-o', 'args=']);
    expect(processes.stdout).toMatch(/^\/bin\/ps .*\n$/);
  });

  test('--json: one object that agrees with the scheduler, the session and the proxy', async () => {
    const { stdout, stderr, jobId } = await launch(['--json', ...HELD, '-p', 'debug', '25']);
    expect(stderr).toBe('');
    const directory = sessionOfJob(erin(), jobId);
    const record = JSON.parse(readFileSync(join(directory, 'session.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    const token = readFileSync(join(directory, 'token'), 'utf8');
    expect(JSON.parse(stdout)).toMatchObject({
      url: `https://${String(record.name)}.${proxy.endpoint}/tree?token=${token}`,
      ...{ jobId, name: record.name, id: record.id, directory },
      ...{ system: 'bed', server: 'notebook', walltimeMinutes: 25 },
    });
    expect(await jobsOf(erin().name)).toEqual([jobId]);
    expect(proxy.log()).toContain(`"session":"${String(record.name)}","job":"${jobId}"`);
  });

  test('-i says more, and never a secret', async () => {
    const ran = await launch(['-i', ...HELD, '-A', 'abc'], { env: { SBATCH_QOS: 'site' } });
    const token = new URL(ran.url).searchParams.get('token') ?? 'none';
    for (const line of [
      /^System: bed \(/m,
      /^Account: abc \(from --account\)$/m,
      /^Script: .*\/slurm\/notebook\.sh$/m,
      /^Session files: .*\/sessions\//m,
      /^Jupyter: \/usr\/bin\/jupyter \(notebook 6/m,
      /^Site variables in force: SBATCH_QOS$/m,
      /^Submitted with: sbatch --parsable --hold \/.*\/batch\.sh$/m,
    ]) {
      expect(ran.stderr).toMatch(line);
    }
    expect(ran.stderr).not.toContain(token);
  });

  test('--dry-run prints a script that bash accepts, and takes nothing', async () => {
    const reserved = proxy.log().split('"event":"reserve"').length;
    const args = ['--dry-run', '-t', '25', '-p', 'debug', '--scheduler-arg=--comment=a b'];
    const plain = await launch(args);
    const json = await launch([...args, '--json']);
    expect([plain.exitCode, json.exitCode]).toEqual([0, 0]);
    const { script } = JSON.parse(json.stdout) as { script: string };
    for (const text of [plain.stdout, script]) {
      expect(text).toMatch(/^#!\/bin\/bash\n/);
      expect(text).toContain('#SBATCH --time=00:25:00\n');
      expect(await runAs(erin(), ['/bin/bash', '-n'], { input: text })).toMatchObject({
        stderr: '',
        exitCode: 0,
      });
    }
    expect(plain.stdout).toMatch(/^# Submitted with: sbatch --parsable .*comment=a b.*batch\.sh/m);
    expect(proxy.log().split('"event":"reserve"')).toHaveLength(reserved);
    expect(sessionDirectories(erin())).toEqual([]);
    expect(await jobsOf(erin().name)).toEqual([]);
  });

  test('the script of a session runs as it is with sbatch FILE, without the package', async () => {
    const held = await launch(['--json', ...HELD, '-p', 'debug', '-t', '30']);
    const directory = sessionOfJob(erin(), held.jobId);
    await cancelJob(held.jobId);
    const script = join(directory, 'batch.sh');
    const submitted = await runAs(erin(), ['sbatch', '--parsable', script], { env: slurmEnvironment() });
    expect(submitted).toMatchObject({ stderr: '', exitCode: 0 });
    await expectServed(held.url, submitted.stdout.trim(), directory);
  });

  test('npx runs the tarball for an ordinary user who has no network', async () => {
    cpSync(npmFolder(), join(folder, 'npm'), { recursive: true });
    cpSync(theBed().tarball, join(folder, 'start-jupyter.tgz'));
    const npx = [theBed().node, join(folder, 'npm/bin/npx-cli.js'), '-y', './start-jupyter.tgz'];
    const ran = await runAs(erin(), [...npx, '-p', 'debug', '-t', '30', ...HELD], {
      cwd: folder,
      env: {
        ...slurmEnvironment(),
        PATH: `${dirname(theBed().node)}:/usr/bin:/bin`,
        START_JUPYTER_CONFIG: siteFile(proxy),
        // Where nobody listens: what needs the registry fails.
        npm_config_registry: 'http://127.0.0.1:9/',
      },
    });
    expect(ran, ran.stderr).toMatchObject({ exitCode: 0 });
    expect(ran.stdout).toMatch(/^Your notebook is here:\nhttps:\/\/\S+\n$/);
    // What npx unpacked goes before the job starts.
    rmSync(join(erin().home, '.npm'), { recursive: true });
    const [jobId = ''] = await jobsOf(erin().name);
    expect((await showJob(jobId))?.get('TimeLimit')).toBe('00:30:00');
    await releaseJob(jobId);
    await expectServed(ran.stdout.split('\n')[1] ?? '', jobId);
  });
});

/** The npm that runs here may lie where only root can read it. */
function npmFolder(): string {
  for (const place of (process.env.PATH ?? '').split(delimiter)) {
    const npm = join(place, 'npm');
    if (existsSync(npm)) return dirname(dirname(realpathSync(npm)));
  }
  throw new Error('npm is not on PATH');
}
