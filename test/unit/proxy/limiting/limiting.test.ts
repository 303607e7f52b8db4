import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Counts } from '../../../../src/proxy/limiting/counts.js';
import { PerMinute } from '../../../../src/proxy/limiting/per-minute.js';
import { sourceOf } from '../../../../src/proxy/limiting/source.js';
import { handClock } from '../registry/bed.js';

describe('a source', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
    [undefined, ''],
  ])('of %s is %s', (address, source) => {
    expect(sourceOf(address)).toBe(source);
  });

  it('is the same for all addresses below its first 64 bits, and another one for every other', () => {
    // As Node writes them: through the URL parser, which writes the shortest form.
    const canonical = (groups: number[]) =>
      new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]`).hostname.slice(1, -1);
    const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(groups, groups, groups, groups, (network, other, host, another) => {
        const isMapped = [network, other].some((all) => all.every((group) => group === 0));
        fc.pre(!isMapped);
        const of = (high: number[], low: number[]) => sourceOf(canonical([...high, ...low]));
        expect(of(network, host)).toBe(of(network, another));
        const same = network.every((group, index) => group === other[index]);
        expect(of(network, host) === of(other, host)).toBe(same);
      }),
    );
  });
});

describe('a count by the minute', () => {
  it('lets so many through a minute, each source for itself', () => {
    const clock = handClock();
    const perMinute = new PerMinute(2, clock);
    const take = (source: string) => perMinute.take(source);
    expect([take('a'), take('a'), take('a'), take('b')]).toEqual([true, true, false, true]);
    expect([perMinute.isReached('a'), perMinute.isReached('b'), perMinute.isReached('c')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(perMinute.secondsLeft()).toBe(60);
  });

  it('begins anew after a minute, and when the clock was set back', async () => {
    const clock = handClock();
    const perMinute = new PerMinute(1, clock);
    perMinute.take('a');
    await clock.leap(59_999);
    expect(perMinute.take('a')).toBe(false);
    expect(perMinute.secondsLeft()).toBe(1);
    await clock.leap(1);
    expect(perMinute.take('a')).toBe(true);
    await clock.leap(-3_600_000);
    expect(perMinute.take('a')).toBe(true);
    expect(perMinute.take('a')).toBe(false);
  });

  it('keeps no more than ten thousand sources: all others share one count', async () => {
    const clock = handClock();
    const perMinute = new PerMinute(3, clock);
    for (let source = 0; source < 10_000; source++) perMinute.take(String(source));
    const strangers = Array.from({ length: 1000 }, (_, index) => perMinute.take(`stranger ${index}`));
    expect(strangers.filter(Boolean)).toHaveLength(3);
    expect([perMinute.take('17'), perMinute.take('17'), perMinute.take('17')]).toEqual([true, true, false]);
    await clock.leap(60_000);
    expect(perMinute.take('stranger 999')).toBe(true);
  });
});

describe('a count', () => {
  it('goes up, and down once for each', () => {
    const counts = new Counts();
    const [one, two] = [counts.add('a'), counts.add('a')];
    expect([counts.of('a'), counts.of('b')]).toEqual([2, 0]);
    one();
    one();
    expect(counts.of('a')).toBe(1);
    two();
    expect(counts.of('a')).toBe(0);
  });
});
