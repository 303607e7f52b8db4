/** What is said of profiles. */
import { StartJupyterError } from '../errors.js';

/** For a bracket behind its name. */
export const WHY_PROFILE = {
  usual: (system: string) => `the default of ${system}`,
  named: (from: string) => `given by ${from}`,
} as const;

/** `meant`: " (did you mean ...?)", or nothing. */
export function noSuchProfile(
  name: string,
  { from, system, names, meant }: { from: string; system: string; names: readonly string[]; meant: string },
): StartJupyterError {
  const there =
    names.length === 0 ? `${system} has no profiles for you.` : `There are: ${names.join(', ')}${meant}.`;
  return new StartJupyterError(
    'unknown-profile',
    `${system} has no profile ${JSON.stringify(name)} (from ${from}).`,
    { hint: `${there} "start-jupyter profiles" shows what they say.` },
  );
}

/** `audience`: whom it is for. */
export function profileNotOffered(name: string, audience: string, system: string): StartJupyterError {
  return new StartJupyterError(
    'profile-not-offered',
    `The profile ${name} is not offered to you: it is for ${audience}.`,
    {
      hint: `If you should be among them, ask those who run ${system}. "start-jupyter profiles" lists the ones that you may choose.`,
    },
  );
}

export function offerNotKnown(name: string, audience: string): string {
  return `It cannot be told whether the profile ${name} is offered to you (for ${audience}): "id" gives no answer.`;
}

export function goingOnWithoutUnsure(name: string, audience: string): string {
  return `${offerNotKnown(name, audience)} Going on without it.`;
}

export function goingOnWithoutProfile(name: string, audience: string): string {
  return `Going on without the profile ${name}: it is for ${audience}.`;
}

export const OFFERS_NOT_KNOWN =
  'It cannot be told which profiles are offered to you, because "id" gives no answer: all are shown.';

// What a profile leaves no choice of.

/** `from`: the option or variable; `isUsual`: nobody named the profile. */
export function lockedOption(
  what: string,
  { from, limit, isUsual }: { from: string; limit?: number | undefined; isUsual: boolean },
): StartJupyterError {
  const instead = limit === undefined ? leaveOut(from) : `Ask for at most -t ${limit}`;
  const why = isUsual ? ' This one is used where nobody names one.' : '';
  return new StartJupyterError('locked-option', what, {
    hint: `${instead}, or choose another profile with --profile: "start-jupyter profiles" lists them.${why}`,
  });
}

function leaveOut(from: string): string {
  return from.startsWith('--') ? `Leave ${from} out` : `Take the variable away (unset ${from})`;
}

export const LOCKED = {
  tooLong: (from: string, asked: string, profile: string, most: string) =>
    `${from} asks for ${asked}: the profile ${profile} allows ${most} at most.`,
  other: (from: string, asked: string, profile: string, fixed: string) =>
    `${from} cannot be ${asked}: the profile ${profile} fixes it to ${fixed}.`,
  rival: (from: string, profile: string, key: string, fixed: string) =>
    `${from} is not possible with the profile ${profile}, which fixes ${key} to ${fixed}.`,
  templateOfItsOwn: (from: string, server: string, template: string, profile: string) =>
    `${from} cannot be ${server}: the template ${template}, which the profile ${profile} fixes, starts its own.`,
  otherServer: (from: string, starts: string, profile: string, fixed: string) =>
    `${from} starts ${starts} itself: the profile ${profile} fixes the server to ${fixed}.`,
} as const;

// The command.

/** `forYou`: there are others. */
export function noProfiles(system: string, forYou: boolean): string {
  return `${system} has no profiles${forYou ? ' for you' : ''}.`;
}

export function howToWriteProfiles(document: string): string {
  return `How to write one of your own: ${document}, under "Profiles".`;
}

export const HOW_TO_CHOOSE_PROFILES = '\nChoose one with --profile NAME.';
