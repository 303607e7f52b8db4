import { describe, expect, it } from 'vitest';
import type { LaunchOptions } from '../../../src/launch/options.js';
import { planRequest, type RequestFacts } from '../../../src/launch/request.js';
import type { Said } from '../../../src/scheduler/scheduler.js';
import { parseSlurmTime } from '../../../src/scheduler/duration.js';
import type { LayerName } from '../../../src/site/origin.js';
import type { SystemKey, SystemValues } from '../../../src/site/schema.js';
import type { EffectiveValues, System } from '../../../src/site/system.js';

/** A system of which each key was said by one layer. */
function system(said: Partial<Record<SystemKey, [LayerName, unknown]>> = {}): System {
  const entries = Object.entries(said);
  const values = Object.fromEntries(entries.map(([key, [, value]]) => [key, value])) as SystemValues;
  const defaults: EffectiveValues = {
    scheduler: 'slurm',
    retired: false,
    hosts: [],
    clusters: [],
    protocol: 'auto',
    account_required: false,
    gpu_form: 'gpus',
    conda_required: false,
    module_start: 'keep',
    here_on_login_node: false,
    partitions: {},
  };
  return {
    name: 'hpc',
    values: { ...defaults, ...values },
    origins: Object.fromEntries(entries.map(([key, [layer]]) => [key, { layer, file: 'x' }])),
  };
}

function plan(facts: Partial<Omit<RequestFacts, 'options'>> & { options?: Partial<LaunchOptions> } = {}) {
  const options: LaunchOptions = {
    schedulerArguments: [],
    info: false,
    dryRun: false,
    check: true,
    here: false,
    from: (key) => `--${key}`,
    ...facts.options,
  };
  return planRequest({
    system: system(),
    variables: {},
    template: {},
    schedulerMinutes: parseSlurmTime,
    jobName: 'jupyter-1',
    directory: '/state/1',
    ...facts,
    options,
  });
}

/** Who may say a partition, highest first, with what is then in force and how it is said to the scheduler. */
const PARTITION = [
  { by: 'option', rank: 'upper', from: '--partition' },
  { by: 'template', rank: undefined, from: 'the template' },
  { by: 'user', rank: 'lower', from: 'your systems.yaml' },
  { by: 'variable', rank: 'lower', from: 'the site’s variables' },
  { by: 'site', rank: 'lower', from: 'the site’s systems.yaml' },
  { by: 'shipped', rank: 'lower', from: 'start-jupyter’s systems.yaml' },
] as const;
type By = (typeof PARTITION)[number]['by'];

/** One systems.yaml key holds what its highest layer says. */
const layerOf = (who: readonly By[]) =>
  (['user', 'site', 'shipped'] as const).find((layer) => who.includes(layer));

function everybodySays(key: 'partition' | 'account' | 'time', who: readonly By[]) {
  const layer = layerOf(who);
  const word = (by: By) =>
    key === 'time' ? String(10 * (PARTITION.findIndex((one) => one.by === by) + 1)) : by;
  const configured = layer && (key === 'time' ? Number(word(layer)) : layer);
  const option = key === 'time' ? { minutes: Number(word('option')) } : { [key]: 'option' };
  return plan({
    options: who.includes('option') ? option : {},
    template: who.includes('template') ? { [key]: word('template') } : {},
    variables: who.includes('variable') ? { [key]: word('variable') } : {},
    system: system(layer ? { [key]: [layer, configured] } : {}),
  });
}

/** Every choice of speakers: 63 of them. */
const choices = Array.from({ length: 63 }, (_, index) =>
  PARTITION.filter((_one, bit) => ((index + 1) >> bit) & 1).map(({ by }) => by),
);

