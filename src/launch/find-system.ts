/** Which system this is, from what we ship, the site and the user say of systems, and from this machine. */
import { join } from 'node:path';
import { findOnPath } from '../jupyter/probe.js';
import { fullHostName } from '../platform/host-name.js';
import { parseTime } from '../scheduler/duration.js';
import { clusterName } from '../scheduler/slurm-cluster.js';
import { detectSystem, type Detection } from '../site/detect.js';
import { configurationFiles, loadSystems } from '../site/load.js';
import type { System } from '../site/system.js';
import type { LaunchContext } from './context.js';
import { homeDirectory } from './home.js';
import { stopIfAborted } from './interrupted.js';
import type { LaunchOptions } from './options.js';

/** Throws 'bad-configuration' or 'unknown-system'. */
export async function findSystem(
  context: LaunchContext,
  options: Pick<LaunchOptions, 'system'>,
): Promise<Detection> {
  const { env } = context;
  const files = configurationFiles({ env, platform: context.platform, homeDirectory: homeDirectory(env) });
  const shippedFile = join(context.packageFolder, 'systems.yaml');
  const named = options.system ? undefined : fullHostName(env, context.signal);
  const systems = await loadSystems({ shippedFile, files, minutes: parseTime });
  return await detect(context, options, systems, (await named) ?? '');
}

async function detect(
  { env, signal }: LaunchContext,
  { system }: Pick<LaunchOptions, 'system'>,
  systems: readonly System[],
  full: string,
): Promise<Detection> {
  const tools = await Promise.all(['sbatch', 'qsub'].map((name) => findOnPath(name, env['PATH'])));
  return detectSystem({
    ...(system ? { override: system.name, overrideFrom: system.from } : {}),
    shortName: full.split('.')[0] ?? full,
    fullName: full,
    clusterName: async () => {
      const name = await clusterName(env, signal);
      stopIfAborted(signal);
      return name;
    },
    schedulersOnPath: tools.filter((path) => path !== undefined),
    systems,
  });
}
