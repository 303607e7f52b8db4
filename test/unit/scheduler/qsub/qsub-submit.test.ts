import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPbs } from '../../../../src/scheduler/qsub/pbs.js';
import { qsubKind } from '../../../../src/scheduler/qsub/qsub-kind.js';
import { readJobId } from '../../../../src/scheduler/qsub/qsub-submit.js';
import { createTorque } from '../../../../src/scheduler/qsub/torque.js';
import { fakePrograms, type FakePrograms } from '../fake-programs.js';

const QUICK = { qsubMs: 1500, graceMs: 300, lookMs: 10, queryMs: 1500 };
const OPTIONS = { jobName: 'jupyter-abc', extraArguments: [] };

describe('the job id in what qsub printed', () => {
  it.each([
    ['123.vm\n', '123.vm'],
    ['123.head.cluster.example.org\r\n', '123.head.cluster.example.org'],
    ['12[].vm\n', '12[].vm'],
    ['123\n', '123'],
    ['Balance: 77\n2026\n123.vm\n', '123.vm'],
    ['123.vm\nYou have 42 hours left.\n5\n', '123.vm'],
    ['', undefined],
    ['job 123.vm is queued\n', undefined],
    ['3.5 hours\n', undefined],
  ])('%j', (stdout, id) => {
    expect(readJobId(stdout)).toEqual(id === undefined ? undefined : { id });
  });
});

