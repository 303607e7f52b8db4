import type { RandomSource } from './outside.js';
import { WORDS } from './words.js';

/** A random name, `three-plain-words`. That it is free is found out by the store that takes it. */
export function randomName(random: RandomSource): string {
  const word = (): string => WORDS[random.int(WORDS.length)] ?? '';
  return `${word()}-${word()}-${word()}`;
}