describe('of everybody who says it, the highest is in force', () => {
  it.each(['partition', 'account'] as const)('for the %s', (key) => {
    for (const who of choices) {
      const { request, [key]: inForce } = everybodySays(key, who);
      const [highest] = PARTITION.filter(({ by }) => who.includes(by));
      expect(inForce, who.join()).toEqual({
        value: highest?.by,
        from: highest?.from.replace('partition', key),
      });
      // The template's own line stands in the script; what is said beside it is the highest of the others.
      const said = PARTITION.find(({ by }) => by !== 'template' && who.includes(by));
      expect(request[key], who.join()).toEqual(said && { value: said.by, rank: said.rank });
    }
  });

  it('for the time', () => {
    for (const who of choices) {
      const { request, minutes } = everybodySays('time', who);
      const highest = PARTITION.findIndex(({ by }) => who.includes(by));
      const from = PARTITION[highest]?.from.replace('partition', 'time');
      expect(minutes, who.join()).toEqual({ value: 10 * (highest + 1), from });
      const said = PARTITION.findIndex(({ by }) => by !== 'template' && who.includes(by));
      const text = 10 * (said + 1);
      const value = PARTITION[said]?.by === 'variable' ? String(text) : text;
      const expected = said === -1 ? { value: 30, rank: 'lower' } : { value, rank: PARTITION[said]?.rank };
      expect(request.walltime, who.join()).toEqual(expected);
    }
  });

  it('nobody: half an hour, and the scheduler decides the rest', () => {
    const { request, ...rest } = plan();
    expect(request).toEqual({
      name: 'jupyter-1',
      workingDirectory: '/state/1',
      logFile: '/state/1/job.log',
      walltime: { value: 30, rank: 'lower' },
      warnBefore: { value: 5, rank: 'lower' },
    });
    expect(rest).toEqual({ minutes: { value: 30, from: 'the default' }, signalTaken: false });
  });
});

describe('the other resources', () => {
  const texts = ['memory', 'gres', 'qos', 'constraint', 'reservation'] as const;

  it.each(texts)('%s: an option, then the user, the site’s variable, the site, what is shipped', (key) => {
    const value = (facts: Parameters<typeof plan>[0]) => plan(facts).request[key];
    const variables: Said = { [key]: 'variable' };
    const options = { [key]: 'option' };
    expect(value({})).toBeUndefined();
    expect(value({ variables, options, system: system({ [key]: ['user', 'user'] }) })).toEqual({
      value: 'option',
      rank: 'upper',
    });
    const lower = (said: string) => ({ value: said, rank: 'lower' });
    expect(value({ variables, system: system({ [key]: ['user', 'user'] }) })).toEqual(lower('user'));
    expect(value({ variables, system: system({ [key]: ['site', 'site'] }) })).toEqual(lower('variable'));
    expect(value({ variables, system: system({ [key]: ['shipped', 'x'] }) })).toEqual(lower('variable'));
    expect(value({ system: system({ [key]: ['site', 'site'] }) })).toEqual(lower('site'));
    expect(value({ system: system({ [key]: ['shipped', 'shipped'] }) })).toEqual(lower('shipped'));
  });

  it.each(['nodes', 'cpus'] as const)('%s: an option, then the configuration', (key) => {
    expect(plan({ options: { [key]: 2 }, system: system({ [key]: ['user', 4] }) }).request[key]).toEqual({
      value: 2,
      rank: 'upper',
    });
    expect(plan({ system: system({ [key]: ['site', 4] }) }).request[key]).toEqual({
      value: 4,
      rank: 'lower',
    });
  });
});

describe('GPUs', () => {
  const gpus = (facts: Parameters<typeof plan>[0]) => plan(facts).request.gpus;

  it('are asked for in the form of the system', () => {
    for (const form of ['gpus', 'gres'] as const) {
      const expanse = system({ gpu_form: ['shipped', form] });
      expect(gpus({ options: { gpus: 2 }, system: expanse })).toEqual({
        value: { count: 2, form },
        rank: 'upper',
      });
    }
  });

  it('may be a text with a type in the site’s variable', () => {
    const variables = { gpus: 'v100:2' };
    const expected = { value: { count: 'v100:2', form: 'gpus' }, rank: 'lower' };
    expect(gpus({ variables })).toEqual(expected);
    expect(gpus({ variables, system: system({ gpus: ['site', 4] }) })).toEqual(expected);
    expect(gpus({ variables, options: { gpus: 1 } })?.value.count).toBe(1);
    expect(gpus({ variables, system: system({ gpus: ['user', 4] }) })?.value.count).toBe(4);
  });

  it('are none where the configuration says 0, also against the site’s variable', () => {
    expect(gpus({ system: system({ gpus: ['site', 0] }) })).toBeUndefined();
    expect(gpus({ variables: { gpus: '1' }, system: system({ gpus: ['user', 0] }) })).toBeUndefined();
  });
});

