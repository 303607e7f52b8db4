/** The job that this shell runs in, as the variables tell that a scheduler sets in its jobs. */
import { readFile } from 'node:fs/promises';
import { hostListHas } from './host-list.js';
import type { JobId } from './scheduler.js';

export interface Allocation {
  scheduler: 'slurm' | 'torque' | 'pbs';
  id: JobId;
  /** The cluster's name, where Slurm says it. Not in `id`: naming the cluster wants an accounting that many have not. */
  cluster?: string;
  /** What the variables say of its end, which may have been moved since. */
  endsAt?: Date;
}

const PRINTED = { slurm: 'Slurm', torque: 'Torque', pbs: 'PBS' } as const;

/** Undefined: this shell runs in no job, as far as anybody says. */
export function allocationOf(env: NodeJS.ProcessEnv): Allocation | undefined {
  // Slurm first: a plugin of it sets PBS_JOBID as well.
  const slurm = [env['SLURM_JOB_ID'], env['SLURM_JOBID']].find((id) => /^[0-9]+$/.test(id ?? ''));
  if (slurm !== undefined) {
    const end = Number(env['SLURM_JOB_END_TIME'] ?? 0);
    const cluster = /^[\w.-]+$/.exec(env['SLURM_CLUSTER_NAME'] ?? '')?.[0];
    return {
      scheduler: 'slurm',
      id: { id: slurm },
      ...(cluster === undefined ? {} : { cluster }),
      ...(end > 0 ? { endsAt: new Date(end * 1000) } : {}),
    };
  }
  const pbs = env['PBS_JOBID'] ?? '';
  if (!/^[0-9][\w.[\]-]*$/.test(pbs)) return undefined;
  // Both set PBS_JOBID; these are Torque's alone.
  const torque = /^torque/i.test(env['PBS_VERSION'] ?? '') || env['PBS_NUM_PPN'] !== undefined;
  return { scheduler: torque ? 'torque' : 'pbs', id: { id: pbs } };
}

/** `Slurm job 123`. */
export function titleOf({ scheduler, id }: Pick<Allocation, 'scheduler' | 'id'>): string {
  return `${PRINTED[scheduler]} job ${id.id}`;
}

/**
 * Whether a machine of these names is a node of the allocation; undefined: nobody says which nodes it has. With salloc the
 * shell often stays on the login node.
 */
export async function isNodeOf(
  { scheduler }: Pick<Allocation, 'scheduler'>,
  env: NodeJS.ProcessEnv,
  hostNames: readonly string[],
): Promise<boolean | undefined> {
  if (scheduler !== 'slurm') return await inNodeFile(env['PBS_NODEFILE'], hostNames);
  const list = env['SLURM_JOB_NODELIST'] ?? env['SLURM_NODELIST'] ?? '';
  if (list === '') return undefined;
  // Set where Slurm itself started the shell: a node's name in Slurm need not be its host name. salloc inside of another
  // job inherits that one's, so it must be in the list.
  const own = env['SLURMD_NODENAME'] ?? '';
  return [own, ...hostNames].some((name) => name !== '' && hostListHas(list, name));
}

/** The nodes in words, for a message; empty: nobody says it. */
export function nodesOf({ scheduler }: Pick<Allocation, 'scheduler'>, env: NodeJS.ProcessEnv): string {
  return scheduler === 'slurm' ? (env['SLURM_JOB_NODELIST'] ?? env['SLURM_NODELIST'] ?? '') : '';
}

async function inNodeFile(
  file: string | undefined,
  hostNames: readonly string[],
): Promise<boolean | undefined> {
  if (!file) return undefined;
  try {
    // With or without the domain, as the site has it.
    const short = (name: string) => name.trim().split('.')[0] ?? '';
    const nodes = new Set((await readFile(file, 'utf8')).split('\n').map(short));
    return hostNames.some((name) => nodes.has(short(name)));
  } catch {
    return undefined;
  }
}
