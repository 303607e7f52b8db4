/** What is said of partitions and their limits. */
import { StartJupyterError } from '../errors.js';
import { formatMinutes } from '../scheduler/duration.js';

export const PARTITIONS_NOT_KNOWN =
  'The scheduler does not say what partitions there are: going on without that check.';

/** `where`: a partition, or none: of all. Minutes. */
export function timeOverLimit(
  asked: { value: number; from: string },
  limit: number,
  partition: string | undefined,
): StartJupyterError {
  const where = partition === undefined ? 'any partition here allows' : `partition ${partition} allows`;
  return new StartJupyterError(
    'time-over-limit',
    `${formatMinutes(asked.value)} (from ${asked.from}) is longer than ${where}: ${formatMinutes(limit)}.`,
    { hint: `Ask for at most -t ${limit}, or choose another partition with -p.` },
  );
}

export function partitionDown(name: string): string {
  return `Partition ${name} is down at the moment: the job waits until it is up again.`;
}

/** `open`: those that take jobs. */
export function partitionClosed(name: string, from: string, open: readonly string[]): StartJupyterError {
  return new StartJupyterError(
    'scheduler-refused',
    `The partition ${name} (from ${from}) takes no jobs at the moment.`,
    { hint: open.length === 0 ? 'None here does.' : `Choose one of these with -p: ${open.join(', ')}` },
  );
}

/** `meant`: " (did you mean ...?)", or nothing. */
export function noSuchPartition(
  name: string,
  { from, names, meant, system }: { from: string; names: readonly string[]; meant: string; system: string },
): StartJupyterError {
  const there = names.length === 0 ? 'The scheduler lists none.' : `There are: ${names.join(', ')}`;
  const choose = names.length === 0 ? '' : `${meant}. Choose one with -p.`;
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
