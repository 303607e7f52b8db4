/** Whatever goes wrong before the URL is printed: everything that was taken is given back. Real Slurm, real proxy. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { startClassicSatellite } from './bed/classic-satellite.js';
import { curl } from './bed/curl.js';
import { openDoor, type Door } from './bed/door.js';
import { identity } from './bed/identity.js';
import {
  forgetSessions,
  launchAs,
  sessionDirectories,
  sessionOfJob,
  startLaunchAs,
  type LaunchAs,
} from './bed/launches.js';
import { run, until, type Ended } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { clearJobsOf, jobsOf, showJob } from './bed/slurm.js';
import { standIns, type StandIns } from './bed/stand-ins.js';
import { user } from './bed/users.js';

const ARGUMENTS = ['-p', 'debug', '-t', '30', '--scheduler-arg', '--hold'];
/** Until a launch is at the step that is waited for, and until it has undone everything. */
const STEP_MS = 20_000;
const END_MS = 40_000;

describeOnBed('what a launch that fails leaves behind: nothing', () => {
  let proxy: Proxy;
  let door: Door;
  let tools: StandIns;
  let reservedBefore: number;

  beforeAll(async () => {
    proxy = await startProxy();
  });

  beforeEach(async () => {
    door = await openDoor(proxy);
    tools = standIns(carol());
    reservedBefore = namesIn(proxy, 'reserve').length;
  });

  afterEach(async () => {
    await door.close();
    await clearJobsOf(carol().name);
    forgetSessions(carol());
  });

  afterAll(async () => {
    await proxy.stop();
  });

  const carol = () => user(theBed().users.carol);
  const asCarol = (): LaunchAs => ({ user: carol(), env: { PATH: tools.path } });
  const begin = () => startLaunchAs(door, ARGUMENTS, asCarol());

  async function expectNothingLeft(): Promise<void> {
    expect(sessionDirectories(carol())).toEqual([]);
    expect(await jobsOf(carol().name)).toEqual([]);
    expect(await namesLeft(proxy, reservedBefore)).toEqual([]);
    expect(await processesLeft(carol().name)).toEqual([]);
  }

  function expectInterrupted(ended: Ended): void {
    expect(ended).toMatchObject({ exitCode: 130, signal: null, stdout: '' });
    expect(ended.stderr).toMatch(/^start-jupyter: Interrupted/im);
    expect(ended.stderr).not.toContain('Warning');
  }

  test.each([
    ['an option that sbatch does not know', '--bogus', "unrecognized option '--bogus'"],
    [
      'a reservation that does not exist',
      '--reservation=nosuch',
      'sbatch: error: Batch job submission failed',
    ],
  ])('sbatch refuses %s', async (_, argument, words) => {
    const launch = await launchAs(door, [...ARGUMENTS, `--scheduler-arg=${argument}`], asCarol());
    expect(launch).toMatchObject({ exitCode: 6, stdout: '' });
    expect(launch.stderr).toContain('Slurm refused the job');
    expect(launch.stderr).toContain(words);
    expect(namesIn(proxy, 'reserve')).not.toEqual([]);
    await expectNothingLeft();
  });

  test.each([
    ['a full disk', 'exec "$@" > /dev/full'],
    ['a reader that went away', '"$@" | true; exit "${PIPESTATUS[0]}"'],
  ])('the link cannot be printed: %s', async (_, script) => {
    const wrap = (command: string[]) => ['/bin/bash', '-c', script, 'bash', ...command];
    const launch = await launchAs(door, [...ARGUMENTS, '-q'], { ...asCarol(), wrap });
    expect(launch).toMatchObject({ exitCode: 1, stdout: '' });
    expect(launch.stderr).toContain('The result cannot be written');
    expect(namesIn(proxy, 'link').length).toBeGreaterThan(0);
    await expectNothingLeft();
  });

  test('the proxy is down', async () => {
    const { endpoint } = door;
    await door.close();
    const launch = await launchAs(door, ARGUMENTS, asCarol());
    door = await openDoor(proxy);
    expect(launch).toMatchObject({ exitCode: 5, stdout: '' });
    expect(launch.stderr).toContain(`The proxy manage.${endpoint} cannot be reached`);
    await expectNothingLeft();
  });

  test('the proxy’s certificate is of an authority that nobody named, or another one was named', async () => {
    const other = await identity('other.example');
    for (const service of [{ endpoint: door.endpoint }, { endpoint: door.endpoint, caFile: other.caFile }]) {
      const launch = await launchAs(service, ARGUMENTS, asCarol());
      expect(launch).toMatchObject({ exitCode: 5, stdout: '' });
      expect(launch.stderr).toContain(
        `The certificate of the proxy manage.${door.endpoint} cannot be trusted`,
      );
      expect(launch.stderr).toContain('--ca FILE');
    }
    // --ca beats the file in the configuration.
    const wrong = await launchAs(door, [...ARGUMENTS, '--ca', other.caFile], asCarol());
    expect(wrong.exitCode).toBe(5);
    expect(door.calls).toEqual([]);
    await expectNothingLeft();
  });

  test('a classic service says Oops!', async () => {
    const satellite = await startClassicSatellite();
    satellite.refuse = 'Problem generating unique URL. Sorry!';
    const launch = await launchAs(satellite, ARGUMENTS, asCarol());
    await satellite.close();
    expect(launch).toMatchObject({ exitCode: 5, stdout: '' });
    expect(launch.stderr).toContain('Problem generating unique URL. Sorry!');
    await expectNothingLeft();
  });

  test('a job that cannot be registered is a warning, and keeps everything', async () => {
    door.answer(/^PUT .*\/job$/, 500, 'no');
    const launch = await launchAs(door, ARGUMENTS, asCarol());
    expect(launch.exitCode).toBe(0);
    expect(launch.stderr).toMatch(/^Warning: The job is submitted, but the proxy was not told its number/m);
    expect((await showJob(launch.jobId))?.get('JobState')).toBe('PENDING');
    const secret = readFileSync(join(sessionOfJob(carol(), launch.jobId), 'redeem.secret'), 'utf8');
    const session = `${proxy.controlUrl}/api/v1/sessions/${launch.name}`;
    const withSecret = ['-H', `Authorization: Bearer ${secret}`];
    expect(curl(proxy.caFile, session, ...withSecret).status).toBe(200);
    expect(curl(proxy.caFile, session, ...withSecret, '-X', 'DELETE').status).toBe(204);
  });

  test.each(['sinfo', 'jupyter'])('Ctrl-C while %s is being asked', async (tool) => {
    tools.add(tool, 'mark asked $$; sleep 300');
    const launch = begin();
    await tools.noted('asked');
    launch.signal('SIGINT');
    expectInterrupted(await launch.ended(END_MS));
    expect(door.calls).toEqual([]);
    await expectNothingLeft();
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s while the name is being reserved',
    async (signal) => {
      const hold = door.hold(/^POST \/api\/v1\/sessions$/);
      const launch = begin();
      await hold.arrived(STEP_MS);
      launch.signal(signal);
      // The name is taken, and the launcher is to learn of it.
      await pause(500);
      hold.release();
      expectInterrupted(await launch.ended(END_MS));
      expect(door.calls.map((call) => call.replace(/\/[a-z-]+$/, '/…'))).toEqual([
        'POST /api/v1/…',
        'DELETE /api/v1/sessions/…',
      ]);
      await expectNothingLeft();
    },
  );

  const submissions: [title: string, sbatch: string, made: boolean][] = [
    ['before it is taken', 'mark asked; sleep 1; mark job "$(PATH=$path sbatch "$@")"', true],
    [
      'after it is taken',
      'id=$(PATH=$path sbatch "$@"); mark job "$id"; mark asked; sleep 1; echo "$id"',
      true,
    ],
    ['and its number is never read', 'mark job "$(PATH=$path sbatch "$@")"; mark asked; sleep 300', true],
    ['and sbatch never gets to it', 'mark asked; sleep 300', false],
  ];

  test.each(submissions)('Ctrl-C while the job is being submitted, %s', async (_, sbatch, made) => {
    tools.add('sbatch', sbatch);
    const launch = begin();
    await tools.noted('asked');
    launch.signal('SIGINT');
    expectInterrupted(await launch.ended(END_MS));
    if (made) await expectCancelled(await tools.noted('job'));
    await expectNothingLeft();
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s while the job is being registered',
    async (signal) => {
      const hold = door.hold(/^PUT .*\/job$/);
      const launch = begin();
      await hold.arrived(STEP_MS);
      const [job = ''] = await jobsOf(carol().name);
      launch.signal(signal);
      expectInterrupted(await launch.ended(END_MS));
      hold.release();
      await expectCancelled(job);
      await expectNothingLeft();
    },
  );

  test('Ctrl-C on a terminal: twice, and the terminal is as it was', async () => {
    tools.add('sbatch', 'id=$(PATH=$path sbatch "$@"); mark job "$id"; sleep 300');
    const script = 'trap : INT; stty cols 80; stty -g; "$@"; status=$?; stty -g; exit $status';
    const launch = startLaunchAs(door, ARGUMENTS, {
      ...asCarol(),
      env: { ...asCarol().env, TERM: 'xterm' },
      onTerminal: true,
      wrap: (command) => ['/bin/bash', '-c', script, 'bash', ...command],
    });
    const job = await tools.noted('job');
    launch.write('\x03');
    await pause(300);
    launch.write('\x03');
    const ended = await launch.ended(END_MS);
    expect(ended).toMatchObject({ exitCode: 130 });
    expect(ended.stdout).toContain('Still cleaning up');
    const settings = ended.stdout.match(/[0-9a-f]+(:[0-9a-f]+){10,}/g);
    expect(settings).toHaveLength(2);
    expect(settings?.[1]).toBe(settings?.[0]);
    // The spinner hid the cursor.
    expect(ended.stdout).toContain('\x1b[?25l');
    expect(ended.stdout.lastIndexOf('\x1b[?25h')).toBeGreaterThan(ended.stdout.lastIndexOf('\x1b[?25l'));
    await expectCancelled(job);
    await expectNothingLeft();
  });

  test('Ctrl-C on a terminal that does not know how wide it is', async () => {
    tools.add('sinfo', 'mark asked; sleep 300');
    const launch = startLaunchAs(door, ARGUMENTS, { ...asCarol(), onTerminal: true });
    await tools.noted('asked');
    launch.write('\x03');
    expect(await launch.ended(END_MS)).toMatchObject({ exitCode: 130 });
    await expectNothingLeft();
  });

  test('a terminal that is closed while the job is being registered', async () => {
    const hold = door.hold(/^PUT .*\/job$/);
    const launch = startLaunchAs(door, ARGUMENTS, {
      ...asCarol(),
      env: { ...asCarol().env, TERM: 'xterm' },
      onTerminal: true,
      wrap: (command) => ['/bin/bash', '-c', 'stty cols 80; exec "$@"', 'bash', ...command],
    });
    await hold.arrived(STEP_MS);
    const [job = ''] = await jobsOf(carol().name);
    // Who holds the terminal dies, and with it the terminal.
    launch.signal('SIGKILL');
    await launch.ended(END_MS);
    hold.release();
    expect(await processesLeft(carol().name)).toEqual([]);
    await expectCancelled(job);
    await expectNothingLeft();
  });
});

async function expectCancelled(job: string): Promise<void> {
  expect(job).toMatch(/^\d+$/);
  expect((await showJob(job))?.get('JobState')).toBe('CANCELLED');
}

/** Names that were reserved at the proxy and not given back, of all but the first `passed` ones. */
async function namesLeft(proxy: Proxy, passed: number): Promise<string[]> {
  const left = () => {
    const back = namesIn(proxy, 'destroy');
    return namesIn(proxy, 'reserve')
      .slice(passed)
      .filter((name) => !back.includes(name));
  };
  // What was answered has been logged, but the line may still be on its way.
  await until(() => left().length === 0 || undefined, 2000);
  return left();
}

function namesIn(proxy: Proxy, event: string): string[] {
  const lines = proxy.log().split('\n').filter(Boolean);
  const events = lines.map((line) => JSON.parse(line) as { event: string; session?: string });
  return events.flatMap((line) => (line.event === event && line.session ? [line.session] : []));
}

/** What still runs of a user after some seconds, as ps shows it; zombies do not run. */
async function processesLeft(userName: string): Promise<string[]> {
  const list = async () => {
    const { stdout } = await run(['/usr/bin/ps', '-o', 'stat=,args=', '-u', userName], { env: {} });
    return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('Z'));
  };
  await until(async () => ((await list()).length === 0 ? true : undefined), 15_000, 200);
  return list();
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
