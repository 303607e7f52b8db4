import { describe, expect, it } from 'vitest';
import { readAfterLaunch } from '../../../src/cli/after-launch.js';
import { askedFor } from '../../../src/cli/asked.js';
import type { LaunchFlags } from '../../../src/cli/options.js';
import { fakeHost } from './host.js';

function read(flags: Partial<LaunchFlags>, { terminal = false, fromVariable = [] as string[] } = {}) {
  return readAfterLaunch(flags, (flag) => fromVariable.includes(flag), fakeHost({ terminal }));
}

describe('after a launch it is waited', () => {
  it.each<[Partial<LaunchFlags>, boolean, string]>([
    [{}, true, 'shown'],
    [{}, false, 'no'],
    [{ quiet: true }, true, 'no'],
    [{ json: true }, true, 'no'],
    [{ wait: true }, false, 'asked'],
    [{ wait: true, quiet: true }, true, 'asked'],
    [{ wait: false }, true, 'no'],
    [{ open: true }, true, 'shown'],
    [{ open: true }, false, 'asked'],
    [{ open: true, wait: false }, true, 'no'],
    [{ timeout: '10m' }, false, 'asked'],
    [{ timeout: '10m' }, true, 'asked'],
  ])('%j, on a terminal %j: %s', (flags, terminal, wait) => {
    expect(read(flags, { terminal }).wait).toBe(wait);
  });

  it('no longer than --timeout says', () => {
    expect(read({ wait: true, timeout: '30s' })).toMatchObject({ wait: 'asked', timeoutMs: 30_000 });
  });

  it('a variable with a time makes nobody wait who did not', () => {
    const fromVariable = ['timeout'];
    expect(read({ timeout: '30s' }, { fromVariable }).wait).toBe('no');
    expect(read({ timeout: '30s', wait: false }, { fromVariable })).not.toHaveProperty('timeoutMs');
    expect(read({ timeout: '30s' }, { fromVariable, terminal: true })).toMatchObject({
      wait: 'shown',
      timeoutMs: 30_000,
    });
  });

  it('or not: both is refused, and so is what is no time', () => {
    expect(() => read({ timeout: '30s', wait: false })).toThrow(
      '--timeout and --no-wait do not go together.',
    );
    expect(() => read({ timeout: 'soon' })).toThrow('--timeout cannot be "soon".');
    expect(() => read({ timeout: 'soon' }, { fromVariable: ['timeout'] })).toThrow(
      'START_JUPYTER_TIMEOUT cannot be "soon".',
    );
  });
});

it('what was asked for is kept as it was typed, without what is a matter of the moment', () => {
  const flags: LaunchFlags = {
    ...{ schedulerArg: [], modulepath: ['../m'], bind: [], check: true, partition: 'debug', nv: true },
    ...{ quiet: true, json: false, info: true, dryRun: true, wait: true, timeout: '5m', open: true },
    dir: `~/it's here`,
  };
  expect(askedFor('30', flags, '/work')).toEqual({
    time: '30',
    flags: { modulepath: ['../m'], partition: 'debug', nv: true, dir: `~/it's here` },
    cwd: '/work',
  });
  expect(askedFor(undefined, { ...flags, check: false }, '/work').flags).toHaveProperty('check', false);
});
