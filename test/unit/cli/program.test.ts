import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeHost, outcomeOf } from './host.js';

let home: string;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'sj-program-')));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

type HostFacts = Parameters<typeof fakeHost>[0];

function start(args: string[], { env, ...facts }: HostFacts = {}) {
  return outcomeOf(args, fakeHost({ cwd: home, env: { HOME: home, PATH: '', ...env }, ...facts }));
}

const EXPANSE = ['--dry-run', '--no-check', '--system', 'expanse', '-A', 'abc123'];

interface Problem {
  code: string;
  message: string;
  hint: string | null;
}

/** The one object on stderr. */
async function problem(args: string[], facts?: HostFacts): Promise<Problem & { status: number }> {
  const { status, stdout, stderr } = await start(['--json', ...args], facts);
  expect(stdout).toBe('');
  return { status, ...(JSON.parse(stderr) as { error: Problem }).error };
}

describe('a dry run for a system that is elsewhere', () => {
  it('prints the script and the command, and writes nothing', async () => {
    const { status, stdout, stderr } = await start(EXPANSE);
    expect([status, stderr]).toEqual([0, expect.stringContaining('System: expanse (given by --system)')]);
    expect(stdout).toMatch(/^#!\/bin\/bash\n/);
    expect(stdout).toContain('#SBATCH --account=abc123\n');
    expect(stdout).toContain('#SBATCH --partition=compute\n');
    expect(stdout).toContain('#SBATCH --time=00:30:00\n');
    expect(stdout).toMatch(/\n# Submitted with: sbatch --parsable .*batch\.sh'?\n$/);
    await expect(import('node:fs/promises').then((fs) => fs.readdir(home))).resolves.toEqual([]);
  });

  it('is an object with --json', async () => {
    const { status, stdout, stderr } = await start([...EXPANSE, '--json']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\{"version":1,/);
    expect(JSON.parse(stdout)).toMatchObject({
      dryRun: true,
      script: expect.stringMatching(/^#!\/bin\/bash\n/) as string,
      submitCommand: ['sbatch', '--parsable', expect.stringMatching(/batch\.sh$/) as string],
    });
  });

  it('says nothing but the script with --quiet', async () => {
    const { stdout, stderr } = await start([...EXPANSE, '-q']);
    expect(stderr).toBe('');
    expect(stdout).toContain('#SBATCH');
  });

  it('says more with --info, without a secret', async () => {
    const { stderr } = await start([...EXPANSE, '-i', '-p', 'debug', '20']);
    for (const line of [
      'Scheduler: slurm',
      'Partition: debug (from --partition)',
      'Account: abc123 (from --account)',
      'Time: 20 minutes (from --time)',
      `Notebook directory: ${home}`,
      'Jupyter: not looked at',
      'Site variables in force: none',
    ]) {
      expect(stderr.split('\n')).toContain(line);
    }
  });

  it('keeps what is typed out of the script’s lines', async () => {
    const { stdout } = await start([...EXPANSE, '--scheduler-arg', 'x\nrm -rf "$HOME"']);
    expect(stdout).not.toMatch(/^rm/m);
    expect(stdout.trimEnd().split('\n').at(-1)).toContain(String.raw`$'x\x0arm -rf "$HOME"'`);
  });

  it('runs on Windows, where a launch does not', async () => {
    expect((await start(EXPANSE, { platform: 'win32' })).status).toBe(0);
    const { status, code, message } = await problem(['--system', 'expanse'], { platform: 'win32' });
    expect([status, code, message]).toEqual([
      4,
      'unsupported-platform',
      'Jobs cannot be started from Windows.',
    ]);
  });

  it('keeps sessions under an absolute home only', async () => {
    const { stdout } = await start([...EXPANSE, '-q'], { env: { HOME: 'somewhere' } });
    expect(stdout).not.toContain('=somewhere');
    expect(stdout).not.toContain("='somewhere");
  });
});

describe('options and the time', () => {
  it.each([
    [['20', ...EXPANSE]],
    [[...EXPANSE, '20']],
    [['-p', 'debug', '20', ...EXPANSE]],
    [[...EXPANSE, '-t', '20']],
    [[...EXPANSE, '--time=20']],
    [[...EXPANSE, '-t20']],
  ])('stand in any order: %j', async (args) => {
    const { status, stdout } = await start(args);
    expect(status).toBe(0);
    expect(stdout).toContain('#SBATCH --time=00:20:00\n');
  });

  it('-i is information, and a file name beside it is spoken of as an image', async () => {
    const { status, message, hint } = await problem([...EXPANSE, '-i', 'jupyter.sif']);
    expect([status, message]).toEqual([2, '"jupyter.sif" is no time but looks like a container image.']);
    expect(hint).toContain('--image');
  });
});

describe('an option that is wrong', () => {
  it.each<[string[], string, string | RegExp]>([
    [['--tiem', '30'], "Unknown option '--tiem'.", 'Did you mean --time?'],
    [['--nonsense'], "Unknown option '--nonsense'.", /--help/],
    [['--nonsense\nwith a line'], "Unknown option '--nonsense\nwith a line'.", /--help/],
    [['-p'], "Option '-p, --partition <name>' argument missing.", /--help/],
    [['docter'], 'There is no command "docter".', 'Did you mean "start-jupyter doctor"?'],
    [['lsit'], 'There is no command "lsit".', 'Did you mean "start-jupyter list"?'],
    [['Cancel'], 'There is no command "Cancel".', 'Did you mean "start-jupyter stop"?'],
    [['cancle'], 'There is no command "cancle".', 'Did you mean "start-jupyter stop"?'],
    [['stop', '--nonsense'], "Unknown option '--nonsense'.", 'start-jupyter stop --help lists the options.'],
    [['extend'], "Missing required argument 'time'.", 'start-jupyter extend --help lists the options.'],
    [['lab'], '"lab" is no time but an interface.', /start-jupyter -s lab$/],
    [['soon'], '"soon" is not a time.', /2h30m/],
    [
      ['templates', 'chekc', 'x'],
      'There is no command "templates chekc".',
      'Did you mean "start-jupyter templates check"?',
    ],
    [
      ['templates', 'x', 'y', 'z'],
      "Too many arguments for 'templates'. Expected 0 arguments but got 3.",
      'start-jupyter templates --help lists the options.',
    ],
    [['30', '40'], 'Too many arguments. Expected 1 argument but got 2.', /--help/],
    [['-t', '2:30'], '"2:30" can be read in two ways.', /2h30m/],
    [['-g', 'two'], '--gpus cannot be "two".', /whole number/],
    [['-p', ''], '--partition is empty.', /Leave it out/],
    [['-s', 'rstudio'], 'There is no interface "rstudio".', /jupyterlab/],
    [['--endpoint', '10.0.0.1'], '"10.0.0.1" is no endpoint.', /domain/],
    [
      ['-p', 'debug', '31'],
      '31 minutes (from --time) is longer than partition debug allows: 30 minutes.',
      /-t 30/,
    ],
  ])('%j: %s', async (args, message, hint) => {
    const all = args[0] === '-p' && args.length === 1 ? args : [...EXPANSE, ...args];
    const said = await problem(all);
    expect(said).toMatchObject({ status: 2, message });
    expect(said.hint).toMatch(hint);
  });

  it('is said in words without --json', async () => {
    const { status, stdout, stderr } = await start(['--tiem']);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toBe("start-jupyter: Unknown option '--tiem'.\nDid you mean --time?\n");
  });
});

describe('what is missing', () => {
  it.each<[string[], number, string, RegExp]>([
    [['--system', 'expanse'], 2, 'account-required', /^expanse needs an account to charge the job to\.$/],
    [['--system', 'expans'], 3, 'unknown-system', /^There is no system "expans" \(from --system\)\.$/],
    [[...EXPANSE, '-d', 'gone'], 4, 'bad-directory', /gone.* does not exist\.$/],
    [[...EXPANSE, '-b', 'mine.sh'], 2, 'unknown-template', /^There is no template "mine\.sh".*\.$/],
    [[...EXPANSE, '--ca', 'ca.pem'], 2, 'bad-option', /ca\.pem" cannot be read \(ENOENT\)\.$/],
  ])('%j: %d %s', async (args, status, code, message) => {
    const said = await problem(['--dry-run', '--no-check', ...args]);
    expect(said).toMatchObject({ status, code });
    expect(said.message).toMatch(message);
    expect(said.hint).toMatch(/\S/);
  });

  it('is a certificate in what should hold one', async () => {
    writeFileSync(join(home, 'ca.pem'), '-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n');
    const { code, message } = await problem([...EXPANSE, '--ca', 'ca.pem']);
    expect([code, message]).toEqual([
      'bad-option',
      `The certificate authority ${JSON.stringify(join(home, 'ca.pem'))} holds no certificate.`,
    ]);
  });

  it('is Jupyter', async () => {
    const { status, code, message } = await problem(['--dry-run', '--system', 'local']);
    expect([status, code, message]).toEqual([4, 'no-jupyter', 'There is no "jupyter" on your PATH.']);
  });

  it('is a readable systems.yaml', async () => {
    mkdirSync(join(home, '.config', 'start-jupyter'), { recursive: true });
    writeFileSync(
      join(home, '.config', 'start-jupyter', 'systems.yaml'),
      'systems:\n  x:\n    schedular: slurm\n',
    );
    const { status, code, message } = await problem(EXPANSE);
    expect([status, code]).toEqual([3, 'bad-configuration']);
    expect(message).toMatch(/systems\.yaml, line 3: systems\.x\.schedular: there is no such key/);
  });
});

describe('a machine without a scheduler', () => {
  it('ignores options that mean nothing there, and says which', async () => {
    const args = ['--dry-run', '--no-check', '--system', 'local', '-p', 'debug', '-A', 'x', '-t', '30'];
    const { status, stderr } = await start([...args, '--scheduler-arg=--exclusive']);
    expect(status).toBe(0);
    const ignored = 'Ignored, because there is no scheduler here: --partition, --account, --scheduler-arg.';
    expect(stderr.split('\n')).toContain(ignored);
  });

  it.skipIf(process.platform === 'win32')('does so with the checks, too', async () => {
    const jupyter = join(home, 'jupyter');
    writeFileSync(jupyter, '#!/bin/sh\necho "notebook : 7.6.0"\n', { mode: 0o755 });
    const env = { PATH: `${home}:/usr/bin:/bin`, START_JUPYTER_PARTITION: 'debug' };
    const { status, stderr } = await start(['--dry-run', '--system', 'local'], { env });
    expect([status, stderr]).toEqual([0, expect.stringContaining('here: START_JUPYTER_PARTITION.')]);
    expect(stderr).toContain('Jupyter: Jupyter Notebook 7.6.0');
  });
});

describe('START_JUPYTER_*', () => {
  it('stand for options, give way to them, and count for nothing when they are empty', async () => {
    const env = {
      START_JUPYTER_ACCOUNT: 'def456',
      START_JUPYTER_PARTITION: 'shared',
      START_JUPYTER_TIME: '90m',
      START_JUPYTER_GPUS: '2',
      START_JUPYTER_QOS: '',
      START_JUPYTER_DIR: '',
      START_JUPYTER_SYSTEM: 'expanse',
    };
    const { status, stdout, stderr } = await start(['--dry-run', '--no-check', '-p', 'debug', '20'], { env });
    expect(status).toBe(0);
    expect(stderr).toContain('System: expanse (given by START_JUPYTER_SYSTEM)');
    expect(stdout).toContain('#SBATCH --account=def456\n');
    expect(stdout).toContain('#SBATCH --partition=debug\n');
    expect(stdout).toContain('#SBATCH --time=00:20:00\n');
    expect(stdout).toContain('#SBATCH --gpus=2\n');
    expect(stdout).not.toContain('--qos');
  });

  it('are named when they are wrong', async () => {
    const { message } = await problem(EXPANSE, { env: { START_JUPYTER_CPUS: 'all' } });
    expect(message).toBe('START_JUPYTER_CPUS cannot be "all".');
  });

  it('may ask for JSON, of errors as well, and for no checks', async () => {
    const env = { START_JUPYTER_JSON: '1', START_JUPYTER_DRY_RUN: 'yes', START_JUPYTER_NO_CHECK: 'on' };
    const good = await start(['--system', 'expanse', '-A', 'abc123'], { env });
    expect([good.status, good.stderr]).toEqual([0, '']);
    expect(JSON.parse(good.stdout)).toMatchObject({ dryRun: true });
    for (const args of [['--nonsense'], ['-A', '']]) {
      const { status, stderr } = await start(args, { env });
      expect([status, JSON.parse(stderr)]).toMatchObject([2, { error: { code: 'bad-option' } }]);
    }
    const quiet = await start(['-q', '--system', 'expanse'], { env });
    expect(quiet.stderr).toMatch(/^start-jupyter: expanse needs an account/);
  });

  it('that say neither yes nor no are refused', async () => {
    const { status, stderr } = await start(EXPANSE, { env: { START_JUPYTER_JSON: 'maybe' } });
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^start-jupyter: START_JUPYTER_JSON cannot be "maybe"/),
    ]);
  });

  it('that stand for nothing are said, without their value', async () => {
    const { status, stderr } = await start([...EXPANSE, '-q'], { env: { START_JUPYTER_ACOUNT: 'x\x1b[2J' } });
    expect(status).toBe(0);
    expect(stderr).toBe(
      'Warning: The variable START_JUPYTER_ACOUNT stands for no option and is ignored. Did you mean START_JUPYTER_ACCOUNT?\n',
    );
  });

  it('are read from what is handed in alone', async () => {
    process.env['START_JUPYTER_PARTITION'] = 'from-the-process';
    try {
      expect((await start(EXPANSE)).stdout).toContain('#SBATCH --partition=compute\n');
    } finally {
      delete process.env['START_JUPYTER_PARTITION'];
    }
  });
});

describe('help', () => {
  it('lists every option of the program on stdout', async () => {
    const { status, stdout, stderr } = await start(['--help']);
    expect([status, stderr]).toEqual([0, '']);
    for (const option of [
      '-p, --partition',
      '-d, --dir',
      '-A, --account',
      '-b, --batch-script',
      '-t, --time',
    ]) {
      expect(stdout).toContain(option);
    }
    expect(stdout).toContain('start-jupyter help COMMAND');
  });

  it('is the same as a command', async () => {
    expect(await start(['help'])).toEqual(await start(['--help']));
    const { stdout } = await start(['doctor', '--help']);
    expect(stdout).toMatch(/^Options:\n {2}--system.*\n {2}--json.*\n {2}-h, --help.*\n\n/m);
  });

  it('explains the exit codes', async () => {
    const { status, stdout } = await start(['help', 'exit-codes']);
    expect(status).toBe(0);
    const [codes = ''] = stdout.split('\n\n');
    expect(codes.match(/^ *\d+ {2}\S.*$/gm)?.map((line) => Number.parseInt(line, 10))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 130,
    ]);
  });

  it('knows no other topic', async () => {
    const { status, stderr } = await start(['help', 'me']);
    expect([status, stderr]).toEqual([
      2,
      'start-jupyter: There is no help on "me".\nTopics: exit-codes, environment, files; or any command.\n',
    ]);
  });

  it('comes with the version', async () => {
    for (const flag of ['--version', '-V']) {
      const { status, stdout, stderr } = await start([flag, '-q']);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
    }
  });
});

describe.skipIf(process.platform === 'win32')('Ctrl-C while everything is looked at', () => {
  it('ends it as interrupted, whatever could not be found out then', async () => {
    writeFileSync(join(home, 'jupyter'), '#!/bin/sh\nsleep 30\n', { mode: 0o755 });
    writeFileSync(join(home, 'sinfo'), '#!/bin/sh\nsleep 30\n', { mode: 0o755 });
    const env = { HOME: home, PATH: `${home}:/usr/bin:/bin` };
    const host = fakeHost({ cwd: home, env });
    const done = outcomeOf(['--system', 'expanse', '-A', 'abc123'], host);
    await expect.poll(() => host.stderr.text).toContain('Checking Jupyter');
    host.interrupt();
    const { status, stdout, stderr } = await done;
    expect([status, stdout]).toEqual([130, '']);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe('start-jupyter: Interrupted.');
    expect(stderr).not.toContain('Warning');
  });
});
