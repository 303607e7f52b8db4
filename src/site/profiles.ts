/** Profiles: named sets of what a job asks for, as all files together say them. */
import { MISTAKES } from '../words/configuration.js';
import { didYouMean } from './nearest.js';
import { contradiction, layOver, leavesOut } from './lay-over.js';
import type { SystemLayer } from './layer.js';
import type { Origin } from './origin.js';
import { JOB_KEYS, type JobKey, type JobValues, type ProfileKey, type ProfileLayer } from './schema.js';
import type { Problem } from './tree.js';

export interface Profile {
  name: string;
  description?: string;
  values: JobValues;
  /** Where each value comes from. */
  origins: Partial<Record<JobKey, Origin>>;
  /** What the site leaves no choice of; each of them has a value. */
  locked: readonly JobKey[];
  /** The Unix groups and the users that it is for; for everybody where both are empty. */
  groups: readonly string[];
  users: readonly string[];
}

type Said = Map<ProfileKey, { value: unknown; origin: Origin }>;

/** Lays the files over each other (lowest first), by the names of the profiles and their keys. */
export function mergeProfiles(
  system: string,
  layers: readonly SystemLayer[],
  problems: Problem[],
): ReadonlyMap<string, Profile> {
  const merged = new Map<string, Said>();
  for (const layer of layers) {
    const profiles = layer.values.get('profiles')?.value as Record<string, ProfileLayer> | undefined;
    for (const [name, { values }] of Object.entries(profiles ?? {})) {
      const at = `systems.${system}.profiles.${name}`;
      const below: Said = merged.get(name) ?? new Map<ProfileKey, never>();
      const said = withOrigins(values, layer.origin);
      const forbidden = lockedBelow(at, said, below);
      problems.push(...contradictions(at, said), ...forbidden);
      merged.set(name, forbidden.length > 0 ? below : layOver(below, said));
    }
  }
  for (const [name, said] of merged) problems.push(...emptyLocks(`systems.${system}.profiles.${name}`, said));
  return new Map([...merged].map(([name, said]) => [name, profileOf(name, said)]));
}

/** A default that is not there. */
export function unknownDefault(
  system: string,
  layers: readonly SystemLayer[],
  profiles: ReadonlyMap<string, Profile>,
): Problem[] {
  const { value, origin } =
    layers.findLast(({ values }) => values.has('profile'))?.values.get('profile') ?? {};
  if (typeof value !== 'string' || origin === undefined || profiles.has(value)) return [];
  const meant = didYouMean(value, profiles.keys());
  return [{ ...origin, what: MISTAKES.noProfile(system, value, meant) }];
}

/** Keys of one place that do not go together. */
export function contradictions(at: string, said: ReadonlyMap<string, { origin: Origin }>): Problem[] {
  const [first, second] = contradiction(said.keys()) ?? [];
  const origin = second === undefined ? undefined : said.get(second)?.origin;
  if (first === undefined || second === undefined || origin === undefined) return [];
  const what = MISTAKES.together(at, second, first);
  return [{ ...origin, what }];
}

function withOrigins(values: ProfileLayer['values'], { layer, file }: Origin): Said {
  const entries = [...values].map(([key, { value, line }]) => {
    const origin: Origin = { layer, file, ...(line === undefined ? {} : { line }) };
    return [key, { value, origin }] as const;
  });
  return new Map(entries);
}

/** What a person's own file changes although the site has locked it. */
function lockedBelow(at: string, said: Said, below: Said): Problem[] {
  const locked = lockedKeys(below);
  return [...said].flatMap(([key, { origin }]) => {
    const touched = [key, ...leavesOut(key)].find((one) => locked.some((lock) => lock === one));
    if (origin.layer !== 'user' || touched === undefined) return [];
    return [{ ...origin, what: MISTAKES.locked(at, key, touched) }];
  });
}

/** A lock needs something that it holds. */
function emptyLocks(at: string, said: Said): Problem[] {
  const origin = said.get('locked')?.origin;
  if (origin === undefined) return [];
  const empty = lockedKeys(said).filter((key) => !said.has(key));
  return empty.map((key) => ({
    ...origin,
    what: MISTAKES.emptyLock(at, key),
  }));
}

function lockedKeys(said: Said): readonly JobKey[] {
  return (said.get('locked')?.value ?? []) as JobKey[];
}

function profileOf(name: string, said: Said): Profile {
  const keys = (Object.keys(JOB_KEYS) as JobKey[]).filter((key) => said.has(key));
  const list = (key: 'groups' | 'users') => (said.get(key)?.value ?? []) as string[];
  const description = said.get('description')?.value as string | undefined;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    values: Object.fromEntries(keys.map((key) => [key, said.get(key)?.value])),
    origins: Object.fromEntries(keys.map((key) => [key, said.get(key)?.origin])),
    locked: lockedKeys(said),
    groups: list('groups'),
    users: list('users'),
  };
}
