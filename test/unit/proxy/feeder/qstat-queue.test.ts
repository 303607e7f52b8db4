import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readQstatQueue } from '../../../../src/proxy/feeder/qstat-queue.js';
import { recordedRun, recordedRuns } from '../../recorded.js';

const AT = Date.parse('2026-11-22T07:10:00Z');
const TIMES = { qtime: 'Sun Nov 22 07:00:00 2026' };

const block = (id: string, values: Record<string, string>) =>
  `Job Id: ${id}\n${Object.entries(values)
    .map(([name, value]) => `    ${name} = ${value}\n`)
    .join('')}\n`;
const torque = (text: string) => readQstatQueue('torque', text, AT);
const pbs = (text: string) => readQstatQueue('pbs', text, AT);

describe('what Torque printed', () => {
  const read = (name: string, command: RegExp) => torque(recordedRun(`torque/${name}`, command).stdout);

  it('is reported', () => {
    expect(read('qstat_state_Q', /^qstat -f \d/).reportOf('2.vm')).toEqual({
      state: 'waiting',
      reason: 'Not enough of the right type of nodes are available',
    });
    expect(read('qstat_state_R', /^qstat -f \d/).reportOf('1.vm')).toEqual({
      state: 'running',
      endsAt: '2026-11-22T07:14:37.000Z',
    });
    expect(read('qstat_state_H', /^qstat -f \d/).reportOf('26.vm')).toMatchObject({ state: 'waiting' });
    expect(read('qstat_state_C', /^qstat -f \d/).reportOf('0.vm')).toEqual({
      state: 'ended',
      outcome: 'completed',
    });
    expect(read('walltime_kill', /^qstat -f/).reportOf('47.vm')).toEqual({
      state: 'ended',
      outcome: 'timed-out',
    });
    expect(read('qdel_ok_running', /^qstat -f 5/).reportOf('5.vm')).toEqual({
      state: 'ended',
      outcome: 'cancelled',
    });
  });

  it('is an empty queue', () => {
    const queue = read('qstat_empty', /^qstat -f$/);
    expect(queue).toMatchObject({ complete: true, jobs: 0 });
    expect(queue.reportOf('1.vm')).toBeUndefined();
  });
});

describe('what OpenPBS printed', () => {
  const read = (name: string, command: RegExp) => pbs(recordedRun(`openpbs/${name}`, command).stdout);

  it('is reported', () => {
    expect(read('qstat_state_Q', /^qstat -f '/).reportOf('4.vm')).toEqual({
      state: 'waiting',
      reason: 'Not enough free nodes available',
    });
    expect(read('qstat_state_W', /^qstat -f '/).reportOf('33.vm')).toEqual({
      state: 'waiting',
      reason: 'BeginTime',
      estimatedStart: '2026-12-31T23:59:00.000Z',
    });
    expect(read('qstat_state_R', /^qstat -f '/).reportOf('1.vm')).toEqual({
      state: 'running',
      endsAt: '2026-11-22T07:29:53.000Z',
    });
    expect(read('qstat_state_E', /^qstat -f 39/).reportOf('39.vm')).toMatchObject({ state: 'running' });
    expect(read('qstat_state_F_exit3', /^qstat -xf 36.vm/).reportOf('36.vm')).toEqual({
      state: 'ended',
      outcome: 'failed',
    });
  });

  it('may have an estimate of the start', () => {
    const start = (text: string) =>
      pbs(block('1.vm', { job_state: 'Q', 'estimated.start_time': text })).reportOf('1.vm');
    expect(start('Sun Nov 22 09:05:00 2026')).toEqual({
      state: 'waiting',
      estimatedStart: '2026-11-22T09:05:00.000Z',
    });
    expect(start('UNKNOWN')).toEqual({ state: 'waiting' });
    expect(start('Sun Nov  1 09:05:00 2026')).toEqual({ state: 'waiting' });
  });
});

