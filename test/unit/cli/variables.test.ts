/** The variables of options, as a command line that leaves them out gets them. */
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addLaunchOptions } from '../../../src/cli/options.js';
import {
  EARLIER,
  notBeaten,
  readVariables,
  saysYes,
  unknownVariables,
  variableOf,
} from '../../../src/cli/variables.js';

/** What is in force after these arguments and variables (without START_JUPYTER_), and what of it came from a variable. */
function read(args: string[], variables: Record<string, string>) {
  const command = addLaunchOptions(new Command()).exitOverride();
  command.parse(args, { from: 'user' });
  readVariables(command, environment(variables), command.args.length > 0);
  const flags = Object.entries(command.opts()).filter(
    ([key]) => command.getOptionValueSource(key) !== 'default',
  );
  return Object.fromEntries(flags);
}

const environment = (variables: Record<string, string>) =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [`START_JUPYTER_${name}`, value]));

describe('a variable', () => {
  it('stands for an option with a value, as it is', () => {
    const variables = { BATCH_SCRIPT: ' a $(b)\n', CONDA_ENV: 'x', GPUS: '2', IMAGE: '' };
    expect(read([], variables)).toEqual({ batchScript: ' a $(b)\n', condaEnv: 'x', gpus: '2' });
  });

  it('gives way to its option, however wrong it is', () => {
    expect(read(['-p', 'a', '-q'], { PARTITION: 'b', QUIET: 'perhaps' })).toEqual({
      partition: 'a',
      quiet: true,
    });
  });

  it.each(['1', 'true', 'yes', 'on', 'YES', ' True '])('says yes: %j', (text) => {
    expect(saysYes(text)).toBe(true);
    const all = { QUIET: text, HERE: text, NV: text, INFO: text, DRY_RUN: text, NO_CHECK: text };
    expect(read([], all)).toEqual({
      quiet: true,
      here: true,
      nv: true,
      info: true,
      dryRun: true,
      check: false,
    });
    expect(read([], { JSON: text, ROCM: text })).toEqual({ json: true, rocm: true });
  });

  it.each(['0', 'false', 'no', 'off', '', 'No'])('says no: %j', (text) => {
    expect(saysYes(text)).toBe(false);
    expect(read([], { QUIET: text, HERE: text, NV: text, NO_CHECK: text, JSON: text })).toEqual({});
  });

  it.each(['2', 'ja', 'quiet', '-'])('says neither: %j', (text) => {
    expect(() => read([], { NO_CHECK: text })).toThrow(
      expect.objectContaining({
        code: 'bad-option',
        message: `START_JUPYTER_NO_CHECK cannot be "${text}"`,
        hint: '1, true, yes or on stand for --no-check; 0, false, no, off or nothing leave it out.',
      }),
    );
  });

  it('has a value a line for an option that is repeated', () => {
    const SCHEDULER_ARG = '--comment=two  words: $(id)\n--exclusive\n';
    expect(read([], { SCHEDULER_ARG, BIND: '/a:/b\n/c' })).toEqual({
      schedulerArg: ['--comment=two  words: $(id)', '--exclusive'],
      bind: ['/a:/b', '/c'],
    });
    expect(read(['--scheduler-arg', 'x'], { SCHEDULER_ARG })).toEqual({ schedulerArg: ['x'] });
    expect(read([], { BIND: '\n' })).toEqual({});
  });

  it('is parted by colons where MODULEPATH is', () => {
    expect(read([], { MODULEPATH: '/a b:/c::\n/d' })).toEqual({ modulepath: ['/a b', '/c', '/d'] });
  });

  it('does not stand for --version', () => {
    const command = addLaunchOptions(new Command()).version('1');
    readVariables(command, { START_JUPYTER_VERSION: '2' });
    expect(command.getOptionValue('version')).toBeUndefined();
  });

  it('is named after its option', () => {
    expect(variableOf('batch-script')).toBe('START_JUPYTER_BATCH_SCRIPT');
  });
});

