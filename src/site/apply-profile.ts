/** A system with a profile laid over it. */
import { leavesOut } from './lay-over.js';
import { compareLayers, type Origin } from './origin.js';
import type { Profile } from './profiles.js';
import type { JobKey } from './schema.js';
import type { System } from './system.js';

/**
 * What a profile says that somebody chose by name beats all that the files say of the system itself. The default profile
 * ranks as the file that names it (or that says the value, if that is higher): what a higher one says of the system itself
 * beats it. What is locked beats everything in both.
 */
export function applyProfile(system: System, profile: Profile, chosenByName: boolean): System {
  const said = originsInForce(system, profile, chosenByName);
  const gone = new Set<string>(Object.keys(said).flatMap(leavesOut));
  const kept = <V>(values: Partial<Record<string, V>>) =>
    Object.fromEntries(Object.entries(values).filter(([key]) => !gone.has(key)));
  const keys = Object.keys(said) as JobKey[];
  return {
    ...system,
    values: {
      ...(kept(system.values) as System['values']),
      ...Object.fromEntries(keys.map((key) => [key, profile.values[key]])),
    },
    origins: { ...kept(system.origins), ...said },
    profile,
  };
}

/** The origins of what the profile says and nothing higher beats. */
function originsInForce(
  { origins }: System,
  { name, origins: own, locked }: Profile,
  chosenByName: boolean,
): Partial<Record<JobKey, Origin>> {
  const namedBy = origins.profile?.layer ?? 'shipped';
  const said: Partial<Record<JobKey, Origin>> = {};
  for (const [key, origin] of Object.entries(own) as [JobKey, Origin][]) {
    const binding = chosenByName || locked.includes(key);
    const layer = binding || compareLayers(origin.layer, namedBy) > 0 ? origin.layer : namedBy;
    const rivals = [key, ...leavesOut(key)].map((one) => origins[one]?.layer);
    const beaten = rivals.some((rival) => rival !== undefined && compareLayers(rival, layer) > 0);
    if (binding || !beaten) said[key] = { ...origin, layer, profile: { name, binding } };
  }
  return said;
}
