import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSlurm } from '../../../../src/scheduler/slurm/slurm.js';
import { ofUser } from '../../../../src/scheduler/slurm/slurm-queue.js';
import { readJobId } from '../../../../src/scheduler/slurm/slurm-submit.js';
import { fakePrograms, type FakePrograms } from '../fake-programs.js';

const QUICK = { sbatchMs: 1500, graceMs: 300, lookMs: 10 };
const OPTIONS = { jobName: 'jupyter-abc', extraArguments: [] };

describe('the job id in what sbatch printed', () => {
  it.each([
    ['123\n', { id: '123' }],
    ['123;big\n', { id: '123', cluster: 'big' }],
    ['Submitted batch job 123\n', { id: '123' }],
    ['Submitted batch job 123 on cluster big\n', { id: '123', cluster: 'big' }],
    ['You have 5000 SU left\n2026\n\n123\n', { id: '123' }],
    ['123\nYou have 42 hours left.\n', { id: '123' }],
    ['Balance: 77\nSubmitted batch job 123\nBye 5\n', { id: '123' }],
    ['123\r\n', { id: '123' }],
    ['', undefined],
    ['Balance: 77\n', undefined],
    ['job 123 is queued\n', undefined],
  ])('%j', (stdout, id) => {
    expect(readJobId(stdout)).toEqual(id);
  });
});

