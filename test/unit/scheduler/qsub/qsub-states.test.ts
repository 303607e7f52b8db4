import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstNode, qsubJobState } from '../../../../src/scheduler/qsub/qsub-states.js';
import { hhmmss } from '../../../../src/scheduler/duration.js';
import { parseQsubTime, sizeText } from '../../../../src/scheduler/qsub/qsub-values.js';

const NOW = new Date('2026-11-22T08:00:00Z');
const state = (kind: 'torque' | 'pbs', values: Record<string, string>) =>
  qsubJobState(kind, new Map(Object.entries(values)), NOW);

describe('when a running job ends', () => {
  it('is what Torque counts down', () => {
    const values = { job_state: 'R', 'Walltime.Remaining': '90', start_time: 'Sun Nov 22 07:50:00 2026' };
    expect(state('torque', values)).toMatchObject({ endsAt: new Date('2026-11-22T08:01:30Z') });
  });

  it.each(['start_time', 'stime'])('is %s and the walltime', (start) => {
    const values = {
      job_state: 'R',
      [start]: 'Sun Nov 22 07:50:00 2026',
      'Resource_List.walltime': '01:00:00',
    };
    expect(state('pbs', values)).toMatchObject({ endsAt: new Date('2026-11-22T08:50:00Z') });
  });

  it.each([
    ['there is no walltime', { stime: 'Sun Nov 22 07:50:00 2026' }],
    ['it cannot be read', { stime: '22.11.2026 07:50', 'Resource_List.walltime': '01:00:00' }],
    ['it would start later', { stime: 'Sun Nov 22 09:50:00 2026', 'Resource_List.walltime': '01:00:00' }],
    [
      'it would be over long ago',
      { stime: 'Sun Nov 22 01:00:00 2026', 'Resource_List.walltime': '01:00:00' },
    ],
  ])('is not said when %s', (_why, values) => {
    expect(state('pbs', { job_state: 'R', exec_host: 'n1/0', ...values })).toEqual({
      phase: 'running',
      node: 'n1',
    });
  });
});

describe('when a waiting job may start', () => {
  it('is what PBS estimates', () => {
    const values = { job_state: 'Q', 'estimated.start_time': 'Mon Nov  2 07:50:00 2026' };
    expect(state('pbs', values)).toEqual({
      phase: 'queued',
      estimatedStart: new Date('2026-11-02T07:50:00Z'),
    });
  });
});

it('a state that is not known is no end', () => {
  expect(state('pbs', { job_state: 'Z' })).toEqual({ phase: 'unknown', why: 'PBS says "Z" of the job' });
  expect(state('torque', {})).toMatchObject({ phase: 'unknown' });
});

it.each([
  [{ Exit_status: '-27' }, 'out-of-memory', /memory/],
  [{ Exit_status: '271', stime: 'x' }, 'cancelled', /271/],
  [{ Exit_status: '1', stime: 'x', comment: 'Job failed' }, 'failed', /^exit status 1; Job failed$/, 1],
  // Killed, and what the node's daemon could not do.
  [{ Exit_status: '265', stime: 'x' }, 'failed', /265/],
  [{ Exit_status: '-3', stime: 'x' }, 'failed', /-3/],
  [{ stime: 'x' }, 'unknown', /does not say/],
] as const)('an end %j', (values, outcome, detail, exitStatus?: number) => {
  expect(state('pbs', { job_state: 'F', ...values })).toEqual({
    ...{ phase: 'ended', outcome },
    detail: expect.stringMatching(detail) as string,
    ...(exitStatus === undefined ? {} : { exitStatus }),
  });
});

describe('the first node', () => {
  it.each([
    ['n1/0-3+n2/0,2', 'n1'],
    ['n1/0*4+n2/1', 'n1'],
    ['n1/3+n1/2+n1/1', 'n1'],
    ['n1.cluster.example.org/0', 'n1.cluster.example.org'],
    ['', ''],
  ])('of %s', (execHost, node) => {
    expect(firstNode(execHost)).toBe(node);
  });

  it('of any list in either form', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,12}$/);
    const slots = fc.stringMatching(/^\d{1,2}([-,]\d{1,2}){0,2}$|^\d{1,2}\*\d{1,2}$/);
    const hosts = fc.array(fc.tuple(name, slots), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(hosts, (list) => {
        expect(firstNode(list.map(([host, slot]) => `${host}/${slot}`).join('+'))).toBe(list[0]?.[0]);
      }),
      { seed: 5, numRuns: 200 },
    );
  });
});

describe('times', () => {
  it.each([
    ['3600', 60],
    ['90', 2],
    ['01:30', 2],
    ['24:00:00', 1440],
    ['1:00:00:00', 1440],
    ['0', undefined],
    ['00:00:00', undefined],
    ['1h', undefined],
    ['', undefined],
    ['-1', undefined],
  ])('%s is %s minutes', (text, minutes) => {
    expect(parseQsubTime(text)).toBe(minutes);
  });

  it('come back from what is written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 525_600 }), (minutes) => {
        expect(parseQsubTime(hhmmss(minutes))).toBe(minutes);
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});

it('sizes have units', () => {
  expect(['4G', '500M', '4000', '1T', '8k'].map((size) => sizeText(size))).toEqual([
    '4gb',
    '500mb',
    '4000mb',
    '1tb',
    '8kb',
  ]);
  expect(sizeText('4G', 3)).toBe('12gb');
});
