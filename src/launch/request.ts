/** From options, template, variables and configuration to what the job asks for. Pure. */
import type { JobRequest, Rank, Ranked, Said } from '../scheduler/scheduler.js';
import type { Origin } from '../site/origin.js';
import type { JobKey, JobValues } from '../site/schema.js';
import type { System } from '../site/system.js';
import { noAccount } from '../words/launch.js';
import type { LaunchOptions } from './options.js';

/** The launcher's own default, below everything that anybody says. */
export const DEFAULT_MINUTES = 30;

/** Before the end of a job, where nobody says it. */
const DEFAULT_WARNING_MINUTES = 5;

export interface RequestFacts {
  options: LaunchOptions;
  system: System;
  /** The site's SBATCH_*. */
  variables: Said;
  /** The template's own directives. */
  template: Said;
  /** Reads a time in the scheduler's own form, in minutes; Infinity: no limit; undefined: it is no time. */
  schedulerMinutes: (text: string) => number | undefined;
  jobName: string;
  directory: string;
}

/** A value that will be in force, and where it comes from, in words for --info. */
export interface InForce<T> {
  value: T;
  from: string;
}

export interface PlannedRequest {
  request: JobRequest;
  /** What will be in force whatever rank it has; undefined: the scheduler decides. */
  partition?: InForce<string>;
  account?: InForce<string>;
  /** Infinity: a template or a variable asks for no limit; undefined: it says something that cannot be read. */
  minutes?: InForce<number>;
  /** The scheduler's signal before the end is somebody else's and keeps its meaning: the job is warned by its own clock. */
  signalTaken: boolean;
  /** Jupyter ends when nothing was done for so long; absent: as the person's own configuration of it says. */
  idleMinutes?: InForce<number>;
}

/** Throws 'account-required' where the system wants an account and nobody gave one. */
export function planRequest(facts: RequestFacts): PlannedRequest {
  const { options, system, template, variables } = facts;
  const partition = choose(facts, 'partition', options.partition, 'partition');
  const account = choose(facts, 'account', options.account, 'account');
  const time = chooseTime(facts);
  const warning = warnBefore(facts, time.minutes?.value);
  // A job has one signal. A warning that was asked for on the command line takes it.
  const signal = warning?.rank === 'upper' ? undefined : variables.signal;
  const othersSignal = template.signal !== undefined && warning?.rank !== 'upper';
  const request: JobRequest = {
    name: facts.jobName,
    workingDirectory: facts.directory,
    logFile: `${facts.directory}/job.log`,
    walltime: time.ranked,
    ...ranked('partition', partition?.ranked),
    ...ranked('account', account?.ranked),
    ...ranked('nodes', choose(facts, 'nodes', options.nodes)?.ranked),
    ...ranked('cpus', choose(facts, 'cpus', options.cpus)?.ranked),
    ...ranked('memory', choose(facts, 'memory', options.memory, 'memory')?.ranked),
    ...ranked('gres', choose(facts, 'gres', options.gres, 'gres')?.ranked),
    ...ranked('qos', choose(facts, 'qos', options.qos, 'qos')?.ranked),
    ...ranked('constraint', choose(facts, 'constraint', options.constraint, 'constraint')?.ranked),
    ...ranked('reservation', choose(facts, 'reservation', options.reservation, 'reservation')?.ranked),
    ...ranked('gpus', gpus(facts)),
    ...(options.notify === undefined ? {} : { mail: { value: options.notify, rank: 'upper' } }),
    ...ranked('warnBefore', warning),
    ...(signal === undefined ? {} : { signal: { value: signal, rank: 'lower' } }),
  };
  const accountInForce = inForce(account, template.account);
  if (system.values.account_required && accountInForce === undefined) {
    throw noAccount(system.name);
  }
  const idle = choose(facts, 'idle_timeout', options.idleTimeout);
  const partitionInForce = inForce(partition, template.partition);
  return {
    request,
    signalTaken:
      signal !== undefined ||
      othersSignal ||
      options.schedulerArguments.some((argument) => /^--signal(=|$)/.test(argument)),
    ...(partitionInForce ? { partition: partitionInForce } : {}),
    ...(accountInForce ? { account: accountInForce } : {}),
    ...(time.minutes ? { minutes: time.minutes } : {}),
    ...(idle && idle.ranked.value > 0 ? { idleMinutes: { value: idle.ranked.value, from: idle.from } } : {}),
  };
}

interface Choice<T> {
  ranked: Ranked<T>;
  from: string;
}

