/** Where one is, before anything is started: whole dry runs, with a scheduler's commands on PATH that say what is recorded. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeHost, outcomeOf } from '../../cli/host.js';
import { recordedRuns } from '../../recorded.js';

const HOST = hostname().split('.')[0] ?? '';
const RUNNING = { state: 'RUNNING', left: 3_630 };
const IN_JOB = { SLURM_JOB_ID: '77', SLURM_JOB_NODELIST: HOST };

let home: string;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'sj-here-')));
  mkdirSync(join(home, 'bin'));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function tool(name: string, script: string): void {
  writeFileSync(join(home, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** squeue knows one job, on the cluster `cluster` or the usual one. */
function slurmKnows({ state, left }: { state: string; left?: number }, cluster?: string): void {
  const end = left === undefined ? 'N/A' : new Date(Date.now() + left * 1000).toISOString().slice(0, 19);
  const line = ['77', state, 'None', HOST, 'N/A', end, 'mine'].join('\x1f');
  const wanted = cluster === undefined ? '' : `case "$*" in *"-M ${cluster}"*) ;; *) exit 0 ;; esac\n`;
  tool('squeue', `${wanted}echo '${line}'`);
  tool('sacct', 'exit 1');
}

/** A system of the site's that this host is a login node of, unless `hosts` says otherwise. */
function site(lines: readonly string[]): NodeJS.ProcessEnv {
  const file = join(home, 'site.yaml');
  writeFileSync(
    file,
    `systems:\n  hpc:\n    scheduler: slurm\n${lines.map((line) => `    ${line}\n`).join('')}`,
  );
  return { START_JUPYTER_CONFIG: file };
}

const LOGIN = ["hosts: ['.*']"];

/** The scheduler's commands of this machine, if there are any, are not on the PATH. */
async function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const host = fakeHost({
    cwd: home,
    env: { HOME: home, PATH: join(home, 'bin'), ...env },
  });
  const outcome = await outcomeOf(['--dry-run', '--no-check', ...args], host);
  return { ...outcome, lines: outcome.stderr.split('\n') };
}