describe('an account that the system requires', () => {
  const strict = { account_required: ['shipped', true] } satisfies Parameters<typeof system>[0];

  it('is missing', () => {
    expect(() => plan({ system: system(strict) })).toThrow(
      expect.objectContaining({
        code: 'account-required',
        message: 'hpc needs an account to charge the job to.',
        hint: expect.stringContaining('-A NAME') as string,
      }),
    );
  });

  it.each<[string, Parameters<typeof plan>[0]]>([
    ['-A', { options: { account: 'abc123' } }],
    ['the template', { template: { account: 'abc123' } }],
    ['SBATCH_ACCOUNT', { variables: { account: 'abc123' } }],
  ])('may come from %s', (_from, facts) => {
    expect(plan({ system: system(strict), ...facts }).account?.value).toBe('abc123');
  });

  it('may come from the configuration', () => {
    expect(plan({ system: system({ ...strict, account: ['user', 'mine'] }) }).account?.value).toBe('mine');
  });
});

describe('a time in the scheduler’s own form', () => {
  it.each([
    ['2:30', 3],
    ['1-0', 1440],
    ['UNLIMITED', Infinity],
    ['0', Infinity],
  ])('%s is %d minutes', (text, minutes) => {
    expect(plan({ template: { time: text } }).minutes?.value).toBe(minutes);
    expect(plan({ variables: { time: text } }).minutes?.value).toBe(minutes);
  });

  it('that is no time leaves the minutes open, and goes to the scheduler as it is', () => {
    const { request, minutes } = plan({ variables: { time: 'soon' } });
    expect(minutes).toBeUndefined();
    expect(request.walltime).toEqual({ value: 'soon', rank: 'lower' });
  });
});

describe('an idle time', () => {
  it('is the one that was typed, else the system’s, and none where that was said', () => {
    const site = system({ idle_timeout: ['site', 60] });
    expect(plan().idleMinutes).toBeUndefined();
    expect(plan({ system: site }).idleMinutes).toEqual({ value: 60, from: 'the site’s systems.yaml' });
    expect(plan({ system: site, options: { idleTimeout: 10 } }).idleMinutes).toMatchObject({ value: 10 });
    expect(plan({ system: site, options: { idleTimeout: 0 } }).idleMinutes).toBeUndefined();
  });
});

describe('the scheduler’s signal before the end', () => {
  it('is the warning’s where nobody else has one', () => {
    const { request, signalTaken } = plan({ options: { minutes: 60 } });
    expect(request).toMatchObject({ warnBefore: { value: 5, rank: 'lower' } });
    expect([signalTaken, request.signal]).toEqual([false, undefined]);
  });

  it.each<[string, Partial<Parameters<typeof plan>[0]>, string | undefined]>([
    ['a template', { template: { signal: 'B:USR1@60' } }, undefined],
    ['the site', { variables: { signal: 'TERM@30' } }, 'TERM@30'],
    ['a person', { options: { schedulerArguments: ['--signal=USR2@10'] } }, undefined],
    ['a person', { options: { schedulerArguments: ['--signal', 'USR2@10'] } }, undefined],
  ])('stays %s’s, and the job looks at its clock', (_who, facts, said) => {
    const { request, signalTaken } = plan(facts);
    expect(signalTaken).toBe(true);
    expect(request.signal?.value).toBe(said);
    expect(request.warnBefore?.value).toBe(5);
  });

  it('is the warning’s again where that was asked for by name', () => {
    const { request, signalTaken } = plan({
      template: { signal: 'B:USR1@60' },
      variables: { signal: 'TERM@30' },
      options: { warnBefore: 10 },
    });
    expect(request).toMatchObject({ warnBefore: { value: 10, rank: 'upper' } });
    expect([signalTaken, request.signal]).toEqual([false, undefined]);
  });
});
