/** Following a session on real Slurm: its states in words, ways in which it ends, the browser. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from '../bed/bed.js';
import { forgetSessions, startLaunchAs, type LaunchAs } from '../bed/launches.js';
import { until, type Ended, type Running } from '../bed/processes.js';
import { startProxy, type Proxy } from '../bed/proxy.js';
import { cancelJob, clearJobsOf, jobInState, releaseJob, showJob } from '../bed/slurm.js';
import { standIns } from '../bed/stand-ins.js';
import { user } from '../bed/users.js';

const HELD = ['-p', 'debug', '-t', '30', '--scheduler-arg=--hold'];
/** Jupyter takes its time on a busy machine. */
const LIMIT_MS = 120_000;
const ON_HOLD = 'It is on hold, as somebody asked.';

describeOnBed('following a session', () => {
  let proxy: Proxy;
  let folder: string;
  const olga = () => user(theBed().users.olga);
  const start = (args: readonly string[], options: LaunchAs = {}): Running =>
    startLaunchAs(proxy, args, { user: olga(), ...options });
  const run = (args: readonly string[], options: LaunchAs = {}): Promise<Ended> =>
    start(args, options).ended(LIMIT_MS);

  /** A session whose job waits until it is released. */
  async function held(args: readonly string[] = [], options: LaunchAs = {}): Promise<string> {
    const launched = await run([...HELD, '--json', '--no-wait', ...args], options);
    expect(launched).toMatchObject({ exitCode: 0, stderr: '' });
    return (JSON.parse(launched.stdout) as { jobId: string }).jobId;
  }

  beforeAll(async () => {
    proxy = await startProxy();
    folder = mkdtempSync('/var/tmp/start-jupyter-following-');
    chmodSync(folder, 0o755);
    await clearJobsOf(olga().name);
    forgetSessions(olga());
  });

  afterAll(async () => {
    await clearJobsOf(olga().name);
    forgetSessions(olga());
    rmSync(folder, { recursive: true, force: true });
    await proxy.stop();
  });

  const onTerminal: LaunchAs = {
    env: { TERM: 'xterm', NO_COLOR: '1' },
    onTerminal: true,
    wrap: (command) => [
      ...['/bin/bash', '-c', 'trap : INT; stty cols 80; stty -g; "$@"; status=$?; stty -g; exit $status'],
      ...['bash', ...command],
    ],
  };

  test.concurrent('on a terminal: the link at once, then its states until it is ready', async () => {
    const launch = start(HELD, onTerminal);
    await launch.printed('stdout', /Your notebook is here:\r\nhttps:\S+\?token=/, LIMIT_MS);
    await launch.printed('stdout', new RegExp(`In the queue for \\d+ seconds?\\. ${ON_HOLD}`), LIMIT_MS);
    const [, jobId = ''] = await launch.printed('stdout', /Job: .*?(\d+) in partition/, LIMIT_MS);
    await releaseJob(jobId);
    await launch.printed('stdout', /Your notebook is ready\. It runs on \S+ until \d\d:\d\d\./, LIMIT_MS);
    expect((await launch.ended(LIMIT_MS)).exitCode).toBe(0);
    await cancelJob(jobId);
  });

  test.concurrent(
    'Ctrl-C on a terminal only ends the following, and leaves the terminal as it was',
    async () => {
      const launch = start(HELD, onTerminal);
      await launch.printed('stdout', new RegExp(ON_HOLD), LIMIT_MS);
      // Both at once: nobody listens any more while the command is just ending.
      launch.write('\x03\x03');
      const { stdout, exitCode } = await launch.ended(LIMIT_MS);
      expect(exitCode).toBe(0);
      const jobId = /Job: .*?(\d+) in partition/.exec(stdout)?.[1] ?? '';
      expect(stdout).toContain('No longer following. The job goes on.');
      expect(stdout).toContain(`start-jupyter wait ${jobId}\r\n`);
      expect(stdout).toContain(`start-jupyter stop ${jobId}\r\n`);
      expect(stdout).not.toContain('Still cleaning up');
      const settings = stdout.match(/[0-9a-f]+(:[0-9a-f]+){10,}/g);
      expect(settings?.[1]).toBe(settings?.[0]);
      expect(stdout.lastIndexOf('\x1b[?25h')).toBeGreaterThan(stdout.lastIndexOf('\x1b[?25l'));
      expect((await showJob(jobId))?.get('JobState')).toBe('PENDING');
      await cancelJob(jobId);
    },
  );

  test.concurrent('elsewhere: --wait waits, a line for each change', async () => {
    const launch = start([...HELD, '--wait']);
    await launch.printed('stderr', new RegExp(`^The job waits in the queue\\. ${ON_HOLD}`, 'm'), LIMIT_MS);
    const [, jobId = ''] = await launch.printed('stderr', /^Job: (\d+)/m, LIMIT_MS);
    await releaseJob(jobId);
    const { exitCode, stdout, stderr } = await launch.ended(LIMIT_MS);
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^Your notebook is here:\nhttps:\S+\n$/)]);
    expect(stderr).toMatch(/^Your notebook is ready\. /m);
    expect(stderr.match(/on hold/g)).toHaveLength(1);
    await cancelJob(jobId);
  });

  test.concurrent(
    '--timeout: the job goes on, and a wait that is interrupted leaves it as well',
    async () => {
      const launch = await run([...HELD, '-q', '--timeout', '2s']);
      expect(launch).toMatchObject({ exitCode: 8, stdout: expect.stringMatching(/^https:\S+\n$/) as string });
      expect(launch.stderr).toMatch(
        /^start-jupyter: The notebook is not ready after 2 seconds\. The job goes on\. /,
      );
      const jobId = /start-jupyter wait (\d+)$/m.exec(launch.stderr)?.[1] ?? '';
      const wait = start(['wait', jobId]);
      await wait.printed('stderr', new RegExp(ON_HOLD), LIMIT_MS);
      wait.signal('SIGINT');
      expect(await wait.ended(LIMIT_MS)).toMatchObject({
        exitCode: 130,
        stderr: expect.stringContaining('No longer waiting. The job goes on.') as string,
      });
      expect((await showJob(jobId))?.get('JobState')).toBe('PENDING');
      await cancelJob(jobId);
    },
  );

  test.concurrent('cancelled from outside while it waits: the cause', async () => {
    const jobId = await held();
    const wait = start(['wait', jobId]);
    await wait.printed('stderr', new RegExp(ON_HOLD), LIMIT_MS);
    await cancelJob(jobId);
    const { exitCode, stderr } = await wait.ended(LIMIT_MS);
    expect(exitCode).toBe(7);
    expect(stderr).toContain('start-jupyter: The session has ended. It was cancelled.\n');
    expect(stderr).toContain(`start-jupyter again ${jobId}\n`);
    // Whoever asks for the end alone got it.
    expect(await run(['wait', jobId, '--until', 'ended'])).toMatchObject({ exitCode: 0 });
  });

  test.concurrent('failed at its start: the cause and the end of its log', async () => {
    const tools = standIns(olga());
    tools.add('jupyter', 'PATH=$path exec jupyter "$@"');
    const launch = start([...HELD, '--wait'], { env: { PATH: tools.path } });
    const [, jobId = ''] = await launch.printed('stderr', /^Job: (\d+)/m, LIMIT_MS);
    rmSync(join(tools.folder, 'jupyter'));
    await releaseJob(jobId);
    const { exitCode, stderr } = await launch.ended(LIMIT_MS);
    expect(exitCode).toBe(7);
    expect(stderr).toMatch(/^start-jupyter: The session has ended\. It failed: there is no \S+\/jupyter/m);
    expect(stderr).toMatch(/^ {2}\| start-jupyter: failed: there is no /m);
    const asked = await run(['wait', jobId, '--until', 'ended', '--json']);
    expect(asked.exitCode).toBe(7);
    expect(JSON.parse(asked.stderr)).toMatchObject({ error: { code: 'job-failed' } });
  });

  test.concurrent('the browser gets a page of the session’s owner, and the token no argument', async () => {
    const told = join(folder, 'told');
    writeFileSync(
      join(folder, 'fox'),
      `#!/bin/bash\n/usr/bin/env >'${told}.env'; printf '%s\\n' "$@" >'${told}'\n`,
    );
    chmodSync(join(folder, 'fox'), 0o755);
    chmodSync(folder, 0o777);
    const browser = { env: { DISPLAY: ':99', BROWSER: join(folder, 'fox') } };
    const launch = start(['-p', 'debug', '-t', '5', '-q', '--open'], browser);
    const { exitCode, stdout } = await launch.ended(LIMIT_MS);
    expect([exitCode, launch.stderr()]).toEqual([0, '']);
    await until(() => (existsSync(told) && statSync(told).size > 0 ? true : undefined), 5000);
    const page = readFileSync(told, 'utf8').trim();
    expect(page).toMatch(/^file:\/\/\/\S+\/open\.html$/);
    const file = fileURLToPath(page);
    const { mode, uid } = statSync(file);
    expect([mode & 0o777, uid]).toEqual([0o600, olga().uid]);
    expect(readFileSync(file, 'utf8')).toContain(`href="${stdout.trim()}"`);
    const token = new URL(stdout.trim()).searchParams.get('token') ?? 'none';
    expect(readFileSync(`${told}.env`, 'utf8')).not.toContain(token);
    // Ready when the browser was opened, and gone with the session.
    expect(existsSync(join(dirname(file), 'ready.json'))).toBe(true);
    const { jobId } = JSON.parse(readFileSync(join(dirname(file), 'session.json'), 'utf8')) as {
      jobId: string;
    };
    const none = await run(['open', jobId]);
    expect(none).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('no browser') as string });
    await cancelJob(jobId);
    await run(['wait', jobId, '--until', 'ended']);
    expect(existsSync(file)).toBe(false);
  });

  test.concurrent('a scheduler that cannot be asked for a while ends nothing', async () => {
    // The real squeue, and its own words where nobody listens: the bed's controller serves others meanwhile.
    const down = join(folder, 'down.conf');
    const configuration = readFileSync(theBed().slurmConf, 'utf8');
    writeFileSync(down, configuration.replace(/^SlurmctldPort=.*$/m, 'SlurmctldPort=9'));
    expect(readFileSync(down, 'utf8')).not.toBe(configuration);
    const tools = standIns(olga());
    const off = join(folder, 'off');
    tools.add(
      'squeue',
      `if [ -e '${off}' ]; then export SLURM_CONF='${down}'; fi; PATH=$path exec squeue "$@"`,
    );
    const jobId = await held();
    const wait = start(['wait', jobId], { env: { PATH: tools.path } });
    await wait.printed('stderr', new RegExp(ON_HOLD), LIMIT_MS);
    writeFileSync(off, '');
    await wait.printed('stderr', /^How the session is cannot be told just now \(/m, LIMIT_MS);
    rmSync(off);
    await wait.printed('stderr', /^It can be told again how the session is\.$/m, LIMIT_MS);
    await releaseJob(jobId);
    const { exitCode, stderr } = await wait.ended(LIMIT_MS);
    expect([exitCode, stderr.match(/cannot be told/g)?.length]).toEqual([0, 1]);
    await jobInState(jobId, ['RUNNING']);
    await cancelJob(jobId);
  });
});
