/** Which system this is, and what says so. */
import { access } from 'node:fs/promises';
import { StartJupyterError } from '../../errors.js';
import { findOnPath } from '../../jupyter/probe.js';
import { limitedAbort } from '../../platform/limited-abort.js';
import { qsubKind } from '../../scheduler/qsub/qsub-kind.js';
import type { Scheduler } from '../../scheduler/scheduler.js';
import { configurationFiles } from '../../site/load.js';
import type { LaunchContext } from '../context.js';
import { findSystem } from '../find-system.js';
import { homeDirectory } from '../home.js';
import { withProfile } from '../profiles/profile.js';
import { SYSTEM } from '../../words/doctor.js';
import { because } from '../../words/launch.js';
import type { Surroundings } from './examine.js';
import { doubtful, failed, good, type Finding } from './finding.js';
import type { Look } from './limited.js';

/** Without a home there is no configuration, and no place for sessions. */
export function homeFindings({ env }: LaunchContext): Finding[] {
  try {
    homeDirectory(env);
    return [];
  } catch (error) {
    return [failed('Home', error)];
  }
}

export async function lookForFiles({ context: { env, platform } }: Surroundings): Promise<Finding[]> {
  const files = configurationFiles({ env, platform, homeDirectory: homeDirectory(env) });
  const there = await Promise.all(
    files.map(
      async ({ file }) =>
        await access(file).then(
          () => [file],
          () => [],
        ),
    ),
  );
  const read = there.flat();
  if (read.length === 0) return [good('Configuration', SYSTEM.shippedAlone)];
  return [good('Configuration', SYSTEM.files(read))];
}

/** Enters the system that it finds into the surroundings. */
export function lookForSystem(surroundings: Surroundings): Look {
  return async (signal) => {
    const { options } = surroundings;
    const facts: string[] = [];
    const progress = {
      ...surroundings.context.progress,
      fact: (_: string, text: string) => void facts.push(text),
    };
    const context = { ...surroundings.context, signal, progress };
    const detected = await findSystem(context, options).catch((error: unknown) => failed(...nameOf(error)));
    if ('verdict' in detected) return [detected];
    const { system, why } = detected;
    surroundings.system = system;
    surroundings.kind = system.values.scheduler;
    const found = [
      system.values.retired
        ? doubtful('System', ...SYSTEM.retired(system.name, why))
        : good('System', because(system.name, why)),
    ];
    try {
      surroundings.system = await withProfile(context, options, system);
      return [...found, ...facts.map((text) => good('Profile', text))];
    } catch (error) {
      return [...found, failed('Profile', error)];
    }
  };
}

/** What is wrong in the files is found when they are read for the system. */
function nameOf(error: unknown): [topic: string, error: unknown] {
  const isFiles = error instanceof StartJupyterError && error.code === 'bad-configuration';
  return [isFiles ? 'Configuration' : 'System', error];
}

/** For a machine that nobody knows. */
export async function kindByPrograms(
  { context: { env } }: Surroundings,
  signal: AbortSignal,
): Promise<Scheduler['kind'] | undefined> {
  if (await findOnPath('sbatch', env['PATH'])) return 'slurm';
  if (!(await findOnPath('qsub', env['PATH']))) return undefined;
  using limited = limitedAbort(signal, 2000);
  return await qsubKind(env, limited.signal);
}
