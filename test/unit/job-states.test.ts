import { describe, expect, it } from 'vitest';
import { slurmOutcome, slurmPhase } from '../../src/job-states.js';
import { JOB_OUTCOMES } from '../../src/satellite/protocol.js';

describe("Slurm's states", () => {
  it.each([
    ['PENDING', 'waiting'],
    ['PD', 'waiting'],
    ['CONFIGURING', 'waiting'],
    ['REQUEUE_HOLD', 'waiting'],
    ['SPECIAL_EXIT', 'waiting'],
    ['RUNNING', 'alive'],
    ['R', 'alive'],
    ['COMPLETING', 'alive'],
    ['SUSPENDED', 'alive'],
    ['STOPPED', 'alive'],
    ['SIGNALING', 'alive'],
    ['STAGE_OUT', 'alive'],
    ['RESIZING', 'alive'],
    ['COMPLETED', 'ended'],
    ['CANCELLED', 'ended'],
    ['CANCELLED by 1000', 'ended'],
    ['CANCELLED+', 'ended'],
    ['cancelled', 'ended'],
    ['OOM', 'ended'],
    ['LAUNCH_FAILED', 'ended'],
    ['NODE_FAIL', 'ended'],
    ['', 'unknown'],
    ['HIBERNATING', 'unknown'],
    ['X', 'unknown'],
    ['42', 'unknown'],
    ['constructor', 'unknown'],
  ])('%j is %s', (state, phase) => {
    expect(slurmPhase(state)).toBe(phase);
  });
});

describe("Slurm's final states", () => {
  it.each([
    ['COMPLETED', 'completed'],
    ['CD', 'completed'],
    ['FAILED', 'failed'],
    ['CANCELLED by 1000', 'cancelled'],
    ['CANCELLED+', 'cancelled'],
    ['ca', 'cancelled'],
    ['TIMEOUT', 'timed-out'],
    ['DEADLINE', 'timed-out'],
    ['OUT_OF_MEMORY', 'out-of-memory'],
    ['OUT_OF_ME+', undefined],
    ['OOM', 'out-of-memory'],
    ['NODE_FAIL', 'node-failed'],
    ['BOOT_FAIL', 'node-failed'],
    ['LAUNCH_FAILED', 'node-failed'],
    ['PREEMPTED', 'preempted'],
    ['REVOKED', undefined],
    ['COMPLETING', undefined],
    ['RUNNING', undefined],
    ['', undefined],
    ['toString', undefined],
  ])('%j is %s', (state, outcome) => {
    expect(slurmOutcome(state)).toBe(outcome);
  });

  it('have outcomes that the protocol knows, and are states that have ended', () => {
    for (const state of ['CD', 'F', 'CA', 'TO', 'DL', 'OOM', 'NF', 'BF', 'PR']) {
      expect(JOB_OUTCOMES).toContain(slurmOutcome(state));
      expect(slurmPhase(state)).toBe('ended');
    }
  });
});
