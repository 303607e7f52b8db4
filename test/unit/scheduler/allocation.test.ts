import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allocationOf, isNodeOf, nodesOf, titleOf } from '../../../src/scheduler/allocation.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sj-allocation-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the job that a shell runs in', () => {
  it('is Slurm’s, with its cluster and, from newer ones, its end', () => {
    expect(
      allocationOf({ SLURM_JOB_ID: '123', SLURM_CLUSTER_NAME: 'hpc', SLURM_JOB_END_TIME: '1795331470' }),
    ).toEqual({
      scheduler: 'slurm',
      id: { id: '123' },
      cluster: 'hpc',
      endsAt: new Date(1_795_331_470_000),
    });
    expect(allocationOf({ SLURM_JOBID: '7', PBS_JOBID: '7.vm' })).toEqual({
      scheduler: 'slurm',
      id: { id: '7' },
    });
  });

  // As recorded from running servers.
  it('is Torque’s or that of PBS, by what each of them alone sets', () => {
    const torque = {
      PBS_JOBID: '32.vm',
      PBS_VERSION: 'TORQUE-6.1.3.h5',
      PBS_NUM_PPN: '2',
      PBS_WALLTIME: '180',
    };
    expect(allocationOf(torque)).toEqual({ scheduler: 'torque', id: { id: '32.vm' } });
    expect(allocationOf({ PBS_JOBID: '32.vm', PBS_NUM_PPN: '2' })).toMatchObject({ scheduler: 'torque' });
    const pbs = { PBS_JOBID: '36[4].vm', PBS_JOBDIR: '/home/alice', PBS_ENVIRONMENT: 'PBS_INTERACTIVE' };
    expect(allocationOf(pbs)).toEqual({ scheduler: 'pbs', id: { id: '36[4].vm' } });
    expect(titleOf(allocationOf(pbs)!)).toBe('PBS job 36[4].vm');
  });

  it('is none where nothing is said, or nothing that could be one', () => {
    expect(allocationOf({})).toBeUndefined();
    expect(allocationOf({ SLURM_JOB_ID: '', PBS_JOBID: '' })).toBeUndefined();
    fc.assert(
      fc.property(fc.string(), fc.string(), (SLURM_JOB_ID, PBS_JOBID) => {
        const { id } = allocationOf({ SLURM_JOB_ID, PBS_JOBID })?.id ?? {};
        // It becomes an argument of the scheduler's commands.
        if (id !== undefined) expect(id).toMatch(/^[0-9][\w.[\]-]*$/);
      }),
    );
  });
});

describe('whether this machine is one of its nodes', () => {
  const SLURM = { scheduler: 'slurm' } as const;
  const PBS = { scheduler: 'pbs' } as const;

  it.each<[NodeJS.ProcessEnv, boolean | undefined]>([
    [{ SLURM_JOB_NODELIST: 'a[01-03]' }, true],
    [{ SLURM_NODELIST: 'b1,a02' }, true],
    [{ SLURM_JOB_NODELIST: 'a02.eth.hpc' }, true],
    [{ SLURM_JOB_NODELIST: 'b[01-03]' }, false],
    // Slurm calls the node otherwise.
    [{ SLURM_JOB_NODELIST: 'b[01-03]', SLURMD_NODENAME: 'b02' }, true],
    // Left over from the job in which salloc was typed.
    [{ SLURM_JOB_NODELIST: 'b[01-03]', SLURMD_NODENAME: 'a02' }, false],
    [{}, undefined],
  ])('%j: %s', async (env, expected) => {
    expect(await isNodeOf(SLURM, env, ['a02', 'a02.eth.hpc'])).toBe(expected);
  });

  it('is said in Torque and PBS by a file', async () => {
    const file = join(folder, 'nodes');
    writeFileSync(file, 'a01.hpc\na02\na02\n');
    const env = { PBS_NODEFILE: file };
    expect(await isNodeOf(PBS, env, ['a01', 'a01'])).toBe(true);
    expect(await isNodeOf(PBS, env, ['a02', 'a02.hpc'])).toBe(true);
    expect(await isNodeOf(PBS, env, ['login1', 'login1.hpc'])).toBe(false);
    expect(await isNodeOf(PBS, { PBS_NODEFILE: join(folder, 'none') }, ['a01'])).toBeUndefined();
    expect(await isNodeOf(PBS, {}, ['a01'])).toBeUndefined();
    expect(nodesOf(PBS, env)).toBe('');
  });
});
