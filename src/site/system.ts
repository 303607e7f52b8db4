/** From what each file says of a system to what holds. */
import { MISTAKES } from '../words/configuration.js';
import { layOver } from './lay-over.js';
import { didYouMean } from './nearest.js';
import type { SystemLayer } from './layer.js';
import type { Origin } from './origin.js';
import { contradictions, mergeProfiles, unknownDefault, type Profile } from './profiles.js';
import type { PartitionValues, SystemKey, SystemValues } from './schema.js';
import type { Problem } from './tree.js';

/** A system with what all files together say of it. */
export interface System {
  name: string;
  values: EffectiveValues;
  /** Where each value comes from. A default of the program has no origin. */
  origins: Partial<Record<SystemKey, Origin>>;
  /** By name; absent where no file has any. */
  profiles?: ReadonlyMap<string, Profile>;
  /** The one that is laid over it. */
  profile?: Profile;
}

/** `profiles` of all files together are beside them. */
export type EffectiveValues = Omit<SystemValues, 'profiles'> &
  Required<Pick<SystemValues, 'scheduler' | DefaultKey>>;

type DefaultKey =
  | 'retired'
  | 'hosts'
  | 'clusters'
  | 'protocol'
  | 'account_required'
  | 'gpu_form'
  | 'module_start'
  | 'conda_required'
  | 'here_on_login_node'
  | 'partitions';

/**
 * Lays the files over each other (lowest first), key by key, `partitions` and `profiles` by their names and keys. The
 * systems whose `hosts` stand in the highest file come first, then those of the same file in its order.
 */
export function mergeLayers(layers: readonly Map<string, SystemLayer>[], problems: Problem[]): System[] {
  const names = new Set(layers.flatMap((layer) => [...layer.keys()]));
  const found: { system: System; rank: number }[] = [];
  for (const name of names) {
    const said = layers.map((layer) => layer.get(name)).filter((layer) => layer !== undefined);
    const system = mergeSystem(name, said, problems);
    const rank = layers.findLastIndex((layer) => layer.get(name)?.values.has('hosts'));
    if (system !== undefined) found.push({ system, rank });
    else problems.push(...said.map((layer) => noScheduler(name, layer, names)));
  }
  return found.sort((a, b) => b.rank - a.rank).map(({ system }) => system);
}

/** Undefined for a system of which no file says the scheduler. */
function mergeSystem(name: string, layers: readonly SystemLayer[], problems: Problem[]): System | undefined {
  let merged: SystemLayer['values'] = new Map();
  for (const { values } of layers) {
    problems.push(...contradictions(`systems.${name}`, values));
    merged = layOver(merged, values);
  }
  const hasProfiles = merged.delete('profiles');
  const values = Object.fromEntries([...merged].map(([key, { value }]) => [key, value])) as SystemValues;
  const { scheduler } = values;
  if (scheduler === undefined) return undefined;
  const profiles = mergeProfiles(name, layers, problems);
  problems.push(...unknownDefault(name, layers, profiles));
  return {
    name,
    values: { ...defaults(), ...values, scheduler, partitions: mergePartitions(layers) },
    origins: Object.fromEntries([...merged].map(([key, { origin }]) => [key, origin])),
    ...(hasProfiles ? { profiles } : {}),
  };
}

function defaults(): Required<Pick<SystemValues, Exclude<DefaultKey, 'partitions'>>> {
  return {
    retired: false,
    hosts: [],
    clusters: [],
    protocol: 'auto',
    account_required: false,
    gpu_form: 'gpus',
    module_start: 'keep',
    conda_required: false,
    here_on_login_node: false,
  };
}

function mergePartitions(layers: readonly SystemLayer[]): Record<string, PartitionValues> {
  const merged = new Map<string, PartitionValues>();
  for (const layer of layers) {
    const said = layer.values.get('partitions')?.value as SystemValues['partitions'];
    for (const [name, values] of Object.entries(said ?? {})) {
      merged.set(name, { ...merged.get(name), ...values });
    }
  }
  return Object.fromEntries(merged);
}

/** A name that no other file knows is often a slip in the name of one that is known. */
function noScheduler(name: string, { origin }: SystemLayer, names: Iterable<string>): Problem {
  const others = [...names].filter((other) => other !== name);
  return {
    ...origin,
    what: MISTAKES.noScheduler(name, didYouMean(name, others)),
  };
}
