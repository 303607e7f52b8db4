/** Whether Jupyter may run on this very machine when it is in no allocation: login nodes are for everybody. */
import { hostname } from 'node:os';
import type { StartJupyterError } from '../../errors.js';
import { findOnPath } from '../../jupyter/probe.js';
import { isSlurmNode } from '../../scheduler/slurm/slurm-cluster.js';
import type { System } from '../../site/system.js';
import type { LaunchContext } from '../context.js';
import { systemByHostName } from '../find-system.js';
import { stopIfAborted } from '../interrupted.js';
import type { LaunchOptions } from '../options.js';
import { likeLoginNode, loginNode } from '../../words/here.js';

/**
 * A login node is what a system with a scheduler names in `hosts`, whatever system was asked for. Beyond that, a machine with
 * the scheduler's commands that is none of its nodes counts as one, unless a person says `--system local`.
 * @throws StartJupyterError 'not-here' there, unless the site allows it
 */
export async function refuseLoginNode(
  context: LaunchContext,
  options: LaunchOptions,
  system: System,
): Promise<void> {
  const named = options.system !== undefined;
  // That it is nothing but a machine of one's own has been found out then.
  if (!options.here && !named) return;
  if (await isAllowedLoginNode(context, options)) return;
  const own = named && system.values.scheduler === 'local';
  if (own || system.values.here_on_login_node) return;
  const suspect = await submitsOnly(context);
  stopIfAborted(context.signal);
  if (suspect === 'no' || (suspect === 'unknown' && named)) return;
  throw likeLoginNode(hostname());
}

/**
 * False: no system with a scheduler names this machine in `hosts`.
 * @throws StartJupyterError 'not-here' where one does, and its site does not allow it
 */
export async function isAllowedLoginNode(context: LaunchContext, options: LaunchOptions): Promise<boolean> {
  const known = await systemByHostName(context);
  stopIfAborted(context.signal);
  if (known === undefined) return false;
  if (!known.system.values.here_on_login_node) throw onLoginNode(known.system, known.why, options);
  return true;
}

/** Whether jobs are submitted here and none run here, as far as the scheduler's own commands tell. */
async function submitsOnly({ env, signal }: LaunchContext): Promise<'yes' | 'no' | 'unknown'> {
  const [sbatch, qsub] = await Promise.all(['sbatch', 'qsub'].map((name) => findOnPath(name, env['PATH'])));
  if (sbatch === undefined) return qsub === undefined ? 'no' : 'unknown';
  const node = await isSlurmNode(env, hostname().split('.')[0] ?? '', signal);
  if (node === undefined) return 'unknown';
  return node ? 'no' : 'yes';
}

function onLoginNode(system: System, why: string, { here, system: named }: LaunchOptions): StartJupyterError {
  const without = here || named === undefined ? '--here' : `${named.from} ${named.name}`;
  const get = system.values.scheduler === 'slurm' ? 'salloc' : 'qsub -I';
  return loginNode(system.name, why, { without, get });
}
