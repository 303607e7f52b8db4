import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSlurmQueue } from '../../../../src/proxy/feeder/slurm-queue.js';

const NOW = 1_795_399_200_000;
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();

/** Lines as squeue of Slurm 22.05 printed them, with | for the separator. */
const RECORDED = `\
42|42|42|PENDING|BeginTime|1795399320|1795399920
39|39|39|RUNNING|None|1795399195|NONE
41|41|41|RUNNING|None|1795399195|1795399201
40|40|40|SUSPENDED|None|1795399195|1795399795
8|8|8|PENDING|None|N/A|N/A
5+1|6|5|PENDING|JobHeldUser|N/A|N/A
5+0|5|5|CANCELLED|JobHeldUser|1795398954|1795398954
3_[0,2-3%2]|3|3|PENDING|JobHeldUser|N/A|N/A
3_1|12|3|CANCELLED|JobHeldUser|1795398954|1795398954
9|9|9|TIMEOUT|TimeLimit|1795399195|1795399227
10|10|10|COMPLETING|None|1795398195|1795399100
11|11|11|PENDING|ReqNodeNotAvail, UnavailableNodes:a[014,055-056]|N/A|N/A
13|13|13|HIBERNATING|None|N/A|N/A
14|14|14|REVOKED|None|1795399195|1795399227
15|15|15|PENDING|Priority|1795399100|N/A
16|16|16|PENDING|launch failed requeued held|N/A|N/A
`;

const listing = (text: string) => readSlurmQueue(text.replaceAll('|', '\x1f'), NOW);

describe("squeue's listing", () => {
  const queue = listing(RECORDED);

  it.each([
    [
      'a job that waits for its time',
      '42',
      { state: 'waiting', reason: 'BeginTime', estimatedStart: iso(1_795_399_320) },
    ],
    ['one of which Slurm says nothing yet', '8', { state: 'waiting' }],
    ['one with an estimate that is over', '15', { state: 'waiting', reason: 'Priority' }],
    ['a reason of several words', '16', { state: 'waiting', reason: 'launch failed requeued held' }],
    ['a reason with more behind it', '11', { state: 'waiting', reason: 'ReqNodeNotAvail' }],
    ['a job that runs', '41', { state: 'running', endsAt: iso(1_795_399_201) }],
    [
      'one without a limit: a year from its start',
      '39',
      { state: 'running', endsAt: iso(1_795_399_195 + 365 * 86_400) },
    ],
    ['a suspended one, before its end', '40', { state: 'running', endsAt: iso(1_795_399_795) }],
    ['one past its end that still has its nodes', '10', { state: 'running', endsAt: iso(NOW / 1000 + 900) }],
    ['one that took too long', '9', { state: 'ended', outcome: 'timed-out' }],
    ['a part of a heterogeneous job by its own id', '6', { state: 'waiting', reason: 'JobHeldUser' }],
    ['a heterogeneous job by its id', '5', { state: 'ended', outcome: 'cancelled' }],
    ['a task of an array', '3_1', { state: 'ended', outcome: 'cancelled' }],
    ['the same by its own id', '12', { state: 'ended', outcome: 'cancelled' }],
    ['a task that waits with others on one line', '3_2', { state: 'waiting', reason: 'JobHeldUser' }],
    ['an array, as long as a task is left', '3', { state: 'waiting', reason: 'JobHeldUser' }],
    ['a state that nobody knows', '13', { state: 'unknown' }],
    ['a job that another cluster of the federation took', '14', { state: 'unknown' }],
  ])('tells of %s', (_, jobId, report) => {
    expect(queue.reportOf(jobId)).toEqual(report);
  });

  it.each(['7', '3_4', '3_9', '30', '', '5+2', '4_1'])('has no job %j', (jobId) => {
    expect(queue.reportOf(jobId)).toBeUndefined();
  });

  it('is complete when every line was understood, also when it is empty', () => {
    expect(queue).toMatchObject({ complete: true, passedOver: 0 });
    expect(listing('')).toMatchObject({ complete: true, passedOver: 0 });
  });

  it('takes a stepped range, and none that Slurm cut off', () => {
    const array = listing('7_[1,4-10:3,20-...]|7|7|PENDING|None|N/A|N/A\n');
    expect(['1', '4', '7', '10'].every((index) => array.reportOf(`7_${index}`)?.state === 'waiting')).toBe(
      true,
    );
    expect(['2', '5', '11', '20', '21'].map((index) => array.reportOf(`7_${index}`))).toEqual(
      Array(5).fill(undefined),
    );
  });

  it('does not believe a last line that was cut', () => {
    const cut = listing('41|41|41|RUNNING|None|1795399195|17953992');
    expect(cut).toMatchObject({ complete: false, passedOver: 1 });
    expect(cut.reportOf('41')).toBeUndefined();
  });

  it('gives every job with its state, a task under both of its ids', () => {
    expect(listing('3_1|12|3|RUNNING|None|N/A|N/A\n8|8|8|PENDING|None|N/A|N/A\n').states()).toEqual([
      { jobId: '3_1', state: 'RUNNING' },
      { jobId: '12', state: 'RUNNING' },
      { jobId: '8', state: 'PENDING' },
    ]);
  });
});