describe.skipIf(process.platform === 'win32').each(['torque', 'pbs'] as const)(
  'a submission to %s',
  (kind) => {
    let fakes: FakePrograms;
    let directory: string;

    beforeEach(async () => {
      fakes = await fakePrograms();
      directory = await mkdtemp(join(tmpdir(), 'qsub it’s '));
    });

    afterEach(async () => {
      await fakes.remove();
      await rm(directory, { recursive: true, force: true });
    });

    function submit(
      options: { extraArguments?: string[]; signal?: AbortSignal; env?: NodeJS.ProcessEnv } = {},
      limits = QUICK,
    ) {
      const create = { torque: createTorque, pbs: createPbs }[kind];
      const scheduler = create({ env: { ...fakes.env, ...options.env }, limits });
      return scheduler.submit(join(directory, 'batch.sh'), { ...OPTIONS, ...options });
    }

    it('runs qsub once, in the session’s directory, with the arguments as they are and without an outer job', async () => {
      await fakes.add('qsub', 'echo "notice" >&2; echo 77.vm');
      // Without these it is another server, or none.
      const way = {
        ...{ PBS_DEFAULT: 'head', PBS_SERVER: 'head', PBS_PRIMARY: 'one', PBS_SECONDARY: 'two' },
        ...{ PBS_CONF_FILE: '/etc/own.conf', PBS_EXEC: '/opt/pbs', PBS_LEAF_NAME: 'login1' },
        ...{ PBS_AUTH_METHOD: 'munge', PBS_ENCRYPT_METHOD: 'tls', PBSAPITIMEOUT: '9' },
      };
      const env = {
        ...{ PBS_JOBID: '1', PBS_O_HOST: 'x', PBS_DPREFIX: '#QUE', PBS_SHELL: '/bin/csh', SECRET: 's' },
        ...way,
      };
      expect(await submit({ extraArguments: ['-W', 'x="b" $(c)'], env })).toEqual({ id: '77.vm' });
      const calls = await fakes.calls('qsub');
      expect(calls.map((call) => call.args)).toEqual([['-W', 'x="b" $(c)', join(directory, 'batch.sh')]]);
      expect(calls[0]?.env).toMatchObject({ HOME: '/home/alice', ...way, PWD: directory });
      for (const name of ['PBS_JOBID', 'PBS_O_HOST', 'PBS_DPREFIX', 'PBS_SHELL', 'SECRET']) {
        expect(calls[0]?.env).not.toHaveProperty(name);
      }
    });

    // setsid is Linux's.
    it.skipIf(process.platform !== 'linux')(
      'ends with qsub, not with the helper that it leaves behind',
      async () => {
        await fakes.add('qsub', '/usr/bin/setsid /bin/sleep 20 & echo $! >"${0%/*}/helper"; echo 77.vm');
        expect(await submit()).toEqual({ id: '77.vm' });
        const helper = Number(await readFile(join(fakes.env['PATH'] ?? '', 'helper'), 'utf8'));
        // It lives: nothing waited for it.
        expect(process.kill(helper, 'SIGKILL')).toBe(true);
      },
    );

    it('without qsub names the tool', async () => {
      await expect(submit()).rejects.toMatchObject({ code: 'no-tool' });
    });

    it.each([
      ['times out', 'exec /bin/sleep 20'],
      ['is killed', 'kill -KILL $$'],
      ['is killed behind a wrapper', 'exit 137'],
      ['loses the answer', 'echo "qsub: End of File" >&2; exit 1'],
      ['prints no id', 'echo "thank you"'],
    ])('that %s is found by its name, and not made twice', async (_name, body) => {
      await fakes.add('qsub', body);
      await fakes.add('qselect', '[ "$n" = 1 ] || echo 88.vm');
      expect(await submit()).toEqual({ id: '88.vm' });
      expect(await fakes.calls('qsub')).toHaveLength(1);
      const [look] = await fakes.calls('qselect');
      expect(look?.args).toEqual(['-N', 'jupyter-abc']);
    });

    it('that was cut off and made no job says so', async () => {
      await fakes.add('qsub', 'kill -KILL $$');
      await fakes.add('qselect', '');
      await expect(submit()).rejects.toMatchObject({ code: 'scheduler-unreachable' });
      expect(await fakes.calls('qselect')).toHaveLength(3);
    });

    it('that said nothing of a job, when there is none, was refused', async () => {
      await fakes.add('qsub', 'echo "come back at noon" >&2');
      await fakes.add('qselect', '');
      await expect(submit()).rejects.toMatchObject({
        code: 'scheduler-refused',
        detail: 'come back at noon',
      });
    });

    it.each([
      ['the server is away', 'echo "cannot connect to server vm" >&2; exit 111'],
      ['it says something else', 'echo "Maintenance"'],
      ['it says so beside nothing', 'echo "qselect: End of File" >&2'],
    ])('of which nobody can tell, because %s, names the job for a person', async (_name, body) => {
      await fakes.add('qsub', 'kill -KILL $$');
      await fakes.add('qselect', body);
      await expect(submit()).rejects.toMatchObject({
        code: 'scheduler-unreachable',
        hint: expect.stringContaining('qselect -N jupyter-abc') as string,
      });
    });

    it('that a rule of the centre refused says so in its words', async () => {
      await fakes.add('qsub', 'echo "Your project is closed. Write to help@site." >&2; exit 1');
      await expect(submit()).rejects.toMatchObject({
        code: 'scheduler-refused',
        detail: 'Your project is closed. Write to help@site.',
      });
    });

    describe('interrupted', () => {
      /** Aborts once qsub runs, which may then take as long as a busy machine does. */
      async function submitAndInterrupt(graceMs = 20_000): Promise<unknown> {
        const interrupt = new AbortController();
        const limits = { ...QUICK, qsubMs: 30_000, graceMs };
        const submission = submit({ signal: interrupt.signal }, limits).catch((reason: unknown) => reason);
        while ((await fakes.calls('qsub').catch(() => [])).length === 0) {
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        interrupt.abort();
        return await submission;
      }

      it('before it began submits nothing', async () => {
        await fakes.add('qsub', 'echo 1.vm');
        await expect(submit({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' });
        expect(await fakes.calls('qsub')).toHaveLength(0);
      });

      it('lets qsub finish and cancels the job', async () => {
        await fakes.add('qsub', '/bin/sleep 0.2; echo 99.vm');
        await fakes.add('qdel', '');
        expect(await submitAndInterrupt()).toMatchObject({ code: 'interrupted' });
        expect((await fakes.calls('qdel')).map((call) => call.args)).toEqual([['99.vm']]);
      });

      it('ends a qsub that does not finish, looks for the job and cancels it', async () => {
        await fakes.add('qsub', 'exec /bin/sleep 20');
        await fakes.add('qselect', 'echo 99.vm');
        await fakes.add('qdel', '');
        expect(await submitAndInterrupt(QUICK.graceMs)).toMatchObject({ code: 'interrupted' });
        expect((await fakes.calls('qdel')).map((call) => call.args)).toEqual([['99.vm']]);
      });

      it('says when the job cannot be cancelled', async () => {
        await fakes.add('qsub', '/bin/sleep 0.2; echo 99.vm');
        await fakes.add('qdel', 'echo "qdel: cannot connect to server vm" >&2; exit 111');
        expect(await submitAndInterrupt()).toMatchObject({
          code: 'scheduler-unreachable',
          hint: expect.stringContaining('qdel 99.vm') as string,
        });
      });
    });
  },
);

describe.skipIf(process.platform === 'win32')('a question about a job', () => {
  let fakes: FakePrograms;

  beforeEach(async () => {
    fakes = await fakePrograms();
  });

  afterEach(() => fakes.remove());

  const BLOCK = 'echo "Job Id: 1.vm"; echo "    job_state = R"; echo "    exec_host = n1/0"';
  const inspect = (env: NodeJS.ProcessEnv = {}) =>
    createPbs({ env: { ...fakes.env, ...env }, limits: QUICK }).inspect({ id: '1.vm' });

  // GNU date.
  it.skipIf(process.platform !== 'linux')(
    'is answered in a known time zone, whatever the person’s',
    async () => {
      // As qstat does: it prints the server's seconds in its own zone.
      const start = Math.floor(Date.now() / 1000) - 60;
      const stime = `$(/bin/date -d @${start} "+%a %b %e %T %Y")`;
      await fakes.add(
        'qstat',
        `${BLOCK}; echo "    stime = ${stime}"; echo "    Resource_List.walltime = 01:00:00"; echo`,
      );
      const state = await inspect({ TZ: 'Pacific/Auckland', LC_ALL: 'de_DE.UTF-8', PBS_QSTAT_EXECONLY: '1' });
      expect(state).toEqual({ phase: 'running', node: 'n1', endsAt: new Date((start + 3600) * 1000) });
      const [call] = await fakes.calls('qstat');
      expect(call?.env).toMatchObject({ TZ: 'UTC0', LC_ALL: 'C' });
      expect(call?.env).not.toHaveProperty('PBS_QSTAT_EXECONLY');
    },
  );

  it.each([
    ['two jobs of that name', `${BLOCK}; echo; ${BLOCK}; echo`],
    ['half a job', `${BLOCK}; printf "    exec"`],
    ['a job and an error', `${BLOCK}; echo; exit 1`],
    ['nothing', 'exit 0'],
    ['an end, without the words for it', 'exit 153'],
  ])('that is answered by %s is not answered', async (_what, body) => {
    await fakes.add('qstat', body);
    expect(await inspect()).toMatchObject({ phase: 'unknown' });
  });

  it('without qstat is not answered', async () => {
    expect(await inspect()).toEqual({ phase: 'unknown', why: 'qstat was not found' });
  });

  it('is asked of an old Torque in the way that it knows', async () => {
    await fakes.add(
      'qstat',
      `[ "$2" = -1 ] && { echo "qstat: invalid option -- 1" >&2; exit 2; }; ${BLOCK}; echo`,
    );
    const torque = createTorque({ env: fakes.env, limits: QUICK });
    expect(await torque.inspect({ id: '1.vm' })).toMatchObject({ phase: 'running' });
  });
});

describe.skipIf(process.platform === 'win32')('a question about many jobs', () => {
  let fakes: FakePrograms;

  beforeEach(async () => {
    fakes = await fakePrograms();
  });

  afterEach(() => fakes.remove());

  const block = (id: string, name: string) =>
    `printf 'Job Id: ${id}\\n    Job_Name = ${name}\\n    job_state = R\\n    exec_host = n1/0\\n\\n'`;
  const running = { phase: 'running', node: 'n1' };
  const inspectAll = async (...jobs: [id: string, name: string][]) =>
    Object.fromEntries(
      await createTorque({ env: fakes.env, limits: QUICK }).inspectAll(
        jobs.map(([id, name]) => ({ id: { id }, name })),
      ),
    );

  it('finds each by its number and name, with its server or without', async () => {
    await fakes.add(
      'qstat',
      [block('1.vm', 'a'), block('2.vm.example.org', 'b'), block('3.vm', 'c')].join('; '),
    );
    const states = await inspectAll(['1', 'a'], ['2.vm', 'b'], ['3.vm', 'other'], ['3.vmx', 'c']);
    expect(states).toEqual({
      ...{ 1: running, '2.vm': running },
      '3.vm': { phase: 'unknown', why: '3.vm is the number of another job by now' },
      '3.vmx': { phase: 'unknown', why: expect.stringContaining('Job Id: 3.vm') as string },
    });
  });

  it('is not answered for a job of which there are two, nor by half a text', async () => {
    await fakes.add('qstat', `${block('1.vm', 'a')}; ${block('1.vm', 'a')}; ${block('2.vm', 'b')}`);
    expect(await inspectAll(['1.vm', 'a'], ['2.vm', 'b'])).toMatchObject({
      '1.vm': { phase: 'unknown' },
      '2.vm': running,
    });
    await fakes.add('qstat', `${block('1.vm', 'a')}; printf 'Job Id: 2.vm\\n    job_state = C'`);
    expect(await inspectAll(['1.vm', 'a'], ['2.vm', 'b'])).toMatchObject({ '2.vm': { phase: 'unknown' } });
  });

  it('is answered for the others where one is not known, and where one may not be seen', async () => {
    const unknown = 'echo "qstat: Unknown Job Id Error 2.vm" >&2';
    const hidden = 'echo "qstat: Unauthorized Request  3.vm" >&2';
    await fakes.add('qstat', `${unknown}; ${hidden}; ${block('1.vm', 'a')}; exit 153`);
    expect(await inspectAll(['1.vm', 'a'], ['2.vm', 'b'], ['3.vm', 'c'])).toMatchObject({
      '1.vm': running,
      '2.vm': { phase: 'ended', outcome: 'unknown' },
      '3.vm': { phase: 'unknown', why: expect.stringContaining('Unauthorized') as string },
    });
  });

  it('is not put to queues and servers that have the name of an id', async () => {
    await fakes.add('qstat', block('1.vm', 'a'));
    expect(await inspectAll(['1.vm', 'a'], ['batch', 'b'], ['-B', 'c'])).toMatchObject({
      '1.vm': running,
      batch: { phase: 'unknown', why: '"batch" is not a job id of Torque' },
    });
    expect((await fakes.calls('qstat')).map(({ args }) => args)).toEqual([['-f', '-1', '1.vm']]);
  });

  it('comes in pieces where they are very many', async () => {
    await fakes.add('qstat', 'exit 1');
    const states = await inspectAll(
      ...Array.from({ length: 101 }, (_, index): [string, string] => [`${index + 1}.vm`, 'a']),
    );
    expect(Object.values(states).every(({ phase }) => phase === 'unknown')).toBe(true);
    expect((await fakes.calls('qstat')).map(({ args }) => args.length - 2)).toEqual([100, 1]);
  });
});

describe.skipIf(process.platform === 'win32')('whose qsub it is', () => {
  let fakes: FakePrograms;

  beforeEach(async () => {
    fakes = await fakePrograms();
  });

  afterEach(() => fakes.remove());

  it.each([
    ['an older Torque, on stderr', 'echo "version: 2.5.13" >&2', 'torque'],
    ['PBS Professional', 'echo "pbs_version = PBSPro_19.2.6"', 'pbs'],
    ['another scheduler', 'echo "SGE 8.1.9"; echo "usage: qsub [options]"', undefined],
    ['one that says nothing', 'exit 1', undefined],
  ])('%s', async (_name, body, kind) => {
    await fakes.add('qsub', body);
    expect(await qsubKind(fakes.env)).toBe(kind);
  });

  it('is asked of qstat where qsub says nothing', async () => {
    await fakes.add('qsub', 'exit 1');
    await fakes.add('qstat', 'echo "pbs_version = 20"');
    expect(await qsubKind(fakes.env)).toBe('pbs');
  });

  it('is nobody’s where there is none', async () => {
    expect(await qsubKind(fakes.env)).toBeUndefined();
  });
});
