/** Partition and walltime against what the scheduler says there is and what systems.yaml adds. Pure. */
import { StartJupyterError } from '../errors.js';
import { formatMinutes } from '../scheduler/duration.js';
import type { Partition } from '../scheduler/scheduler.js';
import { didYouMean } from '../site/nearest.js';
import type { System } from '../site/system.js';
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
    const where = asked ? `partition ${strictest.name} allows` : 'any partition here allows';
    throw new StartJupyterError(
      'time-over-limit',
      `${formatMinutes(minutes.value)} (from ${minutes.from}) is longer than ${where}: ${formatMinutes(strictest.limit)}.`,
      { hint: `Ask for at most -t ${strictest.limit}, or choose another partition with -p.` },
    );
  }
  const down = asked ? found.filter((one) => !one.up).map((one) => one.name) : [];
  return down.map((name) => `Partition ${name} is down at the moment: the job waits until it is up again.`);
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
  return new StartJupyterError(
    'scheduler-refused',
    `The partition ${name} (from ${from}) takes no jobs at the moment.`,
    { hint: open.length === 0 ? 'None here does.' : `Choose one of these with -p: ${open.join(', ')}` },
  );
}

function unknownPartition(
  name: string,
  from: string,
  known: readonly Partition[],
  system: string,
): StartJupyterError {
  const names = known.map((one) => one.name);
  const there = names.length === 0 ? 'The scheduler lists none.' : `There are: ${names.join(', ')}`;
  const choose = names.length === 0 ? '' : `${didYouMean(name, names)}. Choose one with -p.`;
  // A host name as common as login1 may have led to the wrong system.
  const doubt = from.startsWith('--')
    ? ''
    : ` If this is not ${system}, name the right system with --system.`;
  return new StartJupyterError(
    'unknown-partition',
    `There is no partition ${JSON.stringify(name)} here (from ${from}).`,
    { hint: `${there}${choose}${doubt}` },
  );
}
