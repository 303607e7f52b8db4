/** For whom a profile is: by Unix groups and names of users. */
import { run } from '../../platform/process.js';
import type { Profile } from '../../site/profiles.js';
import type { LaunchContext } from '../context.js';
import { stopIfAborted } from '../interrupted.js';

/** Groups may be asked of a directory service far away. */
const TIMEOUT_MS = 10_000;

/** Who runs this: names, or numbers that have no name. */
export interface Person {
  name: string;
  groups: readonly string[];
}

/** Undefined for a person of whom nothing could be found out: they may be meant or not. */
export function isFor({ groups, users }: Profile, person: Person | undefined): boolean | undefined {
  if (isForEverybody({ groups, users })) return true;
  if (person === undefined) return undefined;
  return users.includes(person.name) || groups.some((group) => person.groups.includes(group));
}

export function isForEverybody({ groups, users }: Pick<Profile, 'groups' | 'users'>): boolean {
  return groups.length + users.length === 0;
}

/** `the group astro2026 and the user teacher`. */
export function audience({ groups, users }: Pick<Profile, 'groups' | 'users'>): string {
  const counted = (one: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : [`the ${one}${names.length === 1 ? '' : 's'} ${names.join(', ')}`];
  return [...counted('group', groups), ...counted('user', users)].join(' and ');
}

/** Asks id(1), whose form POSIX fixes: `uid=1000(ann) gid=1000(ann) groups=1000(ann),2000(astro 2026)`. */
export async function whoAmI({
  env,
  signal,
}: Pick<LaunchContext, 'env' | 'signal'>): Promise<Person | undefined> {
  const options = { timeoutMs: TIMEOUT_MS, env: { PATH: env['PATH'], LC_ALL: 'C' }, signal };
  const { stdout } = await run('id', [], options);
  stopIfAborted(signal);
  const [, user, rest = ''] = /^uid=(\d+(?:\([^)]*\))?)(.*)/.exec(stdout) ?? [];
  if (user === undefined) return undefined;
  const lists = [...rest.matchAll(/ (?:gid|groups)=((?:,?\d+(?:\([^)]*\))?)+)/g)];
  const groups = lists.flatMap(([, list = '']) => list.match(/\d+(?:\([^)]*\))?/g) ?? []);
  return { name: nameOf(user), groups: [...new Set(groups.map(nameOf))] };
}

/** `1000(ann)` is ann; a number without a name stands for itself. */
function nameOf(identity: string): string {
  return /\((.*)\)/.exec(identity)?.[1] ?? identity;
}
