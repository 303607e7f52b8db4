import { describe, expect, it } from 'vitest';
import { parseOutcome, type JobFiles } from '../../../src/launched/job-files.js';
import { sightOf, type ProxyView, type Sight } from '../../../src/launched/sight.js';
import type { JobState } from '../../../src/scheduler/scheduler.js';
import type { SessionEnd } from '../../../src/session/record.js';

const NOW = new Date('2026-03-04T12:00:00.000Z');
const END = new Date('2026-03-04T13:00:00.000Z');
const SOON = new Date('2026-03-04T12:05:00.000Z');

const JOBS: Record<string, JobState> = {
  queued: { phase: 'queued', reason: 'Priority', estimatedStart: SOON },
  running: { phase: 'running', node: 'n1', endsAt: END },
  cancelled: { phase: 'ended', outcome: 'cancelled', exitStatus: 143 },
  gone: { phase: 'ended', outcome: 'unknown', detail: 'Slurm no longer knows the job' },
  unknown: { phase: 'unknown', why: 'squeue did not answer in time' },
};

const said = parseOutcome('stopped: its time was up\nstatus 143\n2026-03-04T11:59:00Z\n')!;
const FILES: Record<string, JobFiles> = {
  nothing: {},
  ready: { node: 'n2' },
  warned: { node: 'n2', endsAt: SOON },
  outcome: { said },
  'ready, outcome': { node: 'n2', said },
};

const recorded: SessionEnd = {
  version: 1,
  outcome: 'failed',
  cause: 'As it was written down.',
  endedAt: '2026-03-03T00:00:00.000Z',
};

const queued: Sight = { phase: 'queued', reason: 'Priority', estimatedStart: SOON };
const starting: Sight = { phase: 'starting', node: 'n1', endsAt: END };
const ready: Sight = { phase: 'ready', node: 'n2', endsAt: END };
const stopping: Sight = { phase: 'stopping', said: 'stopped: its time was up' };
const ended = (outcome: SessionEnd['outcome'], cause: string, more: Partial<SessionEnd>): Sight => ({
  phase: 'ended',
  end: { version: 1, outcome, cause, endedAt: NOW.toISOString(), ...more },
});
const cancelled = ended('cancelled', 'It was cancelled.', { exitStatus: 143 });
const cancelledThen = ended('cancelled', 'It was cancelled.', {
  exitStatus: 143,
  endedAt: '2026-03-04T11:59:00.000Z',
});
const nobodySays = ended('unknown', 'It has ended, and nobody says how any more.', {});
const timeWasUp = ended('timed-out', 'Its time was up.', {
  exitStatus: 143,
  endedAt: '2026-03-04T11:59:00.000Z',
});
const unknown: Sight = { phase: 'unknown', why: 'squeue did not answer in time' };

const TABLE: [job: string, files: string, sight: Sight][] = [
  ['queued', 'nothing', queued],
  ['queued', 'ready', queued],
  ['queued', 'warned', queued],
  // It was put back into the queue, and cannot start a second time.
  ['queued', 'outcome', stopping],
  ['queued', 'ready, outcome', stopping],
  ['running', 'nothing', starting],
  ['running', 'ready', ready],
  ['running', 'warned', { ...ready, warned: true }],
  ['running', 'outcome', stopping],
  ['running', 'ready, outcome', stopping],
  ['cancelled', 'nothing', cancelled],
  ['cancelled', 'ready', cancelled],
  ['cancelled', 'warned', cancelled],
  ['cancelled', 'outcome', cancelledThen],
  ['cancelled', 'ready, outcome', cancelledThen],
  ['gone', 'nothing', nobodySays],
  ['gone', 'ready', nobodySays],
  ['gone', 'warned', nobodySays],
  ['gone', 'outcome', timeWasUp],
  ['gone', 'ready, outcome', timeWasUp],
  ['unknown', 'nothing', unknown],
  ['unknown', 'ready', { ...unknown, last: { node: 'n2' } }],
  ['unknown', 'warned', { ...unknown, last: { node: 'n2', endsAt: SOON, warned: true } }],
  ['unknown', 'outcome', { ...timeWasUp, unsure: true } as Sight],
  ['unknown', 'ready, outcome', { ...timeWasUp, unsure: true } as Sight],
];

describe('how a session is', () => {
  it.each(TABLE)('job %s, files %s', (job, files, sight) => {
    expect(sightOf({ job: JOBS[job]!, files: FILES[files]!, now: NOW })).toEqual(sight);
  });

  it('has no hole in its table', () => {
    expect(TABLE.length).toBe(Object.keys(JOBS).length * Object.keys(FILES).length);
  });

  it.each(TABLE)('as it was written down, whatever job %s and files %s say now', (job, files) => {
    const sight = sightOf({ job: JOBS[job]!, files: FILES[files]!, end: recorded, now: NOW });
    expect(sight).toEqual({ phase: 'ended', end: recorded });
  });
});

