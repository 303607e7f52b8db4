import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { findingLines, summary } from '../../../src/cli/findings.js';
import { bad, doubtful, good } from '../../../src/launch/doctor/finding.js';

const plain = new Chalk({ level: 0 });
const FINDINGS = [
  good('System', 'expanse'),
  doubtful('Clock', 'This machine is 3 minutes behind the proxy.', 'Tell your support: somebody has to.'),
  bad('Jupyter', 'no-jupyter', 'There is none.\n\n  pip: not found', 'Install it.\n  pip install jupyterlab'),
];

describe('findings', () => {
  it('are lines that fit, with what to do under them', () => {
    expect(findingLines(FINDINGS, 50, plain)).toEqual([
      'good      System   expanse',
      'doubtful  Clock    This machine is 3 minutes',
      '                   behind the proxy.',
      '                   To do: Tell your support:',
      '                   somebody has to.',
      'bad       Jupyter  There is none.',
      '',
      '                     pip: not found',
      '                   To do: Install it.',
      '                     pip install jupyterlab',
    ]);
  });

  it('keep a path whole, and cannot change what a terminal does', () => {
    const path = `/${'x'.repeat(60)}`;
    const [line, next] = findingLines([good('Files', `in ${path}, \x1b[31m`)], 50, plain);
    expect(line).toBe('good      Files  in');
    expect(next).toBe(`                 ${path},`);
    expect(findingLines([good('Files', '\x1b[31m')], 50, plain)).toEqual([
      String.raw`good      Files  \x1b[31m`,
    ]);
  });

  it('say it in words, not by colour alone', () => {
    const [line] = findingLines([good('System', 'x')], 80, new Chalk({ level: 1 }));
    expect(line).toBe('\x1b[32mgood    \x1b[39m  System  x');
  });

  it('come to a sentence', () => {
    expect(summary(FINDINGS.slice(0, 1))).toBe('Everything is as it should be.');
    expect(summary(FINDINGS.slice(0, 2))).toBe('A launch should work. One is doubtful.');
    expect(summary(FINDINGS)).toBe('One of these is bad: a launch would fail. One is doubtful.');
    expect(summary(Array<(typeof FINDINGS)[0]>(9).fill(FINDINGS[2]!))).toBe(
      '9 of these are bad: a launch would fail.',
    );
  });
});
