import { describe, expect, it } from 'vitest';
import {
  checkedCount,
  checkedExpression,
  checkedMemory,
  checkedWord,
} from '../../../src/scheduler/option-values.js';

const refused = expect.objectContaining({
  code: 'bad-option',
  message: expect.stringContaining('--opt') as string,
}) as Error;

describe('values of options', () => {
  it('are taken as they are', () => {
    for (const word of ['debug', 'a,b', 'abc-123', 'x.y@z', '_a'])
      expect(checkedWord('--opt', word)).toBe(word);
    for (const text of ['intel&gpu', '[r1|r2]*2', '(a&b)|c', 'gpu:v100:2,lscratch:10G']) {
      expect(checkedExpression('--opt', text)).toBe(text);
    }
    expect(checkedMemory('--opt', '4g')).toBe('4G');
    expect(checkedMemory('--opt', '500MB')).toBe('500M');
    expect(checkedMemory('--opt', '4000')).toBe('4000');
    expect(checkedCount('--opt', '12')).toBe(12);
  });

  it.each([
    '',
    ' ',
    'a b',
    'a\nb',
    '-x',
    '--wrap=id',
    '$(id)',
    '`id`',
    'a;b',
    "a'b",
    'a"b',
    'a\\b',
    'é',
    'a'.repeat(257),
  ])('%j is no name and no expression', (value) => {
    expect(() => checkedWord('--opt', value)).toThrow(refused);
    expect(() => checkedExpression('--opt', value)).toThrow(refused);
  });

  it.each(['', '0', '4 G', '-4G', '1.5G', 'G', '4X', '4G\n', '4G --wrap=id'])('%j is no memory', (value) => {
    expect(() => checkedMemory('--opt', value)).toThrow(refused);
  });

  it.each(['', '0', '-1', '1.5', 'two', '1e3', '9'.repeat(9), '1 '])('%j is no count', (value) => {
    expect(() => checkedCount('--opt', value)).toThrow(refused);
  });
});
