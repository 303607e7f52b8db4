/** Where a launch starts Jupyter: in a job of its own, or on this very machine. */
import type { Scheduler } from '../../scheduler/scheduler.js';
import type { System } from '../../site/system.js';
import type { LaunchContext } from '../context.js';
import type { LaunchOptions } from '../options.js';
import { inAllocation, lookHere, type Here } from './here.js';
import { systemWithoutScheduler, withoutScheduler } from './without-scheduler.js';

export interface Where {
  /** Absent: a job is submitted. */
  here?: Here;
  kind: Scheduler['kind'];
  /** Options and system, without what would speak to a scheduler where there is none. */
  options: LaunchOptions;
  system: System;
}

/** Throws 'not-here' where Jupyter may not run on this machine. */
export async function whereToStart(
  context: LaunchContext,
  options: LaunchOptions,
  system: System,
): Promise<Where> {
  const kind = system.values.scheduler;
  if (options.here || kind === 'local') {
    const here = await lookHere(context, options, system);
    const bare = systemWithoutScheduler(system);
    return { here, kind: 'local', options: withoutScheduler(options, here, bare, context), system: bare };
  }
  const inside = inAllocation(context.env);
  if (inside !== undefined) context.progress.say(inside);
  return { kind, options, system };
}
