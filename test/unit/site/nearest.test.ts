import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from '../../../src/site/nearest.js';

const KNOWN = ['partition', 'partitions', 'account', 'qos', 'cpus', 'gpus'];

describe('nearest', () => {
  it.each([
    ['partion', 'partition'],
    ['Partitions', 'partitions'],
    ['acount', 'account'],
    ['qso', 'qos'],
    ['sq', undefined],
    ['qo', 'qos'],
    ['gpu', 'gpus'],
    ['xpus', 'cpus'],
    ['colour', undefined],
    ['', undefined],
  ])('of %j is %j', (word, expected) => {
    expect(nearest(word, KNOWN)).toBe(expected);
  });

  it('is put into words', () => {
    expect(didYouMean('acount', KNOWN)).toBe(' (did you mean "account"?)');
    expect(didYouMean('colour', KNOWN)).toBe('');
  });
});