/**
 * The command line beats everything, then comes a profile that was chosen by name or is locked. Of the rest, which gives
 * way to a template's own line: the user's configuration, then the site's variables, then the site's and the shipped
 * configuration.
 */
function choose<Key extends JobKey>(
  { options, system, variables }: RequestFacts,
  key: Key,
  option: NonNullable<JobValues[Key]> | undefined,
  variable?: keyof Said & Key,
): Choice<NonNullable<JobValues[Key]>> | undefined {
  if (option !== undefined) return choice(option, 'upper', options.from(key));
  const configured: JobValues[Key] = system.values[key];
  const origin = system.origins[key];
  if (configured !== undefined && origin?.profile?.binding) {
    return choice(configured, 'upper', originWords(origin));
  }
  const fromVariable = variable === undefined ? undefined : variables[variable];
  if (configured !== undefined && (origin?.layer === 'user' || fromVariable === undefined)) {
    return choice(configured, 'lower', originWords(origin));
  }
  // A variable and its key have the same type: both are texts.
  if (fromVariable !== undefined) {
    return choice(fromVariable as NonNullable<JobValues[Key]>, 'lower', 'the site’s variables');
  }
  return undefined;
}

function originWords(origin: Origin | undefined): string {
  return origin?.profile ? `profile ${origin.profile.name}` : LAYER_WORDS[origin?.layer ?? 'shipped'];
}

const LAYER_WORDS = {
  shipped: 'start-jupyter’s systems.yaml',
  site: 'the site’s systems.yaml',
  user: 'your systems.yaml',
} as const;

function chooseTime(facts: RequestFacts): { ranked: Ranked<number | string>; minutes?: InForce<number> } {
  const { options, system, variables, template, schedulerMinutes } = facts;
  const known = choose(facts, 'time', options.minutes);
  const variableWins =
    known?.ranked.rank !== 'upper' && system.origins.time?.layer !== 'user' && variables.time;
  const mine: Choice<number | string> = variableWins
    ? choice(variableWins, 'lower', 'the site’s variables')
    : (known ?? choice(DEFAULT_MINUTES, 'lower', 'the default'));
  const effective = inForce(mine, template.time);
  const read = typeof effective.value === 'number' ? effective.value : schedulerMinutes(effective.value);
  // sbatch(1): a limit of zero asks for none.
  const minutes = read === 0 ? Infinity : read;
  return {
    ranked: mine.ranked,
    ...(minutes === undefined ? {} : { minutes: { value: minutes, from: effective.from } }),
  };
}

/** A short job is not warned unless somebody says so. */
function warnBefore(facts: RequestFacts, minutes: number | undefined): Ranked<number> | undefined {
  const said = choose(facts, 'warn_before', facts.options.warnBefore)?.ranked;
  const long = minutes === undefined || minutes >= 3 * DEFAULT_WARNING_MINUTES;
  const warning = said ?? (long ? { value: DEFAULT_WARNING_MINUTES, rank: 'lower' as const } : undefined);
  return warning?.value === 0 ? undefined : warning;
}

function gpus(facts: RequestFacts): JobRequest['gpus'] {
  const { options, system, variables } = facts;
  const form = system.values.gpu_form;
  const chosen = choose(facts, 'gpus', options.gpus);
  const below = chosen?.ranked.rank !== 'upper' && system.origins.gpus?.layer !== 'user';
  if (below && variables.gpus !== undefined) return { value: { count: variables.gpus, form }, rank: 'lower' };
  if (chosen === undefined || chosen.ranked.value === 0) return undefined;
  return { value: { count: chosen.ranked.value, form }, rank: chosen.ranked.rank };
}

function inForce<T>(chosen: Choice<T>, own: string | undefined): InForce<T | string>;
function inForce<T>(chosen: Choice<T> | undefined, own: string | undefined): InForce<T | string> | undefined;
function inForce<T>(chosen: Choice<T> | undefined, own: string | undefined): InForce<T | string> | undefined {
  if (own !== undefined && chosen?.ranked.rank !== 'upper') return { value: own, from: 'the template' };
  return chosen && { value: chosen.ranked.value, from: chosen.from };
}

function choice<T>(value: T, rank: Rank, from: string): Choice<T> {
  return { ranked: { value, rank }, from };
}

/** Leaves a key out where there is nothing to say. */
function ranked<Key extends keyof JobRequest>(
  key: Key,
  value: JobRequest[Key] | undefined,
): Pick<JobRequest, Key> | object {
  return value === undefined ? {} : { [key]: value };
}