/** An exit status and the first line of the error. */
async function refusal(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<[number, string]> {
  const { status, stdout, lines } = await start(args, env);
  expect(stdout).toBe('');
  return [status, lines.find((line) => line.startsWith('start-jupyter: '))?.slice(15) ?? ''];
}

const onPosix = describe.skipIf(process.platform === 'win32');

onPosix('--here in an allocation', () => {
  it('lasts as long as the allocation, whatever system and account this wants', async () => {
    slurmKnows(RUNNING);
    // Its end was moved since this was said.
    const SLURM_JOB_END_TIME = String(Math.floor(Date.now() / 1000) + 630);
    const wants = site([...LOGIN, 'account_required: true', 'time: 20']);
    const env = { ...wants, ...IN_JOB, SLURM_JOB_END_TIME };
    const { status, stdout, lines } = await start(['--here', '-i'], env);
    expect(status).toBe(0);
    expect(lines).toContain('Allocation: Slurm job 77, 1 hour left');
    expect(lines).toContain('Time: 1 hour (from Slurm job 77)');
    expect(lines).toContain('Scheduler: none, it starts here');
    expect(lines).toContain('In the job: Slurm job 77');
    expect(lines.filter((line) => /^(Partition|Account|Submitted)/.test(line))).toEqual([]);
    expect(stdout).not.toContain('#SBATCH');
    expect(stdout).toContain('source "$session_dir/run.sh"');
  });

  it('asks the job’s own cluster, where the usual one has no such job', async () => {
    slurmKnows(RUNNING, 'other');
    const env = { ...site(LOGIN), ...IN_JOB };
    expect((await start(['--here'], { ...env, SLURM_CLUSTER_NAME: 'other' })).lines).toContain(
      'Allocation: Slurm job 77, 1 hour left',
    );
    expect(await refusal(['--here'], env)).toEqual([
      2,
      'This shell belongs to Slurm job 77, and that is over.',
    ]);
  });

  it.each<[string, { state: string; left?: number }, string]>([
    ['is over', { state: 'CANCELLED' }, 'This shell belongs to Slurm job 77, and that is over (cancelled).'],
    ['waits', { state: 'PENDING' }, 'This shell belongs to Slurm job 77, and that has not started yet.'],
    ['ends now', { ...RUNNING, left: 50 }, 'Slurm job 77 ends in less than a minute.'],
  ])('is refused when it %s', async (_, job, words) => {
    slurmKnows(job);
    expect(await refusal(['--here'], { ...site(LOGIN), ...IN_JOB })).toEqual([2, words]);
  });

  it('is refused on another machine than its nodes', async () => {
    slurmKnows(RUNNING);
    const { status, stderr } = await start(['--here'], { ...IN_JOB, SLURM_JOB_NODELIST: 'far[1-3]' });
    expect(status).toBe(2);
    expect(stderr).toMatch(/This shell is on \S+, and Slurm job 77 has far\[1-3\]: Jupyter would not run/);
    expect(stderr).toContain('srun --nodes=1 --ntasks=1 --pty start-jupyter --here');
  });

  it('is refused on a login node to which nothing but the job’s number came along', async () => {
    slurmKnows(RUNNING);
    const { status, stderr } = await start(['--here'], { ...site(LOGIN), SLURM_JOB_ID: '77' });
    expect([status, stderr]).toEqual([2, expect.stringContaining('This is a login node of hpc')]);
    expect((await start(['--here'], { SLURM_JOB_ID: '77' })).status).toBe(0);
  });

  it('goes on when Slurm cannot be asked, and says so', async () => {
    tool('squeue', 'echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1');
    const { status, lines } = await start(['--here', '-t', '90m', '-i'], IN_JOB);
    expect(status).toBe(0);
    const words = 'How long Slurm job 77 still lasts cannot be told (slurm_load_jobs error: ';
    expect(lines.filter((line) => line.startsWith(words))).toHaveLength(1);
    expect(lines).toContain('Time: 1 hour 30 minutes (from --time)');
    // Newer Slurms say the end in a variable as well.
    const SLURM_JOB_END_TIME = String(Math.floor(Date.now() / 1000) + 630);
    expect((await start(['--here'], { ...IN_JOB, SLURM_JOB_END_TIME })).lines).toContain(
      'Allocation: Slurm job 77, 10 minutes left',
    );
  });

  it.each<['torque' | 'openpbs', NodeJS.ProcessEnv, string]>([
    ['torque', { PBS_JOBID: '1.vm', PBS_VERSION: 'TORQUE-6.1.3.h5' }, 'Torque job 1.vm, 4 minutes left'],
    ['openpbs', { PBS_JOBID: '1.vm' }, 'PBS job 1.vm, 4 minutes left'],
  ])('asks %s as well, and reads its list of nodes', async (folder, variables, words) => {
    const recorded = recordedRuns(`${folder}/qstat_state_R`).find(({ command }) =>
      command.startsWith('qstat -f'),
    );
    const started = new Date(Date.now() - 30_000)
      .toUTCString()
      .replace(/^(...), (..) (...) (....) (.*) GMT$/, '$1 $3 $2 $5 $4');
    writeFileSync(join(home, 'said'), recorded!.stdout.replace(/^( {4}stime = ).*$/m, `$1${started}`));
    tool('qstat', `exec /bin/cat '${home}/said'`);
    writeFileSync(join(home, 'nodes'), `${HOST}\n`);
    const env = { ...variables, PBS_NODEFILE: join(home, 'nodes') };
    const { status, lines } = await start(['--here', '-i'], env);
    expect([status, lines]).toEqual([0, expect.arrayContaining([`Allocation: ${words}`])]);
    writeFileSync(join(home, 'nodes'), 'far1\n');
    expect(await refusal(['--here'], env)).toEqual([
      2,
      expect.stringContaining('job 1.vm has other nodes') as string,
    ]);
  });

  it('is offered to who submits from inside of one', async () => {
    const { lines } = await start([], { ...site(LOGIN), ...IN_JOB });
    const offer = lines.find((line) => line.startsWith('This shell belongs to Slurm job 77.'));
    expect(offer).toContain('start-jupyter --here');
    expect((await start(['-q'], { ...site(LOGIN), ...IN_JOB })).stderr).toBe('');
    expect((await start([], site(LOGIN))).stderr).not.toContain('This shell belongs');
  });
});

onPosix('--here on a machine that is in no allocation', () => {
  const REFUSED = `This is a login node of hpc (the host name ${HOST} matches .*), and your site does not allow notebooks on it.`;

  it('is refused on a login node, whatever system is named', async () => {
    const env = site(LOGIN);
    for (const args of [['--here'], ['--here', '--system', 'expanse'], ['--system', 'local']])
      expect(await refusal(args, env)).toEqual([2, REFUSED]);
    expect((await start(['--system', 'local'], env)).lines).toContain(
      'Without --system local a job is submitted, and the notebook runs on a compute node.',
    );
  });

  it('runs where the site allows it', async () => {
    const { status, lines } = await start(['--here', '-i'], site([...LOGIN, 'here_on_login_node: true']));
    expect(status).toBe(0);
    expect(lines).toContain('Time: 2 days (from the default)');
    expect(lines).toContain('System: hpc (the host name HOST matches .*)'.replace('HOST', HOST));
  });

  it('runs on a machine that nobody knows and that has no scheduler, for a named system, too', async () => {
    expect((await start(['--here'])).status).toBe(0);
    expect((await start(['--here', '--system', 'expanse'])).status).toBe(0);
  });

  it.each<[string, string, string[], number]>([
    ['a node of Slurm’s', `echo ${HOST}`, ['--here'], 0],
    ['no node of Slurm’s', 'exit 0', ['--here'], 2],
    ['no node of Slurm’s, for a named system', 'exit 0', ['--here', '--system', 'expanse'], 2],
    ['one’s own machine, as one says', 'exit 0', ['--here', '--system', 'local'], 0],
    ['where Slurm does not answer', 'exit 1', ['--here'], 2],
    ['where Slurm does not answer, for a named system', 'exit 1', ['--here', '--system', 'expanse'], 0],
  ])('looks at one with sbatch closely: %s', async (_, sinfo, args, status) => {
    tool('sbatch', 'exit 1');
    tool('scontrol', 'exit 1');
    tool('sinfo', sinfo);
    const outcome = await start(args);
    expect(outcome.status).toBe(status);
    if (status !== 0) expect(outcome.stderr).toMatch(/is in no job: it may be a login node/);
  });

  it('cannot tell a node from a login node with qsub alone', async () => {
    tool('qsub', 'exit 1');
    expect((await start(['--here'])).status).toBe(2);
    expect((await start(['--here', '--system', 'local'])).status).toBe(0);
  });
});
