/** A launch that submits nothing: options and keys that speak to a scheduler mean nothing then. */
import type { System } from '../../site/system.js';
import type { LaunchContext } from '../context.js';
import { minutesUntil, type Here } from './here.js';
import type { LaunchOptions } from '../options.js';
import { endsEarlier, ignoredHere } from '../../words/here.js';

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

/** It stays in the foreground until Ctrl-C, and nobody should notice a limit: the same as of the system `local`. */
const LOCAL_MINUTES = 2880;

/** The options without those, which are named to the person, and with the time that there is. */
export function withoutScheduler(
  asked: LaunchOptions,
  here: Here,
  system: System,
  { progress, now }: Pick<LaunchContext, 'progress' | 'now'>,
): LaunchOptions {
  const given = typedFor(asked);
  if (given.length > 0) progress.say(ignoredHere(given, asked.here));
  const dropped: readonly string[] = [...FOR_SCHEDULERS, 'notify'];
  const kept = Object.entries(asked).filter(([key]) => !dropped.includes(key));
  const options = { ...(Object.fromEntries(kept) as unknown as LaunchOptions), schedulerArguments: [] };
  const time = timeOf(asked, here, system, now());
  if (time === undefined) return options;
  if (asked.minutes !== undefined && time.minutes < asked.minutes) {
    progress.say(endsEarlier(time.from, time.minutes));
  }
  return { ...options, minutes: time.minutes, from: (key) => (key === 'time' ? time.from : asked.from(key)) };
}

/** The system without what it wants of jobs. */
export function systemWithoutScheduler(system: System): System {
  const dropped: readonly string[] = FOR_SCHEDULERS;
  const kept = Object.entries(system.values).filter(([key]) => !dropped.includes(key));
  const values = { ...(Object.fromEntries(kept) as unknown as System['values']), account_required: false };
  return { ...system, values };
}

/** What a person typed or set. What a profile says beside it need not be named. */
function typedFor(options: LaunchOptions): string[] {
  const given = FOR_SCHEDULERS.filter((key) => options[key] !== undefined).map((key) => options.from(key));
  if (options.schedulerArguments.length > 0) given.push('--scheduler-arg');
  if (options.notify !== undefined) given.push('--notify');
  return given.filter((name) => /^(--|START_JUPYTER_)/.test(name));
}

/** The shorter of what was asked for and what is left of the allocation; undefined: as the options and the system say. */
function timeOf(
  options: LaunchOptions,
  { allocation }: Here,
  system: System,
  now: Date,
): { minutes: number; from: string } | undefined {
  const asked = askedTime(options, system);
  if (allocation?.endsAt !== undefined) {
    const left = minutesUntil(allocation.endsAt, now);
    if (asked === undefined || left < asked.minutes) return { minutes: left, from: allocation.title };
  }
  if (asked !== undefined) return asked;
  // A system's own time is that of its jobs.
  return system.values.scheduler === 'local' ? undefined : { minutes: LOCAL_MINUTES, from: 'the default' };
}

function askedTime(
  { minutes, ...options }: LaunchOptions,
  { values, origins }: System,
): { minutes: number; from: string } | undefined {
  if (minutes !== undefined) return { minutes, from: options.from('time') };
  const profile = origins.time?.profile;
  return profile?.binding && values.time !== undefined
    ? { minutes: values.time, from: `profile ${profile.name}` }
    : undefined;
}