describe('a running job', () => {
  const endsAt = (values: Record<string, string>) =>
    pbs(block('1.vm', { job_state: 'R', ...values })).reportOf('1.vm')?.endsAt;

  it('past its end is given a quarter of an hour, one without a limit a year, one without a start nothing', () => {
    const stime = 'Sun Nov 22 07:00:00 2026';
    expect(endsAt({ stime, 'Resource_List.walltime': '00:05:00' })).toBe('2026-11-22T07:25:00.000Z');
    expect(endsAt({ stime, 'Resource_List.walltime': '100:00:00' })).toBe('2026-11-26T11:00:00.000Z');
    expect(endsAt({ stime })).toBe('2027-11-22T07:00:00.000Z');
    expect(endsAt({ stime, 'Resource_List.walltime': '?' })).toBeUndefined();
    expect(endsAt({ 'Resource_List.walltime': '00:05:00' })).toBeUndefined();
  });
});

describe('a job', () => {
  const queue = torque(
    block('5.head.example.org', { job_state: 'R' }) +
      block('6[].head.example.org', { job_state: 'Q' }) +
      block('6[2].head.example.org', { job_state: 'C' }) +
      block('7.head.example.org', { job_state: '?' }),
  );

  it.each(['5.head.example.org', '5.HEAD.example.org', '5.head', '5', '5.head.example.org.more'])(
    'is found as %s',
    (jobId) => expect(queue.reportOf(jobId)).toEqual({ state: 'running' }),
  );

  it.each(['5.hea', '5.tail', '5.ead.example.org', '15.head', '5x', 'x', '', '5[].head', '6.head', '6'])(
    'is not found as %j',
    (jobId) => expect(queue.reportOf(jobId)).toBeUndefined(),
  );

  it('of an array is found by its index', () => {
    expect(queue.reportOf('6[].head')).toEqual({ state: 'waiting' });
    expect(queue.reportOf('6[2]')).toMatchObject({ state: 'ended' });
  });

  it('in a state that nobody knows is unknown', () => {
    expect(queue.reportOf('7')).toEqual({ state: 'unknown' });
  });

  it('is told to a classic service in Slurm’s codes, by both of its names', () => {
    expect(queue.states()).toEqual([
      { jobId: '5.head.example.org', state: 'RUNNING' },
      { jobId: '5', state: 'RUNNING' },
      { jobId: '6[].head.example.org', state: 'PENDING' },
      { jobId: '6[]', state: 'PENDING' },
      { jobId: '6[2].head.example.org', state: 'COMPLETED' },
      { jobId: '6[2]', state: 'COMPLETED' },
    ]);
  });
});

describe('a variable of somebody’s job', () => {
  it.each(['5.vm', '5', '5.vm.example.org'])(
    'that holds the text of a block for %s ends nobody’s session',
    (id) => {
      const variable = `X=\n\nJob Id: ${id}\n    job_state = C\n    exit_status = 0`;
      const fake = block('8.vm', { job_state: 'R', Variable_List: variable, ...TIMES });
      const real = block('5.vm', { job_state: 'R', ...TIMES });
      for (const text of [real + fake, fake + real]) {
        expect(torque(text).reportOf('5.vm')).toEqual({ state: 'unknown' });
        expect(torque(text).reportOf('8.vm')).toEqual({ state: 'running' });
      }
    },
  );
});

describe('a listing of both', () => {
  it('that was cut anywhere never says of a job that is in it that it has ended, or is complete', () => {
    for (const [kind, name] of [
      ['torque', 'torque/qstat_state_R'],
      ['pbs', 'openpbs/qstat_state_R'],
    ] as const) {
      const { stdout } = recordedRuns(name).find(({ command }) => / -f '?1.vm/.test(command))!;
      fc.assert(
        fc.property(fc.integer({ min: 1, max: stdout.length - 1 }), (length) => {
          const queue = readQstatQueue(kind, stdout.slice(0, length), AT);
          expect(queue.complete).toBe(false);
          expect(queue.reportOf('1.vm')?.state).not.toBe('ended');
        }),
      );
    }
  });
});

describe('anything at all', () => {
  it('says nothing of a job that it does not name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const queue = torque(text);
        expect(queue.reportOf('1.vm')).toBeUndefined();
        expect(queue.states()).toEqual([]);
      }),
    );
  });
});
