/** Profiles: named sets of options in systems.yaml. */
import type { StartJupyterError } from '../../errors.js';
import { applyProfile } from '../../site/apply-profile.js';
import { didYouMean } from '../../site/nearest.js';
import type { Profile } from '../../site/profiles.js';
import type { System } from '../../site/system.js';
import type { LaunchContext } from '../context.js';
import { refuseLocked } from './locks.js';
import { audience, isFor, isForEverybody, whoAmI, type Person } from './offered.js';
import type { LaunchOptions } from '../options.js';
import {
  goingOnWithoutProfile,
  goingOnWithoutUnsure,
  noSuchProfile,
  offerNotKnown,
  profileNotOffered,
  WHY_PROFILE,
} from '../../words/profiles.js';

/**
 * The system with the profile that was chosen, or else with its default one, if that is offered to this person.
 * @throws StartJupyterError 'unknown-profile'; 'profile-not-offered'; 'locked-option' for what the site does not leave open
 */
export async function withProfile(
  context: LaunchContext,
  options: LaunchOptions,
  system: System,
): Promise<System> {
  const named = options.profile;
  const profile =
    named === undefined
      ? await defaultProfile(context, system)
      : await namedProfile(context, options, named, system);
  if (profile === undefined) return system;
  const isDefault = named === undefined;
  refuseLocked(options, profile, context.cwd);
  const why = isDefault ? WHY_PROFILE.usual(system.name) : WHY_PROFILE.named(options.from('profile'));
  const description = profile.description === undefined ? '' : `, ${profile.description}`;
  context.progress.fact('Profile', `${profile.name}${description} (${why})`);
  return applyProfile(system, profile, !isDefault);
}

export interface OfferedProfiles {
  profiles: Profile[];
  /** The one that a launch uses when nobody names one. */
  usual?: string;
  /** Nobody could tell who this is, and some profiles are for certain people only. */
  unsure: boolean;
}

/** The profiles of a system that are for this person, sorted by name. */
export async function offeredProfiles(
  context: Pick<LaunchContext, 'env' | 'signal'>,
  system: System,
): Promise<OfferedProfiles> {
  const all = [...(system.profiles?.values() ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
  const asks = !all.every(isForEverybody);
  const person = asks ? await whoAmI(context) : undefined;
  const profiles = all.filter((profile) => isFor(profile, person) !== false);
  const usual = profiles.find(({ name }) => name === system.values.profile);
  return {
    profiles,
    ...(usual !== undefined && isFor(usual, person) ? { usual: usual.name } : {}),
    unsure: asks && person === undefined,
  };
}

async function namedProfile(
  context: LaunchContext,
  options: LaunchOptions,
  name: string,
  system: System,
): Promise<Profile> {
  const profile = system.profiles?.get(name);
  if (profile === undefined) throw await unknownProfile(context, options, name, system);
  const offered = isFor(profile, await personFor(context, profile));
  if (offered === undefined) context.progress.warn(offerNotKnown(name, audience(profile)));
  if (offered !== false) return profile;
  throw profileNotOffered(name, audience(profile), system.name);
}

async function defaultProfile(context: LaunchContext, system: System): Promise<Profile | undefined> {
  const profile = system.profiles?.get(system.values.profile ?? '');
  if (profile === undefined) return undefined;
  const offered = isFor(profile, await personFor(context, profile));
  if (offered === undefined) context.progress.warn(goingOnWithoutUnsure(profile.name, audience(profile)));
  // Their own file asks for it: they would wonder.
  else if (!offered && system.origins.profile?.layer === 'user') {
    context.progress.warn(goingOnWithoutProfile(profile.name, audience(profile)));
  }
  return offered ? profile : undefined;
}

async function personFor(context: LaunchContext, profile: Profile): Promise<Person | undefined> {
  return isForEverybody(profile) ? undefined : whoAmI(context);
}

async function unknownProfile(
  context: LaunchContext,
  options: LaunchOptions,
  name: string,
  system: System,
): Promise<StartJupyterError> {
  const { profiles } = await offeredProfiles(context, system);
  const names = profiles.map((profile) => profile.name);
  const from = options.from('profile');
  return noSuchProfile(name, { from, system: system.name, names, meant: didYouMean(name, names) });
}
