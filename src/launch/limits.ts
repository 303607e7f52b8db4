/** Partition and walltime against what the scheduler says there is and what systems.yaml adds. Pure. */
import { StartJupyterError } from '../errors.js';
import { formatMinutes } from '../scheduler/duration.js';
import type { Partition } from '../scheduler/scheduler.js';
import { didYouMean } from '../site/nearest.js';
import type { SystemValues } from '../site/schema.js';
import type { PlannedRequest } from './request.js';

/**
 * Throws 'unknown-partition' or 'time-over-limit'.
 * @param known what the scheduler says; undefined: it could not be asked, and nothing is refused for not being known
 */
export function checkLimits(
  planned: Pick<PlannedRequest, 'partition' | 'minutes'>,
  known: readonly Partition[] | undefined,
  configured: SystemValues['partitions'] = {},
): void {
  const { partition, minutes } = planned;
  if (partition === undefined) return;
  // Slurm takes a list and uses the partition that starts the job first.
  for (const name of partition.value.split(',')) {
    const found = known?.find((one) => one.name === name);
    if (known !== undefined && found === undefined) throw unknownPartition(name, partition.from, known);
    const limits = [found?.maxMinutes, configured[name]?.max_time].filter((limit) => limit !== undefined);
    const limit = Math.min(...limits);
    if (minutes !== undefined && minutes.value > limit) {
      throw new StartJupyterError(
        'time-over-limit',
        `${formatMinutes(minutes.value)} (from ${minutes.from}) is longer than partition ${name} allows: ${formatMinutes(limit)}.`,
        { hint: `Ask for at most -t ${limit}, or choose another partition with -p.` },
      );
    }
  }
}

function unknownPartition(name: string, from: string, known: readonly Partition[]): StartJupyterError {
  const names = known.map((one) => one.name);
  return new StartJupyterError(
    'unknown-partition',
    `There is no partition ${JSON.stringify(name)} here (from ${from}).`,
    {
      hint:
        names.length === 0
          ? 'The scheduler lists none.'
          : `There are: ${names.join(', ')}${didYouMean(name, names)}. Choose one with -p.`,
    },
  );
}
