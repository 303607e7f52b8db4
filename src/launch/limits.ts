/** Partition and walltime against what the scheduler says there is and what systems.yaml adds. Pure. */
import type { StartJupyterError } from '../errors.js';
import type { Partition } from '../scheduler/scheduler.js';
import { didYouMean } from '../site/nearest.js';
import type { System } from '../site/system.js';
import { noSuchPartition, partitionClosed, partitionDown, timeOverLimit } from '../words/partitions.js';
import type { PlannedRequest } from './request.js';

/**
 * Throws 'unknown-partition', 'scheduler-refused' or 'time-over-limit'; gives what is doubtful, in sentences.
 * @param known what the scheduler says; undefined: it could not be asked, and nothing is refused for not being known
 */
export function checkLimits(
  { partition, minutes }: Pick<PlannedRequest, 'partition' | 'minutes'>,
  known: readonly Partition[] | undefined,
  system: { name: string; values: Pick<System['values'], 'partitions'> },
): string[] {
  // Slurm takes a list and uses the partition that starts the job first.
  const asked = partition?.value.split(',');
  const names = asked ?? known?.map((one) => one.name) ?? [];
  const found = names.map((name) => {
    const one = known?.find((candidate) => candidate.name === name);
    if (partition && known && !one) throw unknownPartition(name, partition.from, known, system.name);
    if (partition && known && one?.closed) throw closed(name, partition.from, known);
    const limits = [one?.maxMinutes, system.values.partitions[name]?.max_time];
    return { name, up: one?.up ?? true, limit: Math.min(...limits.filter((limit) => limit !== undefined)) };
  });
  // Without a name the scheduler chooses: only what is too long for all of them is surely wrong.
  const strictest = asked ? least(found) : most(found);
  if (minutes && strictest && minutes.value > strictest.limit) {
    throw timeOverLimit(minutes, strictest.limit, asked ? strictest.name : undefined);
  }
  const down = asked ? found.filter((one) => !one.up).map((one) => one.name) : [];
  return down.map(partitionDown);
}

interface Limited {
  name: string;
  /** Minutes; Infinity: none. */
  limit: number;
}

function least(found: readonly Limited[]): Limited | undefined {
  return [...found].sort((a, b) => a.limit - b.limit)[0];
}

function most(found: readonly Limited[]): Limited | undefined {
  return [...found].sort((a, b) => b.limit - a.limit)[0];
}

function closed(name: string, from: string, known: readonly Partition[]): StartJupyterError {
  const open = known.filter((one) => !one.closed).map((one) => one.name);
  return partitionClosed(name, from, open);
}

function unknownPartition(
  name: string,
  from: string,
  known: readonly Partition[],
  system: string,
): StartJupyterError {
  const names = known.map((one) => one.name);
  return noSuchPartition(name, { from, names, meant: didYouMean(name, names), system });
}
