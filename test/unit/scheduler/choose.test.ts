import { describe, expect, it } from 'vitest';
import { chooseScheduler } from '../../../src/scheduler/choose.js';

describe('the choice of a scheduler', () => {
  it.each(['slurm', 'local'] as const)('%s has its adapter', async (kind) => {
    expect((await chooseScheduler(kind, { env: {} })).kind).toBe(kind);
  });

  it.each(['torque', 'pbs'] as const)('%s has none yet and says so', async (kind) => {
    await expect(chooseScheduler(kind, { env: {} })).rejects.toMatchObject({ code: 'unsupported-platform' });
  });
});