describe('a variable that contradicts the command line', () => {
  it.each<[string[], Record<string, string>, Record<string, unknown>]>([
    [['30'], { TIME: '45' }, {}],
    [['--quiet'], { JSON: '1' }, { quiet: true }],
    [['--json'], { QUIET: '1' }, { json: true }],
    [['--nv'], { ROCM: '1' }, { nv: true }],
    [['--nv'], { CONDA_ENV: 'a', IMAGE: 'a.sif' }, { nv: true, image: 'a.sif' }],
    [['--rocm'], { NV: '1', CONDA_YML: 'a', IMAGE: 'a.sif' }, { rocm: true, image: 'a.sif' }],
    [['--conda-env', 'x'], { IMAGE: 'a.sif', BIND: '/a', NV: '1', CONDA_YML: 'a.yml' }, { condaEnv: 'x' }],
    [['--conda-yml', 'x'], { IMAGE: 'a.sif', BIND: '/a', ROCM: '1', CONDA_ENV: 'a' }, { condaYml: 'x' }],
    [['-I', 'a.sif'], { CONDA_ENV: 'a', CONDA_YML: 'b', NV: '1' }, { image: 'a.sif', nv: true }],
    [['-e', 'x'], { IMAGE: 'a.sif', BIND: '/a', CONDA_ENV: 'a' }, { modules: 'x', condaEnv: 'a' }],
    [['-I', 'a.sif'], { MODULES: 'apptainer' }, { image: 'a.sif', modules: 'apptainer' }],
    [['--bind', '/a'], { CONDA_ENV: 'a', IMAGE: 'a.sif' }, { bind: ['/a'], image: 'a.sif' }],
  ])('gives way: %j, %j', (args, variables, expected) => {
    expect(read(args, variables)).toEqual(expected);
  });

  it('is one of two when both are variables: that is refused later', () => {
    expect(read([], { QUIET: '1', JSON: '1' })).toEqual({ quiet: true, json: true });
  });
});

describe('an option of an earlier launch', () => {
  const launch = (...args: string[]) =>
    addLaunchOptions(new Command()).exitOverride().parse(args, { from: 'user' });

  it('gives way to what is typed, and to what that contradicts', () => {
    const earlier = { partition: 'a', image: 'a.sif', bind: ['/x'], time: '30' };
    expect(notBeaten(launch('-t', '20', '--conda-env', 'x'), earlier)).toEqual({ partition: 'a' });
    expect(notBeaten(launch(), earlier)).toEqual(earlier);
  });

  it('goes before variables, as if it were typed', () => {
    const command = launch('-p', 'a');
    command.setOptionValueWithSource('condaEnv', 'x', EARLIER);
    readVariables(command, environment({ PARTITION: 'b', CONDA_ENV: 'y', IMAGE: 'a.sif', GPUS: '1' }));
    expect(command.opts()).toMatchObject({ partition: 'a', condaEnv: 'x', gpus: '1' });
    expect(command.opts()).not.toHaveProperty('image');
  });
});

describe('a variable of a command', () => {
  it('stands for options alone that a launch has as well', () => {
    const program = addLaunchOptions(new Command());
    const stop = program.command('stop').option('--all').option('--json').option('--until <what>');
    readVariables(stop, environment({ ALL: '1', JSON: '1', UNTIL: 'ended' }));
    expect(stop.opts()).toEqual({ json: true });
  });
});

describe('a variable that is none', () => {
  const unknown = (...names: string[]) =>
    unknownVariables(
      addLaunchOptions(new Command()).version('1'),
      Object.fromEntries(names.map((name) => [name, 'x'])),
    );

  it('is named, with what was probably meant', () => {
    expect(unknown('START_JUPYTER_PARTITON', 'START_JUPYTER_FLOWERS', 'START_JUPYTERS', 'PATH')).toEqual([
      'The variable START_JUPYTER_FLOWERS stands for no option and is ignored.',
      'The variable START_JUPYTER_PARTITON stands for no option and is ignored. Did you mean START_JUPYTER_PARTITION?',
    ]);
  });

  it('is not one of ours that stand for no option, nor one that module files and our tests set', () => {
    const ours = ['CONFIG', 'NODE', 'SYSTEM', 'NO_CHECK', 'BIND', 'HERE'];
    const others = ['ROOT', 'HOME', 'VERSION', 'LIVE', 'TEST_STRICT', 'TEST_JUPYTER', 'SCREENSHOTS'];
    expect(unknown(...[...ours, ...others].map((name) => `START_JUPYTER_${name}`))).toEqual([]);
  });
});
