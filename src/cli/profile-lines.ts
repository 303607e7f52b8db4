/** What is shown of a profile: lines for people, an object for programs. */
import type { ChalkInstance } from 'chalk';
import { audience, isForEverybody } from '../launch/profiles/offered.js';
import { valueWords } from '../launch/profiles/locks.js';
import type { Profile } from '../site/profiles.js';
import type { JobKey } from '../site/schema.js';
import { shownControls } from './command-line.js';

/** Its name in a line, then what it says. `usual`: it is used when nobody names one. */
export function profileLines(profile: Profile, usual: boolean, colour: ChalkInstance): string[] {
  const { name, description, locked } = profile;
  const keys = Object.keys(profile.values) as JobKey[];
  const said = (wanted: readonly JobKey[]): string =>
    wanted.map((key) => settingWords(profile, key)).join('; ');
  const facts: [label: string, text: string][] = [
    ['sets', said(keys.filter((key) => !locked.includes(key)))],
    ['fixed', said(keys.filter((key) => locked.includes(key)))],
    ['for', isForEverybody(profile) ? '' : audience(profile)],
  ];
  const title = `${colour.bold(name)}${usual ? ' (used when you name none)' : ''}`;
  return [
    description === undefined ? title : `${title}: ${shownControls(description)}`,
    ...facts.filter(([, text]) => text !== '').map(([label, text]) => factLine(label, text, colour)),
  ];
}

/** Values by the keys of systems.yaml, times in minutes. */
export function profileObject(profile: Profile, usual: boolean): Record<string, unknown> {
  const { name, description = null, values, locked, groups, users } = profile;
  return { name, description, default: usual, values, locked, groups, users };
}

function factLine(label: string, text: string, colour: ChalkInstance): string {
  return `  ${colour.dim(`${label}:`.padEnd(6))} ${shownControls(text)}`;
}

/** `memory 4G`; less than a locked time may be asked for. */
function settingWords({ values, locked }: Profile, key: JobKey): string {
  const limit = key === 'time' && locked.includes(key) ? ' or less' : '';
  return `${key} ${valueWords(key, values[key])}${limit}`;
}
