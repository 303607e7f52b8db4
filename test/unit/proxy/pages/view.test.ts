import { describe, expect, it } from 'vitest';
import { ownersView } from '../../../../src/proxy/pages/view.js';
import type { EndCause } from '../../../../src/proxy/registry/session.js';
import { JOB_OUTCOMES, type JobOutcome, type JobReport } from '../../../../src/satellite/protocol.js';
import { reservedSession } from '../data/stage.js';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const MINUTE = 60_000;

const pending = (job?: JobReport, jobReportedAt = NOW) =>
  ownersView(reservedSession('one-two-three', { jobId: '7', job, jobReportedAt }), NOW);

function endedFor(cause: EndCause, outcome?: JobOutcome) {
  const job: JobReport = { state: 'ended', outcome };
  return ownersView({ ...reservedSession('one-two-three'), phase: 'ended', endedAt: NOW, cause, job }, NOW);
}

describe('while a job waits', () => {
  it('the estimate is shown while it is to come, and no longer', () => {
    const estimatedStart = '2026-11-23T13:00:00Z';
    const past = '2026-11-23T11:59:59Z';
    expect(pending({ state: 'waiting', estimatedStart })).toMatchObject({ estimatedStart, job: '7' });
    expect(pending({ state: 'waiting', estimatedStart: past }).estimatedStart).toBeUndefined();
  });

  it('what was said of it long ago is not said again', () => {
    const job: JobReport = {
      state: 'waiting',
      reason: 'Priority',
      estimatedStart: '2026-11-24T12:00:00Z',
    };
    expect(pending(job, NOW - 9 * MINUTE)).toMatchObject({ title: 'Your job is waiting' });
    const old = pending(job, NOW - 11 * MINUTE);
    expect(old).toMatchObject({ phase: 'waiting', title: 'Waiting for your job' });
    expect(old.estimatedStart).toBeUndefined();
    expect(old.lines.join()).not.toContain('ahead');
  });

  it('nothing is made up where nobody says anything, or nobody can tell', () => {
    const said = { phase: 'waiting', title: 'Waiting for your job' };
    expect(pending()).toMatchObject(said);
    expect(pending({ state: 'unknown', reason: 'Priority' })).toMatchObject(said);
  });

  it('a job that runs is said to run, however long ago that was heard', () => {
    expect(pending({ state: 'running' }, NOW - 60 * MINUTE)).toMatchObject({ phase: 'running' });
  });
});

describe('how it ended', () => {
  it.for([
    ['destroyed', 'timed-out', 'The time that was asked for is up.'],
    ['job-ended', 'cancelled', 'The job was cancelled.'],
    ['job-ended', 'out-of-memory', 'more memory than it had asked for'],
    ['backend-gone', 'node-failed', 'The compute node failed.'],
    ['job-ended', undefined, 'The scheduler says that the job is over.'],
    ['destroyed', undefined, 'The job is over, or its Jupyter was shut down.'],
    // These are no matter of the job: what became of it afterwards explains nothing.
    ['evicted', 'cancelled', 'An administrator of this service ended it.'],
    ['replaced', 'completed', 'another notebook has its place'],
    ['proxy-restarted', 'completed', 'This service was restarted'],
    ['expired', 'cancelled', 'no job used it in time'],
  ] as const)('%s, the scheduler says %s', ([cause, outcome, words]) => {
    const view = endedFor(cause, outcome);
    expect(view).toMatchObject({ status: 410, phase: 'ended', title: 'This notebook has ended' });
    expect(view.lines.join(' ')).toContain(words);
    expect(view.lines.at(-1)).toMatch(/^Start a new notebook with start-jupyter/);
  });

  it('every outcome has words of its own', () => {
    expect(new Set(JOB_OUTCOMES.map((outcome) => endedFor('job-ended', outcome).lines[0])).size).toBe(
      JOB_OUTCOMES.length,
    );
  });
});