describe.skipIf(process.platform === 'win32')('a submission to Slurm', () => {
  let fakes: FakePrograms;

  beforeEach(async () => {
    fakes = await fakePrograms();
  });

  afterEach(async () => {
    await fakes.remove();
  });

  function submit(
    options: { extraArguments?: string[]; signal?: AbortSignal; env?: NodeJS.ProcessEnv } = {},
    limits = QUICK,
  ) {
    const slurm = createSlurm({ env: { ...fakes.env, ...options.env }, limits });
    return slurm.submit('/s/a b/batch.sh', { ...OPTIONS, ...options });
  }

  it('runs sbatch once, with the arguments as they are and without an outer job', async () => {
    await fakes.add('sbatch', 'echo "notice" >&2; echo 77');
    const env = {
      SLURM_JOB_ID: '1',
      SLURM_CONF: '/c',
      SBATCH_ACCOUNT: 'x',
      SBATCH_OUTPUT: '/tmp/o',
      SECRET: 's',
    };
    expect(await submit({ extraArguments: ['--comment=a "b" $(c)'], env })).toEqual({ id: '77' });
    const calls = await fakes.calls('sbatch');
    expect(calls.map((call) => call.args)).toEqual([
      ['--parsable', '--comment=a "b" $(c)', '/s/a b/batch.sh'],
    ]);
    expect(calls[0]?.env).toMatchObject({ HOME: '/home/alice', SLURM_CONF: '/c' });
    for (const name of ['SLURM_JOB_ID', 'SBATCH_ACCOUNT', 'SBATCH_OUTPUT', 'SECRET']) {
      expect(calls[0]?.env).not.toHaveProperty(name);
    }
  });

  it('does without --parsable where a wrapper refuses it', async () => {
    await fakes.add(
      'sbatch',
      'if [ "$n" = 1 ]; then echo "sbatch: unrecognized option --parsable" >&2; exit 1; fi; echo "Submitted batch job 5"',
    );
    expect(await submit()).toEqual({ id: '5' });
    expect((await fakes.calls('sbatch')).map((call) => call.args[0])).toEqual([
      '--parsable',
      '/s/a b/batch.sh',
    ]);
  });

  it.each([
    [
      'sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified',
      '-A',
    ],
    ['sbatch: error: invalid partition specified: nope', '-p'],
    [
      'sbatch: error: Batch job submission failed: Requested time limit is invalid (missing or exceeds some limit)',
      '-t',
    ],
    ['sbatch: error: Batch job submission failed: Invalid qos specification', '--qos'],
    ['sbatch: error: Your project is closed. Write to help@site.', undefined],
  ])('that is refused says so in its own words: %s', async (said, hint) => {
    await fakes.add('sbatch', `printf '%s\\n' '${said}' >&2; exit 1`);
    await fakes.add('squeue', '');
    const error: unknown = await submit().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'scheduler-refused', detail: said });
    if (hint === undefined) expect(error).toMatchObject({ hint: undefined });
    else expect(error).toMatchObject({ hint: expect.stringContaining(hint) as string });
    expect(await fakes.calls('sbatch')).toHaveLength(1);
    expect(await fakes.calls('squeue')).toHaveLength(0);
  });

  it('without sbatch names the tool', async () => {
    await expect(submit()).rejects.toMatchObject({ code: 'no-tool' });
  });

  it.each([
    ['times out', 'exec /bin/sleep 20'],
    ['is killed', 'kill -KILL $$'],
    [
      'loses the answer',
      'echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2; exit 1',
    ],
    ['prints no id', 'echo "thank you"'],
  ])('that %s is found by its name, and not made twice', async (_name, body) => {
    await fakes.add('sbatch', body);
    await fakes.add('squeue', '[ "$n" = 1 ] || echo 88');
    expect(await submit()).toEqual({ id: '88' });
    expect(await fakes.calls('sbatch')).toHaveLength(1);
    const [look] = await fakes.calls('squeue');
    expect(look?.args).toEqual(['-h', '-t', 'all', ...ofUser(), '-n', 'jupyter-abc', '-o', '%i']);
  });

  it('is looked for among the jobs of one user, for others can give theirs its name', () => {
    expect(ofUser(1001)).toEqual(['-u', '1001']);
    expect(ofUser(0)).toEqual([]);
    expect(ofUser()).toEqual(process.getuid?.() ? ['-u', String(process.getuid())] : []);
  });

  it('is found on the cluster that it went to', async () => {
    await fakes.add('sbatch', 'kill -KILL $$');
    await fakes.add('squeue', 'printf "CLUSTER: small\\n\\nCLUSTER: big\\n88\\n"');
    expect(await submit({ env: { SLURM_CLUSTERS: 'small,big' } })).toEqual({ id: '88', cluster: 'big' });
    expect((await fakes.calls('squeue'))[0]?.env).toMatchObject({ SLURM_CLUSTERS: 'small,big' });
  });

  it('that was cut off and made no job says so', async () => {
    await fakes.add('sbatch', 'kill -KILL $$');
    await fakes.add('squeue', '');
    await expect(submit()).rejects.toMatchObject({ code: 'scheduler-unreachable' });
    expect(await fakes.calls('squeue')).toHaveLength(3);
  });

  it('that said nothing of a job, when there is none, was refused', async () => {
    await fakes.add('sbatch', 'echo "Job 12 to start at noon" >&2');
    await fakes.add('squeue', '');
    await expect(submit()).rejects.toMatchObject({
      code: 'scheduler-refused',
      detail: 'Job 12 to start at noon',
    });
  });

  it('of which nobody can tell names the job, so that a person can look', async () => {
    await fakes.add('sbatch', 'kill -KILL $$');
    await fakes.add('squeue', 'echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 0');
    await expect(submit()).rejects.toMatchObject({
      code: 'scheduler-unreachable',
      hint: expect.stringContaining('scancel --name=jupyter-abc') as string,
    });
  });

  describe('interrupted', () => {
    /** Aborts once sbatch runs, which may then take as long as a busy machine does. */
    async function submitAndInterrupt(graceMs = 20_000): Promise<unknown> {
      const interrupt = new AbortController();
      const limits = { ...QUICK, sbatchMs: 30_000, graceMs };
      const submission = submit({ signal: interrupt.signal }, limits).catch((reason: unknown) => reason);
      while ((await fakes.calls('sbatch').catch(() => [])).length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      interrupt.abort();
      return await submission;
    }

    it('before it began submits nothing', async () => {
      await fakes.add('sbatch', 'echo 1');
      await expect(submit({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' });
      expect(await fakes.calls('sbatch')).toHaveLength(0);
    });

    it('lets sbatch finish and cancels the job', async () => {
      await fakes.add('sbatch', '/bin/sleep 0.2; echo "99;big"');
      await fakes.add('scancel', '');
      expect(await submitAndInterrupt()).toMatchObject({ code: 'interrupted' });
      expect((await fakes.calls('scancel')).map((call) => call.args)).toEqual([['-M', 'big', '99']]);
    });

    it('ends an sbatch that does not finish, looks for the job and cancels it', async () => {
      await fakes.add('sbatch', 'exec /bin/sleep 20');
      await fakes.add('squeue', 'echo 99');
      await fakes.add('scancel', '');
      expect(await submitAndInterrupt(QUICK.graceMs)).toMatchObject({ code: 'interrupted' });
      expect((await fakes.calls('scancel')).map((call) => call.args)).toEqual([['99']]);
    });

    it('says when the job cannot be cancelled', async () => {
      await fakes.add('sbatch', '/bin/sleep 0.2; echo 99');
      await fakes.add(
        'scancel',
        'echo "Kill job error on job id 99: Unable to contact slurm controller" >&2; exit 8',
      );
      expect(await submitAndInterrupt()).toMatchObject({
        code: 'scheduler-unreachable',
        hint: expect.stringContaining('scancel 99') as string,
      });
    });
  });
});
