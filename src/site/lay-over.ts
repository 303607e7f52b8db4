/** How what is said in one place is laid over what is said in a lower one. */
import type { JobKey } from './schema.js';

/** Each of them brings all of the software: a higher word of one leaves the lower words of the others out. */
const SOFTWARE: readonly JobKey[] = ['conda_env', 'conda_yml', 'image'];

/** What else names what this key names. */
export function alternativesOf(key: string): readonly JobKey[] {
  return SOFTWARE.some((one) => one === key) ? SOFTWARE.filter((one) => one !== key) : [];
}

/** What holds no longer of what was said below, when this key is said. Modules would not be seen inside an image. */
export function leavesOut(key: string): readonly JobKey[] {
  return key === 'modules' ? ['image'] : alternativesOf(key);
}

/** What leaves this key out when it is said. */
export function rivalsOf(key: string): readonly JobKey[] {
  return key === 'image' ? [...alternativesOf(key), 'modules'] : alternativesOf(key);
}

/** Key by key; what an upper key leaves out is gone, unless the upper place says it as well. */
export function layOver<Key extends string, V>(
  lower: ReadonlyMap<Key, V>,
  upper: ReadonlyMap<Key, V>,
): Map<Key, V> {
  const gone = new Set<string>([...upper.keys()].flatMap(leavesOut));
  return new Map([...[...lower].filter(([key]) => !gone.has(key)), ...upper]);
}

/** Two keys that one place may not say together. */
export function contradiction(keys: Iterable<string>): [string, string] | undefined {
  const [first, second] = [...keys].filter((key) => alternativesOf(key).length > 0);
  return first === undefined || second === undefined ? undefined : [first, second];
}
