/** From what each file says of a system to what holds. */
import type { Origin, SystemLayer } from './layer.js';
import type { PartitionValues, SystemKey, SystemValues } from './schema.js';
import type { Problem } from './tree.js';

/** A system with what all files together say of it. */
export interface System {
  name: string;
  values: EffectiveValues;
  /** Where each value comes from. A default of the program has no origin. */
  origins: Partial<Record<SystemKey, Origin>>;
}

export type EffectiveValues = SystemValues & Required<Pick<SystemValues, 'scheduler' | DefaultKey>>;

type DefaultKey =
  | 'retired'
  | 'hosts'
  | 'clusters'
  | 'protocol'
  | 'account_required'
  | 'gpu_form'
  | 'conda_required'
  | 'partitions';

/**
 * Lays the files over each other (lowest first), key by key, `partitions` by their names and keys. The systems whose `hosts`
 * stand in the highest file come first, then those of the same file in its order.
 */
export function mergeLayers(layers: readonly Map<string, SystemLayer>[], problems: Problem[]): System[] {
  const names = new Set(layers.flatMap((layer) => [...layer.keys()]));
  const ranked = [...names].flatMap((name) => {
    const said = layers.map((layer) => layer.get(name) ?? (new Map() as SystemLayer));
    const system = mergeSystem(name, said, problems);
    return system === undefined ? [] : [{ system, rank: said.findLastIndex((layer) => layer.has('hosts')) }];
  });
  return ranked.sort((a, b) => b.rank - a.rank).map(({ system }) => system);
}

function mergeSystem(name: string, layers: readonly SystemLayer[], problems: Problem[]): System | undefined {
  const merged: SystemLayer = new Map(layers.flatMap((layer) => [...layer]));
  const values = Object.fromEntries([...merged].map(([key, { value }]) => [key, value])) as SystemValues;
  const { scheduler } = values;
  if (scheduler === undefined) {
    problems.push(noScheduler(name, merged));
    return undefined;
  }
  return {
    name,
    values: { ...defaults(), ...values, scheduler, partitions: mergePartitions(layers) },
    origins: Object.fromEntries([...merged].map(([key, { origin }]) => [key, origin])),
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
    conda_required: false,
  };
}

function mergePartitions(layers: readonly SystemLayer[]): Record<string, PartitionValues> {
  const merged = new Map<string, PartitionValues>();
  for (const layer of layers) {
    const said = layer.get('partitions')?.value as SystemValues['partitions'];
    for (const [name, values] of Object.entries(said ?? {})) {
      merged.set(name, { ...merged.get(name), ...values });
    }
  }
  return Object.fromEntries(merged);
}

function noScheduler(name: string, said: SystemLayer): Problem {
  const [first] = said.values();
  const { file = '', line } = first?.origin ?? {};
  const what = `systems.${name} has no scheduler, and no other file describes such a system: expected scheduler: slurm, torque, pbs or local`;
  return { file, ...(line === undefined ? {} : { line }), what };
}
