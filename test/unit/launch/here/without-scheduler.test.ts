import { describe, expect, it } from 'vitest';
import type { Here, HereAllocation } from '../../../../src/launch/here/here.js';
import type { LaunchOptions } from '../../../../src/launch/options.js';
import { systemWithoutScheduler, withoutScheduler } from '../../../../src/launch/here/without-scheduler.js';
import type { System } from '../../../../src/site/system.js';

const NOW = new Date('2026-03-04T05:06:00Z');
const MINUTE = 60_000;

function system(values: Partial<System['values']> = {}): System {
  return {
    name: 'hpc',
    origins: {},
    values: { scheduler: 'slurm', time: 30, ...values } as System['values'],
  };
}

function allocation(minutes?: number): Here {
  const endsAt = minutes === undefined ? {} : { endsAt: new Date(NOW.getTime() + minutes * MINUTE) };
  return { allocation: { title: 'Slurm job 7', ...endsAt } as HereAllocation };
}

function what(options: Partial<LaunchOptions>, here: Here, of = system()) {
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const progress = { doing: say, fact: say, say, warn: say };
  const from = (key: string) => (key === 'account' ? 'profile astro' : `--${key}`);
  const asked = { schedulerArguments: [], here: true, from, ...options } as unknown as LaunchOptions;
  const kept = withoutScheduler(asked, here, of, { progress, now: () => NOW });
  return { kept, said, minutes: kept.minutes, from: kept.from('time') };
}

describe('options where nothing is submitted', () => {
  it('loses those for schedulers, and names what a person gave', () => {
    const { kept, said } = what(
      { partition: 'debug', gpus: 2, account: 'x', schedulerArguments: ['--exclusive'], directory: '/d' },
      {},
    );
    expect(said).toEqual(['Ignored, because --here submits nothing: --partition, --gpus, --scheduler-arg.']);
    expect(kept).toMatchObject({ directory: '/d', schedulerArguments: [] });
    for (const key of ['partition', 'gpus', 'account']) expect(kept).not.toHaveProperty(key);
    expect(what({ here: false, qos: 'q' }, {}).said).toEqual([
      'Ignored, because there is no scheduler here: --qos.',
    ]);
    // No scheduler sends mail for it.
    const mail = what({ notify: { to: 'a@example.org' } }, {});
    expect(mail.said).toEqual(['Ignored, because --here submits nothing: --notify.']);
    expect(mail.kept).not.toHaveProperty('notify');
    expect(what({}, {}).said).toEqual([]);
  });

  it.each<[string, Partial<LaunchOptions>, Here, System, number | undefined, string]>([
    ['what is left', {}, allocation(25.9), system(), 25, 'Slurm job 7'],
    ['what is asked for, when that is less', { minutes: 10 }, allocation(25), system(), 10, '--time'],
    ['what is left, when that is less', { minutes: 90 }, allocation(25), system(), 25, 'Slurm job 7'],
    ['what is asked for, when nobody knows the end', { minutes: 90 }, allocation(), system(), 90, '--time'],
    ['two days without an end', {}, allocation(), system(), 2880, 'the default'],
    ['two days without an allocation, whatever jobs get', {}, {}, system(), 2880, 'the default'],
    ['the time of local', {}, {}, system({ scheduler: 'local', time: 60 }), undefined, '--time'],
    [
      'what is left, of local, too',
      {},
      allocation(5),
      system({ scheduler: 'local', time: 60 }),
      5,
      'Slurm job 7',
    ],
  ])('lasts %s', (_, options, here, of, minutes, from) => {
    expect(what(options, here, of)).toMatchObject({ minutes, from });
  });

  it('lasts as a profile says that was chosen by name, at most', () => {
    const chosen = (binding: boolean): System => {
      const origin = { layer: 'site', file: '/s.yaml', profile: { name: 'astro', binding } } as const;
      return { ...system({ time: 45 }), origins: { time: origin } };
    };
    expect(what({}, {}, chosen(true))).toMatchObject({ minutes: 45, from: 'profile astro' });
    expect(what({}, {}, chosen(false))).toMatchObject({ minutes: 2880 });
    expect(what({}, allocation(25), chosen(true))).toMatchObject({ minutes: 25, from: 'Slurm job 7' });
    expect(what({ minutes: 20 }, {}, chosen(true))).toMatchObject({ minutes: 20, from: '--time' });
  });

  it('says when there is less time than was asked for', () => {
    expect(what({ minutes: 90 }, allocation(25)).said).toEqual([
      'Slurm job 7 ends earlier than you asked for: in 25 minutes.',
    ]);
    expect(what({ minutes: 20 }, allocation(25)).said).toEqual([]);
  });

  it('knows other sources still', () => {
    expect(what({ minutes: 90 }, allocation(25)).kept.from('account')).toBe('profile astro');
  });
});

describe('a system where nothing is submitted', () => {
  it('wants no account and has no partition, and keeps the rest', () => {
    const { values } = systemWithoutScheduler(
      system({ account_required: true, partition: 'p', gpus: 1, node_suffix: '.eth', modules: ['astro'] }),
    );
    expect(values).toEqual({
      ...{ scheduler: 'slurm', time: 30, account_required: false },
      ...{ node_suffix: '.eth', modules: ['astro'] },
    });
  });
});
