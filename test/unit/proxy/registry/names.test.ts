import { randomBytes, randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { NAME_PATTERN } from '../../../../src/satellite/protocol.js';
import { randomName, WORDS } from '../../../../src/proxy/registry/names.js';

describe('words', () => {
  it('are 1,500 or more, each once, plain and short', () => {
    expect(WORDS.length).toBeGreaterThanOrEqual(1_500);
    expect(new Set(WORDS).size).toBe(WORDS.length);
    expect(WORDS.filter((word) => !/^[a-z]{3,10}$/.test(word))).toEqual([]);
    expect([...WORDS].sort()).toEqual(WORDS);
  });
});

describe('randomName', () => {
  it('is of the grammar of names and uses the randomness it is given, over the whole list', () => {
    const limits: number[] = [];
    const picks = [0, WORDS.length - 1, 1];
    const int = (limit: number): number => {
      limits.push(limit);
      return picks.shift() ?? 0;
    };
    const name = randomName({ int, bytes: (count) => randomBytes(count) });
    expect(name).toBe(`${WORDS[0]!}-${WORDS.at(-1)!}-${WORDS[1]!}`);
    expect(limits).toEqual([WORDS.length, WORDS.length, WORDS.length]);
  });

  it('is never outside the grammar', () => {
    const random = { int: (limit: number) => randomInt(limit), bytes: (count: number) => randomBytes(count) };
    for (let count = 0; count < 500; count++) expect(randomName(random)).toMatch(NAME_PATTERN);
  });
});
