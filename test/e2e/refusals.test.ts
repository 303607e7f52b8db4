/** What is wrong is said before anything is taken: exit status, words, remedy; no name reserved, no job, no file. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { forgetSessions, launchAs, sessionDirectories, type LaunchAs } from './bed/launches.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { clearJobsOf, jobsOf } from './bed/slurm.js';
import { user } from './bed/users.js';

interface Refusal {
  args: readonly string[];
  options?: LaunchAs;
  exitCode: number;
  code: string;
  /** What the message and, with it, the hint must say. */
  says: RegExp[];
}

describeOnBed('a launch that is refused', () => {
  let proxy: Proxy;
  let folder: string;
  const erin = () => user(theBed().users.erin);

  beforeAll(async () => {
    proxy = await startProxy();
    folder = mkdtempSync('/var/tmp/start-jupyter-refusals-');
    chmodSync(folder, 0o755);
    makeFolder('slurm-alone');
    for (const tool of ['sbatch', 'scancel', 'scontrol', 'sinfo', 'squeue']) {
      symlinkSync(`/usr/bin/${tool}`, join(folder, 'slurm-alone', tool));
    }
    makeFolder('broken-jupyter');
    write('broken-jupyter/jupyter', '#!/bin/sh\necho "no module named nothing" >&2\nexit 1\n', 0o755);
    write('bad-template.sh', '#!/bin/bash\nsession_dir={{session_dir}}\ncd {{session_dir}}\n');
    makeFolder('typo/start-jupyter');
    write('typo/start-jupyter/systems.yaml', 'systems:\n  bed:\n    acount: abc\n    time: 2:30\n');
    makeFolder('unsafe', 0o777);
  });

  afterEach(async () => {
    await clearJobsOf(erin().name);
    forgetSessions(erin());
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await proxy.stop();
  });

  function makeFolder(name: string, mode = 0o755): void {
    mkdirSync(join(folder, name), { recursive: true });
    chmodSync(join(folder, name), mode);
  }

  function write(name: string, text: string, mode = 0o644): void {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), mode);
  }

  async function expectRefusal({ args, options = {}, exitCode, code, says }: Refusal): Promise<void> {
    const logged = proxy.log().length;
    const launch = await launchAs(proxy, ['--json', ...args], { user: erin(), ...options });
    expect(launch, launch.stderr).toMatchObject({ stdout: '', exitCode });
    const { error } = JSON.parse(launch.stderr) as { error: Record<'code' | 'message' | 'hint', string> };
    expect(error.code).toBe(code);
    for (const words of says) expect(`${error.message}\n${error.hint}`).toMatch(words);
    await expectNothingTaken(logged);
  }

  /** @param logged how much the proxy had logged before */
  async function expectNothingTaken(logged: number): Promise<void> {
    expect(await jobsOf(erin().name)).toEqual([]);
    expect(sessionDirectories(erin())).toEqual([]);
    expect(proxy.log().slice(logged)).not.toContain('"event":"reserve"');
  }

  test.each([
    ['2:30', [/can be read in two ways/, /2h30m/, /would be 3 /]],
    ['10:00:00 --wrap=id', [/is not a time/, /02:30:00/]],
    ['30\n#SBATCH --wrap=id', [/is not a time/]],
    ['$(id)', [/is not a time/]],
    ['00:61:00', [/is not a time/]],
    ['0', [/no time at all/]],
    ['99999999', [/more than a year/, /minutes/]],
  ])('because of the time %j, wherever it is said', async (time, says) => {
    const refused = { exitCode: 2, code: 'bad-time', says };
    await expectRefusal({ ...refused, args: ['-t', time] });
    await expectRefusal({ ...refused, args: [], options: { env: { START_JUPYTER_TIME: time } } });
  });

  const usage: [why: string, refusal: () => Omit<Refusal, 'exitCode'>][] = [
    [
      'over the limit that Slurm gives the partition',
      () => ({
        args: ['-p', 'debug', '-t', '31'],
        code: 'time-over-limit',
        says: [/31 minutes.*debug.*30 minutes/, /-t 30/],
      }),
    ],
    [
      'over the limit that systems.yaml gives the partition',
      () => ({
        args: ['-p', 'compute', '-t', '61'],
        options: { site: ['partitions: {compute: {max_time: 60}}'] },
        code: 'time-over-limit',
        says: [/1 hour 1 minute.*compute.*1 hour\./, /-t 60/],
      }),
    ],
    [
      'over the limit by the template’s own line',
      () => {
        const lines = ['#!/bin/bash', '#SBATCH -pdebug --time=2:00:00', 'session_dir={{session_dir}}', ''];
        write('long.sh', lines.join('\n'));
        return {
          args: ['-b', join(folder, 'long.sh')],
          code: 'time-over-limit',
          says: [/2 hours \(from the template\)/],
        };
      },
    ],
    [
      'no such partition',
      () => ({
        args: ['-p', 'debgu'],
        code: 'unknown-partition',
        says: [/"debgu".*--partition/, /compute/, /debug/],
      }),
    ],
    [
      'no such partition, by a variable',
      () => ({
        args: [],
        options: { env: { START_JUPYTER_PARTITION: 'debgu' } },
        code: 'unknown-partition',
        says: [/START_JUPYTER_PARTITION/],
      }),
    ],
    [
      'no account where one is required',
      () => ({
        args: [],
        options: { site: ['account_required: true'] },
        code: 'account-required',
        says: [/bed needs an account/, /-A/],
      }),
    ],
    [
      'an image for -i',
      () => ({ args: ['-i', 'image.sif'], code: 'bad-option', says: [/image/, /--image/] }),
    ],
    [
      'an option that does not exist',
      () => ({ args: ['--tiem', '30'], code: 'bad-option', says: [/--tiem/, /--time/] }),
    ],
    ['two times', () => ({ args: ['-t', '30', '40'], code: 'bad-option', says: [/twice/] })],
    [
      'a server beside a script that starts another',
      () => ({
        args: ['-s', 'lab', '-b', 'notebook'],
        code: 'bad-option',
        says: [/--server.*--batch-script/],
      }),
    ],
    [
      'no GPU at all',
      () => ({ args: ['-g', '0'], code: 'bad-option', says: [/--gpus/, /whole number from 1/] }),
    ],
    ['a size in words', () => ({ args: ['-m', 'much'], code: 'bad-option', says: [/--memory/, /4G/] })],
    [
      'options inside of a value',
      () => ({ args: ['-A', 'abc --wrap=id'], code: 'bad-option', says: [/--account/, /no spaces/] }),
    ],
    [
      'a template that does not exist',
      () => ({
        args: ['-b', 'nosuch.sh'],
        code: 'unknown-template',
        says: [/nosuch\.sh/, /slurm\/notebook\.sh/],
      }),
    ],
  ];

  test.each(usage)('because of usage: %s', async (_, refusal) => {
    await expectRefusal({ exitCode: 2, ...refusal() });
  });

  const configuration: typeof usage = [
    [
      'a system that does not exist',
      () => ({
        args: ['--system', 'expense'],
        code: 'unknown-system',
        says: [/"expense" \(from --system\)/, /mean expanse\?/, /bed, comet/],
      }),
    ],
    [
      'a system that does not exist, by a variable',
      () => ({
        args: [],
        options: { env: { START_JUPYTER_SYSTEM: 'bde' } },
        code: 'unknown-system',
        says: [/START_JUPYTER_SYSTEM/],
      }),
    ],
    [
      'a template with a value where none may be',
      () => ({
        args: ['-b', join(folder, 'bad-template.sh')],
        code: 'bad-template',
        says: [/bad-template\.sh, line 3: .*\{\{session_dir\}\}/],
      }),
    ],
    [
      'mistakes in systems.yaml',
      () => ({
        args: [],
        options: { env: { XDG_CONFIG_HOME: join(folder, 'typo') } },
        code: 'bad-configuration',
        says: [
          /typo\/start-jupyter\/systems\.yaml, line 3: systems\.bed\.acount: .*account/,
          /line 4: systems\.bed\.time/,
        ],
      }),
    ],
    [
      'a site file that is not there',
      () => ({
        args: [],
        options: { env: { START_JUPYTER_CONFIG: join(folder, 'gone.yaml') } },
        code: 'bad-configuration',
        says: [/gone\.yaml: cannot be read \(ENOENT\)/],
      }),
    ],
  ];

  test.each(configuration)('because of the configuration: %s', async (_, refusal) => {
    await expectRefusal({ exitCode: 3, ...refusal() });
  });

  test('on an unknown cluster, with an entry for systems.yaml that makes it known', async () => {
    const unknown = { user: erin(), env: { START_JUPYTER_CONFIG: '' } };
    const logged = proxy.log().length;
    const launch = await launchAs(proxy, [], unknown);
    expect(launch).toMatchObject({ stdout: '', exitCode: 3 });
    expect(launch.stderr).toMatch(/^start-jupyter: .*the cluster name sjbed/m);
    expect(launch.stderr).toMatch(/Known are: .*expanse/);
    await expectNothingTaken(logged);

    const entry = launch.stderr.slice(launch.stderr.indexOf('systems:\n'));
    makeFolder('pasted/start-jupyter');
    write('pasted/start-jupyter/systems.yaml', entry);
    const pasted = { user: erin(), env: { ...unknown.env, XDG_CONFIG_HOME: join(folder, 'pasted') } };
    const again = await launchAs(proxy, ['--dry-run'], pasted);
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.stderr).toMatch(/^System: sjbed \(/m);
  });

  const environment: typeof usage = [
    [
      'no such directory',
      () => ({
        args: ['-d', '/no such'],
        code: 'bad-directory',
        says: [/"\/no such" does not exist/, /--dir/],
      }),
    ],
    [
      'a file for a directory',
      () => ({ args: ['-d', '/etc/passwd'], code: 'bad-directory', says: [/is not a directory/] }),
    ],
    [
      'somebody else’s private directory',
      () => ({ args: ['-d', '/root'], code: 'bad-directory', says: [/may not be read/] }),
    ],
    [
      'no Jupyter',
      () => ({
        args: [],
        options: { env: { PATH: join(folder, 'slurm-alone') } },
        code: 'no-jupyter',
        says: [/no "jupyter" on your PATH/, /conda activate/, /module load/],
      }),
    ],
    [
      'a Jupyter that does not work',
      () => ({
        args: [],
        options: { env: { PATH: `${join(folder, 'broken-jupyter')}:/usr/bin:/bin` } },
        code: 'no-jupyter',
        says: [/broken-jupyter\/jupyter is there but does not work: .*no module named nothing/],
      }),
    ],
    [
      'no conda where it is required',
      () => ({
        args: [],
        options: { site: ['conda_required: true'] },
        code: 'no-conda',
        says: [/active conda environment/, /conda activate/],
      }),
    ],
    [
      'a state directory that everybody may write to',
      () => ({
        args: [],
        options: { env: { XDG_STATE_HOME: join(folder, 'unsafe') } },
        code: 'unsafe-directory',
        says: [/unsafe.*everybody/, /chmod go-w/],
      }),
    ],
  ];

  test.each(environment)('because of the environment: %s', async (_, refusal) => {
    await expectRefusal({ exitCode: 4, ...refusal() });
  });

  test('for a person the same is two sentences on standard error', async () => {
    const { stdout, stderr, exitCode } = await launchAs(proxy, ['-q', '-p', 'debug', '-t', '31'], {
      user: erin(),
    });
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
    expect(stderr).toMatch(/^start-jupyter: 31 minutes .* 30 minutes\.\nAsk for at most -t 30, .*\.\n$/);
  });

  test('and what is taken would have been seen', async () => {
    const logged = proxy.log().length;
    const launch = await launchAs(proxy, ['--json', '--scheduler-arg=--hold'], { user: erin() });
    expect(launch).toMatchObject({ exitCode: 0 });
    expect(await jobsOf(erin().name)).toEqual([launch.jobId]);
    expect(sessionDirectories(erin())).toHaveLength(1);
    expect(proxy.log().slice(logged)).toContain('"event":"reserve"');
  });
});