describe('any listing', () => {
  const field = fc.oneof(
    fc.string(),
    fc.constantFrom('RUNNING', 'COMPLETED', 'N/A', 'NONE', '17', '1795399195', '', '_[', '17_[1-2]', '17+0'),
  );
  const noise = fc
    .oneof(
      fc.string({ unit: 'binary' }),
      fc.array(field, { maxLength: 9 }).map((fields) => fields.join('\x1f')),
    )
    .map((text) => text.replaceAll('\n', ' '));
  /** Not by chance a line of squeue. */
  const notALine = noise.filter(
    (text) => !/^\d+([_+]\S+)?\x1f\d+\x1f\d+\x1f[^\x1f]+(\x1f[^\x1f]*){3}$/.test(text),
  );

  it('with lines that are not understood: they are counted, nobody is ended by them, and nothing is complete', () => {
    fc.assert(
      fc.property(fc.array(notALine, { minLength: 1, maxLength: 20 }), fc.nat(20), (lines, at) => {
        const good = '17\x1f17\x1f17\x1fRUNNING\x1fNone\x1f1795399195\x1f1795399795';
        const text = [...lines.slice(0, at), good, ...lines.slice(at)].map((line) => `${line}\n`).join('');
        const queue = readSlurmQueue(text, NOW);
        expect(queue).toMatchObject({ passedOver: lines.length, complete: false });
        expect(queue.reportOf('17')).toEqual({ state: 'running', endsAt: iso(1_795_399_795) });
        expect(queue.states()).toEqual([{ jobId: '17', state: 'RUNNING' }]);
      }),
    );
  });

  it('says "ended" of final states alone, and only dates that are dates', () => {
    const final =
      /^(COMPLETED|CD|CANCELLED|CA|FAILED|F|TIMEOUT|TO|NODE_FAIL|NF|BOOT_FAIL|BF|DEADLINE|DL|OUT_OF_MEMORY|OOM|PREEMPTED|PR|LAUNCH_FAILED)(?![A-Z_])/i;
    const plain = fc.string().map((text) => text.replaceAll(/[\n\x1f]/g, ''));
    const state = fc.oneof(
      plain,
      fc.constantFrom('COMPLETED', 'COMPLETING', 'CANCELLED by 7', 'REVOKED', 'ENDED', 'DONE', 'GONE'),
    );
    fc.assert(
      fc.property(
        state.filter((text) => text !== ''),
        plain,
        plain,
        plain,
        (text, reason, start, end) => {
          const report = readSlurmQueue(
            `${['17', '17', '17', text, reason, start, end].join('\x1f')}\n`,
            NOW,
          ).reportOf('17');
          expect(report?.state === 'ended').toBe(final.test(text.trim()));
          for (const date of [report?.estimatedStart, report?.endsAt]) {
            if (date !== undefined) expect(Date.parse(date)).toBeGreaterThan(NOW);
          }
        },
      ),
    );
  });
});
