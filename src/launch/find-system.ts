/** Which system this is, from what we ship, the site and the user say of systems, and from this machine. */
import { join } from 'node:path';
import { findOnPath } from '../jupyter/probe.js';
import { fullHostName } from '../platform/host-name.js';
import { parseTime } from '../scheduler/duration.js';
import { qsubKind } from '../scheduler/qsub/qsub-kind.js';
import { clusterName } from '../scheduler/slurm/slurm-cluster.js';
import { detectSystem, systemOfHost, type Detection } from '../site/detect.js';
import { configurationFiles, loadSystems } from '../site/load.js';
import type { System } from '../site/system.js';
import type { LaunchContext } from './context.js';
import { homeDirectory } from './home.js';
import { stopIfAborted } from './interrupted.js';
import type { LaunchOptions } from './options.js';

/** What of the options decides it. With `here` a machine that is not known is `local`. */
type Asked = Pick<LaunchOptions, 'system'> & Partial<Pick<LaunchOptions, 'here'>>;

/** Throws 'bad-configuration' or 'unknown-system'. */
export async function findSystem(context: LaunchContext, options: Asked): Promise<Detection> {
  const named = options.system ? undefined : fullHostName(context.env, context.signal);
  const systems = await knownSystems(context);
  return await detect(context, options, systems, (await named) ?? '');
}

/** The system with a scheduler that this machine belongs to by its name, whatever somebody says that it is. */
export async function systemByHostName(context: LaunchContext): Promise<Detection | undefined> {
  const named = fullHostName(context.env, context.signal);
  const systems = (await knownSystems(context)).filter(({ values }) => values.scheduler !== 'local');
  return systemOfHost({ ...hostNames(await named), systems });
}

async function knownSystems({ env, packageFolder, platform }: LaunchContext): Promise<System[]> {
  const files = configurationFiles({ env, platform, homeDirectory: homeDirectory(env) });
  return await loadSystems({ shippedFile: join(packageFolder, 'systems.yaml'), files, minutes: parseTime });
}

function hostNames(full: string): { shortName: string; fullName: string } {
  return { shortName: full.split('.')[0] ?? full, fullName: full };
}

async function detect(
  { env, signal }: LaunchContext,
  { system, here }: Asked,
  systems: readonly System[],
  full: string,
): Promise<Detection> {
  const tools = await Promise.all(['sbatch', 'qsub'].map((name) => findOnPath(name, env['PATH'])));
  return detectSystem({
    ...(system ? { override: system.name, overrideFrom: system.from } : {}),
    ...hostNames(full),
    clusterName: async () => {
      const name = await clusterName(env, signal);
      stopIfAborted(signal);
      return name;
    },
    schedulersOnPath: tools.filter((path) => path !== undefined),
    qsubKind: async () => {
      const kind = await qsubKind(env, signal);
      stopIfAborted(signal);
      return kind;
    },
    ...(here ? { submitsNothing: true } : {}),
    systems,
  });
}
