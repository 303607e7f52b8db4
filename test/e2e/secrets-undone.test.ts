/** No secret in an argument list, an environment or a message of a launch that fails or is interrupted. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { openDoor, type Door } from './bed/door.js';
import { forgetSessions, sessionDirectories, startLaunchAs } from './bed/launches.js';
import { until, type Ended, type Running } from './bed/processes.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { secretsIn, secretsOf, type Secrets } from './bed/secrets.js';
import { clearJobsOf, jobsOf } from './bed/slurm.js';
import { standIns, type StandIns } from './bed/stand-ins.js';
import { execCalls, recorded, told } from './bed/strace.js';
import { user } from './bed/users.js';

const LIMIT_MS = 60_000;
/** Does not go on before the test has read the secrets, which the undoing deletes. */
const WAIT = 'mark asked; for try in {1..600}; do [[ -e ${0%/*}/read ]] && break; sleep 0.1; done';

describeOnBed('the secrets of a launch', () => {
  let proxy: Proxy;
  let door: Door;
  let tools: StandIns;
  let folder: string;
  let trace: string;

  beforeAll(async () => {
    proxy = await startProxy();
  });

  beforeEach(async () => {
    door = await openDoor(proxy);
    tools = standIns(frank());
    folder = mkdtempSync('/var/tmp/start-jupyter-secrets-');
    chmodSync(folder, 0o1777);
    trace = join(folder, 'launch.trace');
  });

  afterEach(async () => {
    await door.close();
    await clearJobsOf(frank().name);
    forgetSessions(frank());
    rmSync(folder, { recursive: true, force: true });
  });

  afterAll(async () => {
    await proxy.stop();
  });

  const frank = () => user(theBed().users.frank);
  const begin = (...args: string[]): Running =>
    startLaunchAs(door, ['-p', 'debug', '-t', '30', '--scheduler-arg=--hold', ...args], {
      user: frank(),
      env: { PATH: tools.path },
      wrap: (command) => recorded(trace, command),
    });

  /** Those in the launch's only directory. */
  function secretsNow(): Secrets {
    const [directory = '', ...more] = sessionDirectories(frank());
    expect(more).toEqual([]);
    return secretsOf(directory);
  }

  function expectUntold({ stderr }: Ended, secrets: Secrets): void {
    expect(told(execCalls(trace), secrets)).toEqual([]);
    expect(secretsIn(stderr + proxy.log(), secrets)).toEqual([]);
  }

  async function expectUndone(ended: Ended, exitCode: number): Promise<void> {
    expect(ended).toMatchObject({ exitCode, stdout: '' });
    expect(sessionDirectories(frank())).toEqual([]);
    expect(await jobsOf(frank().name)).toEqual([]);
    const gaveBack = () => door.calls.some((call) => call.startsWith('DELETE /api/v1/sessions/'));
    expect(gaveBack(), door.calls.join(', ')).toBe(true);
  }

  const started = (program: string) =>
    execCalls(trace).some((call) => call.includes(`/${program}", [`) && call.includes('= 0'));

  test('that sbatch refuses', async () => {
    tools.add('sbatch', `${WAIT}; PATH=$path exec sbatch --reservation=nosuch "$@"`);
    const launch = begin();
    await tools.noted('asked');
    const secrets = secretsNow();
    writeFileSync(join(tools.folder, 'read'), '');
    const ended = await launch.ended(LIMIT_MS);
    expect(ended.stderr).toContain('sbatch: error: Batch job submission failed');
    await expectUndone(ended, 6);
    expectUntold(ended, secrets);
  });

  test('whose job cannot be registered', async () => {
    door.answer(/^PUT .*\/job$/, 500, 'no');
    const ended = await begin().ended(LIMIT_MS);
    expect(ended.exitCode).toBe(0);
    expect(ended.stderr).toContain('the proxy was not told its number');
    expect(started('sbatch')).toBe(true);
    expectUntold(ended, secretsNow());
  });

  test('that Ctrl-C ends while the name is being reserved', async () => {
    const hold = door.hold(/^POST \/api\/v1\/sessions$/);
    const launch = begin();
    const { redeemSecret } = JSON.parse(await hold.arrived(LIMIT_MS)) as { redeemSecret: string };
    const callsBefore = execCalls(trace);
    launch.signal('SIGINT');
    hold.release();
    const ended = await launch.ended(LIMIT_MS);
    await expectUndone(ended, 130);
    // Token and key are in no file yet; that nothing before this step is given them, the other launches show.
    expect(execCalls(trace)).toEqual(callsBefore);
    expectUntold(ended, { 'redeem secret': redeemSecret });
  });

  test('that Ctrl-C ends while the job is being submitted', async () => {
    tools.add('sbatch', `${WAIT}; PATH=$path exec sbatch "$@"`);
    const launch = begin();
    await tools.noted('asked');
    const secrets = secretsNow();
    launch.signal('SIGINT');
    writeFileSync(join(tools.folder, 'read'), '');
    const ended = await launch.ended(LIMIT_MS);
    await expectUndone(ended, 130);
    expectUntold(ended, secrets);
  });

  test('that Ctrl-C ends while the job is being registered', async () => {
    const hold = door.hold(/^PUT .*\/job$/);
    const launch = begin();
    await hold.arrived(LIMIT_MS);
    const secrets = secretsNow();
    launch.signal('SIGINT');
    const ended = await launch.ended(LIMIT_MS);
    hold.release();
    await expectUndone(ended, 130);
    expect(started('scancel')).toBe(true);
    expectUntold(ended, secrets);
  });

  test('is found by this search when it is there', async () => {
    tools.add('sbatch', `${WAIT}; /bin/true "$(cat "$(dirname "\${@: -1}")/token")"; exit 1`);
    const launch = begin();
    await tools.noted('asked');
    const secrets = secretsNow();
    writeFileSync(join(tools.folder, 'read'), '');
    await launch.ended(LIMIT_MS);
    await until(() => started('true') || undefined, 2000);
    expect(told(execCalls(trace), secrets)).toEqual(['/bin/true: token']);
  });
});
