import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostListHas } from '../../../src/scheduler/host-list.js';

describe('a list of nodes in Slurm’s short form', () => {
  it.each<[string, string[], string[]]>([
    ['vm', ['vm'], ['v', 'vm1', 'VM']],
    ['a[014,055-056],login1', ['a014', 'a055', 'a056', 'login1'], ['a14', 'a015', 'a0055', 'a', 'login']],
    ['n[8-12]', ['n8', 'n10', 'n12'], ['n08', 'n7', 'n13']],
    ['rack[0-1]n[01-20]', ['rack0n01', 'rack1n20'], ['rack2n01', 'rack0n1', 'rack0n21']],
    ['exp-1-[23,25].eth', ['exp-1-23.eth', 'exp-1-25.eth'], ['exp-1-24.eth', 'exp-1-23xeth']],
    ['a.b', ['a.b'], ['axb']],
    ['[1-3]', ['1', '3'], ['4', '']],
    ['', [], ['', 'a']],
    ['a[', [], ['a', 'a[']],
    ['a[x-y]', [], ['a1', 'ax']],
  ])('%j', (list, has, hasNot) => {
    expect(has.filter((node) => !hostListHas(list, node))).toEqual([]);
    expect(hasNot.filter((node) => hostListHas(list, node))).toEqual([]);
  });

  it('has every number of a range and no other', () => {
    const prefix = fc.stringMatching(/^[a-z][a-z-]{0,5}$/);
    const low = fc.nat(300);
    fc.assert(
      fc.property(
        prefix,
        low,
        fc.nat(40),
        fc.integer({ min: 0, max: 5 }),
        fc.nat(400),
        (name, from, count, width, any) => {
          const written = (number: number) => String(number).padStart(width, '0');
          const list = `first,${name}[${written(from)}-${written(from + count)}],last9`;
          expect(hostListHas(list, `${name}${written(any)}`)).toBe(any >= from && any <= from + count);
        },
      ),
    );
  });

  it('takes any text, and is done at once', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.string(), (list, node) => {
        expect(typeof hostListHas(list, node)).toBe('boolean');
      }),
    );
    expect(hostListHas(`${'[1-9]'.repeat(30)}x`, '1'.repeat(60))).toBe(false);
  });
});
