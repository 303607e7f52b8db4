import { describe, expect, it } from 'vitest';
import { chooseScheduler } from '../../../src/scheduler/choose.js';

describe('the choice of a scheduler', () => {
  it.each(['slurm', 'torque', 'pbs', 'local'] as const)('%s has its adapter', async (kind) => {
    expect((await chooseScheduler(kind, { env: {} })).kind).toBe(kind);
  });
});
