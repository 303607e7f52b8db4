/** A launch on a machine without a scheduler. */
import type { LaunchContext } from './context.js';
import type { LaunchOptions } from './options.js';

/** Options that speak to a scheduler mean nothing where there is none. */
const FOR_SCHEDULERS = [
  'partition',
  'account',
  'nodes',
  'cpus',
  'gpus',
  'memory',
  'gres',
  'qos',
  'constraint',
  'reservation',
] as const;

/** The options without those, which are named to the person. */
export function withoutScheduler(options: LaunchOptions, progress: LaunchContext['progress']): LaunchOptions {
  const given: string[] = FOR_SCHEDULERS.filter((key) => options[key] !== undefined).map((key) =>
    options.from(key),
  );
  if (options.schedulerArguments.length > 0) given.push('--scheduler-arg');
  if (given.length > 0) progress.say(`Ignored, because there is no scheduler here: ${given.join(', ')}.`);
  const dropped: readonly string[] = FOR_SCHEDULERS;
  const kept = Object.entries(options).filter(([key]) => !dropped.includes(key));
  return { ...(Object.fromEntries(kept) as unknown as LaunchOptions), schedulerArguments: [] };
}
