import { describe, expect, it } from 'vitest';
import { slurmPhase } from '../../src/job-states.js';

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