describe('what the proxy says of it', () => {
  const PROXIES: [string, ProxyView, object][] = [
    ['serves it', {}, {}],
    ['is against it', { doubt: 'ended there' }, { doubt: 'ended there' }],
    ['was told of the end', { endsAt: SOON, warned: true }, { warned: true }],
  ];

  it.each(PROXIES)('%s: beside what the scheduler says of a ready one', (_, proxy, more) => {
    const sight = sightOf({ job: JOBS['running']!, files: FILES['ready']!, proxy, now: NOW });
    expect(sight).toEqual({ ...ready, ...more });
  });

  it('leaves the node to the scheduler where the job does not say it', () => {
    const sight = sightOf({ job: JOBS['running']!, files: { node: '' }, now: NOW });
    expect(sight).toEqual({ ...ready, node: 'n1' });
  });

  it('gives the end where nobody else does', () => {
    const job: JobState = { phase: 'running', node: 'n1' };
    const seen = sightOf({ job, files: FILES['ready']!, proxy: { endsAt: SOON }, now: NOW });
    expect(seen).toEqual({ phase: 'ready', node: 'n2', endsAt: SOON });
  });

  it.each(TABLE.filter(([job, files]) => !(job === 'running' && /^(ready|warned)$/.test(files))))(
    'changes no phase: job %s, files %s',
    (job, files, { phase }) => {
      for (const [, proxy] of PROXIES) {
        const seen = sightOf({ job: JOBS[job]!, files: FILES[files]!, proxy, now: NOW });
        expect(seen.phase).toBe(phase);
      }
    },
  );
});

describe('how it ended', () => {
  const endedAs = (job: Partial<JobState & { phase: 'ended' }>, outcome?: string): SessionEnd => {
    const files: JobFiles = outcome === undefined ? {} : { said: parseOutcome(outcome)! };
    const seen = sightOf({ job: { phase: 'ended', outcome: 'unknown', ...job }, files, now: NOW });
    if (seen.phase !== 'ended') throw new Error(seen.phase);
    return seen.end;
  };

  it.each([
    ['timed-out', undefined, 'timed-out', 'Its time was up.'],
    ['timed-out', 'stopped: signal TERM', 'timed-out', 'Its time was up.'],
    ['cancelled', 'failed: the job script ended early', 'cancelled', 'It was cancelled.'],
    ['out-of-memory', 'failed: Jupyter is gone', 'out-of-memory', 'It needed more memory than its job has.'],
    ['node-failed', undefined, 'node-failed', 'The node that it ran on failed.'],
    ['preempted', undefined, 'preempted', 'The scheduler ended it to make room for another job.'],
    ['completed', undefined, 'completed', 'Jupyter was shut down.'],
    ['completed', 'completed', 'completed', 'Jupyter was shut down.'],
    ['completed', 'completed: nobody used it', 'completed', 'It ended by itself: nobody used it.'],
    ['failed', 'failed: no Jupyter.', 'failed', 'It failed: no Jupyter.'],
    ['failed', 'stopped: its time was up', 'timed-out', 'Its time was up.'],
    ['failed', 'stopped: it was cancelled', 'cancelled', 'It was cancelled.'],
    ['failed', 'stopped: signal HUP', 'failed', 'It was stopped: signal HUP.'],
    ['unknown', 'completed', 'completed', 'Jupyter was shut down.'],
    ['unknown', 'stopped: it was cancelled', 'cancelled', 'It was cancelled.'],
    ['unknown', 'stopped: signal USR2', 'unknown', 'It was stopped: signal USR2.'],
    ['unknown', 'failed: no port', 'failed', 'It failed: no port.'],
    ['unknown', 'a word of its own', 'unknown', 'It has ended: a word of its own.'],
    ['unknown', undefined, 'unknown', 'It has ended, and nobody says how any more.'],
  ] as const)('scheduler %s, job %j', (outcome, word, seen, cause) => {
    expect(endedAs({ outcome }, word)).toMatchObject({ outcome: seen, cause });
  });

  it('takes the exit status from the scheduler, else from the job', () => {
    expect(endedAs({ outcome: 'failed', exitStatus: 3 })).toMatchObject({
      exitStatus: 3,
      cause: 'Its job failed with exit status 3, and left no word why: its log may say more.',
    });
    expect(endedAs({ outcome: 'failed' }, 'failed: x\nstatus 7\n').exitStatus).toBe(7);
    expect(endedAs({ outcome: 'failed', exitStatus: 3 }, 'failed: x\nstatus 7\n').exitStatus).toBe(3);
    expect(endedAs({ outcome: 'failed' }, 'failed: x')).not.toHaveProperty('exitStatus');
  });

  it('takes the time from the job, else now', () => {
    expect(endedAs({}, 'completed\nstatus 0\n2026-03-04T10:00:00Z\n').endedAt).toBe(
      '2026-03-04T10:00:00.000Z',
    );
    expect(endedAs({}, 'completed\nstatus 0\nnoon\n').endedAt).toBe(NOW.toISOString());
  });

  it('sees no word in an empty file: it is just being written', () => {
    expect(parseOutcome(`failed: ${'x'.repeat(1_000_000)}`)?.line).toHaveLength(1000);
    expect(parseOutcome('')).toBeUndefined();
    expect(parseOutcome('\n')).toBeUndefined();
  });
});
