/** Which profile is used, for whom, and what it leaves no choice of; and that what is in force is what the precedence says. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StartJupyterError } from '../../../../src/errors.js';
import type { LaunchContext } from '../../../../src/launch/context.js';
import { planEnvironment } from '../../../../src/launch/environment.js';
import { refuseOtherServer } from '../../../../src/launch/profiles/locks.js';
import { whoAmI } from '../../../../src/launch/profiles/offered.js';
import type { LaunchOptions } from '../../../../src/launch/options.js';
import { offeredProfiles, withProfile } from '../../../../src/launch/profiles/profile.js';
import { planRequest } from '../../../../src/launch/request.js';
import { parseSlurmTime, parseTime } from '../../../../src/scheduler/duration.js';
import type { Said } from '../../../../src/scheduler/scheduler.js';
import { loadSystems, type ConfigurationFile } from '../../../../src/site/load.js';
import type { LayerName } from '../../../../src/site/origin.js';
import type { System } from '../../../../src/site/system.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sj-profile-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

type Values = Record<string, unknown>;

/** The system `hpc` as each layer says it. */
async function hpc(said: Partial<Record<LayerName, Values>>): Promise<System> {
  const layers: LayerName[] = ['shipped', 'site', 'user'];
  const files = layers.map((layer): ConfigurationFile => {
    const values = layer === 'shipped' ? { scheduler: 'slurm', ...said[layer] } : (said[layer] ?? {});
    const file = join(folder, `${layer}.yaml`);
    writeFileSync(file, JSON.stringify({ systems: { hpc: values } }));
    return { layer, file, required: true };
  });
  const [shipped, ...rest] = files;
  const [system] = await loadSystems({ shippedFile: shipped!.file, files: rest, minutes: parseTime });
  return system!;
}

const site = (profiles: Record<string, Values>, more: Values = {}): Promise<System> =>
  hpc({ site: { profiles, ...more } });

function options(given: Partial<LaunchOptions> = {}): LaunchOptions {
  return {
    schedulerArguments: [],
    info: false,
    dryRun: false,
    check: true,
    here: false,
    from: (key) => (key === 'time' ? '--time' : `--${key.replace('_', '-')}`),
    ...given,
  };
}

interface Stage {
  context: LaunchContext;
  facts: string[];
  warnings: string[];
}

/** `id` is what the command of that name does; absent: there is none. */
function stage(id?: string): Stage {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  if (id !== undefined) {
    writeFileSync(join(bin, 'id'), `#!/bin/sh\necho "$LC_ALL:$*" >>'${folder}/id.calls'\n${id}\n`);
    chmodSync(join(bin, 'id'), 0o755);
  }
  const facts: string[] = [];
  const warnings: string[] = [];
  const progress: LaunchContext['progress'] = {
    doing: () => undefined,
    fact: (label, text) => void facts.push(`${label}: ${text}`),
    say: () => undefined,
    warn: (text) => void warnings.push(text),
  };
  const context: LaunchContext = {
    env: { PATH: bin },
    cwd: folder,
    platform: process.platform,
    packageFolder: folder,
    progress,
    signal: new AbortController().signal,
    now: () => new Date(),
    random: (bytes) => Buffer.alloc(bytes),
    umask: 0o022,
  };
  return { context, facts, warnings };
}

const ANN = 'echo "uid=1000(ann) gid=1000(ann) groups=1000(ann),2000(astro 2026),2001(chem),2002"';
const idCalls = (): string =>
  existsSync(join(folder, 'id.calls')) ? readFileSync(join(folder, 'id.calls'), 'utf8') : '';

async function refusal(system: System, given: Partial<LaunchOptions>, id?: string): Promise<string[]> {
  const { context } = stage(id);
  const error = await withProfile(context, options(given), system).catch((caught: unknown) => caught);
  const { code, message, hint = '' } = error as StartJupyterError;
  return [code, message, hint];
}

describe('the profile that is used', () => {
  const profiles = { astro: { description: 'The class', time: 90 }, usual: { time: 60 } };

  it('is the one that was named', async () => {
    const { context, facts } = stage();
    const system = await withProfile(
      context,
      options({ profile: 'astro' }),
      await site(profiles, { profile: 'usual' }),
    );
    expect(system.profile?.name).toBe('astro');
    expect(system.values.time).toBe(90);
    expect(facts).toEqual(['Profile: astro, The class (given by --profile)']);
  });

  it('is the default when nobody names one', async () => {
    const { context, facts } = stage();
    const system = await withProfile(context, options(), await site(profiles, { profile: 'usual' }));
    expect(system.values.time).toBe(60);
    expect(facts).toEqual(['Profile: usual (the default of hpc)']);
  });

  it('is none where none is named, and nobody is asked who this is', async () => {
    const { context, facts } = stage(ANN);
    const without = await site({ astro: { time: 90, groups: ['chem'] } });
    expect(await withProfile(context, options(), without)).toBe(without);
    expect(await withProfile(context, options({ profile: 'b' }), await site({ b: {} }))).toMatchObject({
      profile: { name: 'b' },
    });
    expect([facts.length, idCalls()]).toEqual([1, '']);
  });

  it('is not one that does not exist', async () => {
    const [code, message, hint] = await refusal(
      await site({ ...profiles, chem: { users: ['bob'] } }),
      {
        profile: 'asto',
      },
      ANN,
    );
    expect([code, message]).toEqual(['unknown-profile', 'hpc has no profile "asto" (from --profile).']);
    expect(hint).toBe(
      'There are: astro, usual (did you mean "astro"?). "start-jupyter profiles" shows what they say.',
    );
    expect(await refusal(await hpc({}), { profile: 'constructor' })).toEqual([
      'unknown-profile',
      'hpc has no profile "constructor" (from --profile).',
      'hpc has no profiles for you. "start-jupyter profiles" shows what they say.',
    ]);
  });
});

describe.skipIf(process.platform === 'win32')('a profile for some people', () => {
  const forGroup = (...groups: string[]) =>
    site({ p: { time: 90, groups, users: ['teacher'] } }, { profile: 'p' });

  it.each(['chem', '2002', 'ann'])('is for those of the group %s, by one question', async (group) => {
    const { context } = stage(ANN);
    const system = await forGroup('nobody', group);
    expect((await withProfile(context, options({ profile: 'p' }), system)).profile?.name).toBe('p');
    expect(idCalls()).toBe('C:\n');
  });

  it('is for those who are in one group alone, of which id says no list', async () => {
    const { context } = stage(`echo 'uid=1000(ann) gid=2002(chem)'`);
    expect((await withProfile(context, options(), await forGroup('chem'))).profile?.name).toBe('p');
  });

  it('is for its users', async () => {
    const { context } = stage(ANN.replaceAll('(ann)', '(teacher)'));
    expect((await withProfile(context, options(), await forGroup('x'))).profile?.name).toBe('p');
  });

  it.each(['astro', '2026', 'uid', '1000', 'chemistry'])('is not for others: %s', async (group) => {
    const { context, warnings, facts } = stage(ANN);
    const system = await forGroup(group);
    expect(await withProfile(context, options(), system)).toBe(system);
    expect([...warnings, ...facts]).toEqual([]);
  });

  it('is refused to others with the names of those that it is for', async () => {
    const [code, message, hint] = await refusal(await forGroup('astro', 'physics'), { profile: 'p' }, ANN);
    expect(code).toBe('profile-not-offered');
    expect(message).toBe(
      'The profile p is not offered to you: it is for the groups astro, physics and the user teacher.',
    );
    expect(hint).toContain('ask those who run hpc');
  });

  it('that is not theirs, as a default of their own file, is left out with a warning', async () => {
    const { context, warnings } = stage(ANN);
    const system = await hpc({ site: { profiles: { p: { users: ['bob'] } } }, user: { profile: 'p' } });
    expect(await withProfile(context, options(), system)).toBe(system);
    expect(warnings).toEqual(['Going on without the profile p: it is for the user bob.']);
  });

  it.each([
    ['there is no id', undefined],
    ['id fails', 'echo "id: cannot tell" >&2; exit 1'],
    ['id says something else', 'echo "uid=ann"'],
  ])('is neither refused nor taken for a default when %s', async (_why, id) => {
    const named = stage(id);
    const system = await forGroup('chem');
    expect((await withProfile(named.context, options({ profile: 'p' }), system)).profile?.name).toBe('p');
    expect(named.warnings.join()).toMatch(/^It cannot be told whether the profile p is offered to you/);
    const asDefault = stage(id);
    expect(await withProfile(asDefault.context, options(), system)).toBe(system);
    expect(asDefault.warnings.join()).toMatch(/"id" gives no answer\. Going on without it\.$/);
    expect(await offeredProfiles(asDefault.context, system)).toMatchObject({
      unsure: true,
      profiles: [{ name: 'p' }],
    });
  });

  it('is looked for among the groups of this very process', async () => {
    const { context } = stage();
    const person = await whoAmI({ ...context, env: process.env });
    const gids = [...new Set([process.getgid!(), ...process.getgroups!()])];
    expect(person?.groups).toHaveLength(gids.length);
  });
});

describe('a locked key', () => {
  const locked = async (values: Values, given: Partial<LaunchOptions>, more: Values = {}) =>
    refusal(await site({ astro: { ...values, locked: Object.keys(values) } }, more), {
      profile: 'astro',
      ...given,
    });

  it.each<[Values, Partial<LaunchOptions>, string]>([
    [
      { partition: 'slims' },
      { partition: 'gpu' },
      '--partition cannot be gpu: the profile astro fixes it to slims.',
    ],
    [{ gpus: 0 }, { gpus: 1 }, '--gpus cannot be 1: the profile astro fixes it to 0.'],
    [
      { time: '1h30m' },
      { minutes: 91 },
      '--time asks for 1 hour 31 minutes: the profile astro allows 1 hour 30 minutes at most.',
    ],
    [{ memory: '4g' }, { memory: '8G' }, '--memory cannot be 8G: the profile astro fixes it to 4g.'],
    [
      { modules: ['a', 'b'] },
      { modules: ['b', 'a'] },
      '--modules cannot be b, a: the profile astro fixes it to a, b.',
    ],
    [{ conda_env: 'x' }, { condaEnv: 'y' }, '--conda-env cannot be y: the profile astro fixes it to x.'],
    [
      { conda_env: 'x' },
      { image: '/i.sif' },
      '--image is not possible with the profile astro, which fixes conda_env to x.',
    ],
    [
      { image: '/i.sif' },
      { condaYml: 'e.yml' },
      '--conda-yml is not possible with the profile astro, which fixes image to /i.sif.',
    ],
    [
      { image_gpu: 'nv' },
      { imageGpu: 'rocm' },
      '--image-gpu is not possible with the profile astro, which fixes image_gpu to nv.',
    ],
    [
      { template: '/t.sh' },
      { batchScript: '/u.sh' },
      '--template cannot be /u.sh: the profile astro fixes it to /t.sh.',
    ],
    [
      { server: 'notebook' },
      { server: 'jupyterlab' },
      '--server cannot be jupyterlab: the profile astro fixes it to notebook.',
    ],
  ])('%j is not changed by %j', async (values, given, expected) => {
    const [code, message] = await locked(values, given);
    expect([code, message]).toEqual(['locked-option', expected]);
  });

  it('is said with what may be done instead', async () => {
    const [, , hint] = await locked({ partition: 'slims' }, { partition: 'gpu' });
    expect(hint).toBe(
      'Leave --partition out, or choose another profile with --profile: "start-jupyter profiles" lists them.',
    );
    const [, , variable] = await locked({ qos: 'a' }, { qos: 'b', from: () => 'START_JUPYTER_QOS' });
    expect(variable).toMatch(/^Take the variable away \(unset START_JUPYTER_QOS\), or choose another/);
    const [, , time] = await locked({ time: 90 }, { minutes: 100 });
    expect(time).toMatch(/^Ask for at most -t 90, or choose another/);
    const asDefault = await site({ a: { qos: 'x', locked: ['qos'] } }, { profile: 'a' });
    const [, , usual] = await refusal(asDefault, { qos: 'b' });
    expect(usual).toMatch(/This one is used where nobody names one\.$/);
  });

  it.each<[Values, Partial<LaunchOptions>]>([
    [{ partition: 'slims' }, { partition: 'slims' }],
    [{ partition: 'slims' }, { account: 'mine', minutes: 9999 }],
    [{ time: 90 }, { minutes: 90 }],
    [{ time: 90 }, { minutes: 5 }],
    [{ memory: '4g' }, { memory: '4G' }],
    [{ modules: ['a', 'b'] }, { modules: ['a', 'b'] }],
    [{ modules: ['a'] }, { condaEnv: 'mine' }],
    [{ image: './i.sif' }, { image: '/i.sif' }],
  ])('%j lets %j be', async (values, given) => {
    const path = values['image'] === undefined ? given : { image: join(folder, 'i.sif') };
    const said = values['image'] === undefined ? values : { image: join(folder, 'i.sif') };
    const system = await site({ astro: { ...said, locked: Object.keys(said) } });
    const { context } = stage();
    const taken = await withProfile(context, options({ profile: 'astro', ...path }), system);
    expect(taken.profile?.name).toBe('astro');
    if (values['image'] !== undefined) {
      const relative = options({ profile: 'astro', image: 'i.sif' });
      expect((await withProfile(context, relative, system)).profile?.name).toBe('astro');
    }
  });

  it('of the server or the template is held against a template that starts a server itself', async () => {
    const { context } = stage();
    const server = await site({ p: { server: 'jupyterlab', locked: ['server'] } });
    const own = options({ profile: 'p', batchScript: './mine.sh' });
    const withServer = await withProfile(context, own, server);
    const check =
      (given: LaunchOptions, system: System, chosen: Parameters<typeof refuseOtherServer>[2]) => () =>
        refuseOtherServer(given, system, chosen);
    expect(check(own, withServer, { template: {}, server: 'notebook' })).toThrow(
      '--template starts notebook itself: the profile p fixes the server to jupyterlab.',
    );
    expect(check(own, withServer, { template: {}, server: 'jupyterlab' })).not.toThrow();
    expect(check(own, withServer, { template: {} })).not.toThrow();
    const template = await site({ p: { template: '/t.sh', locked: ['template'] } });
    const wish = options({ profile: 'p', server: 'jupyterlab' });
    const withTemplate = await withProfile(context, wish, template);
    expect(check(wish, withTemplate, { server: 'jupyterlab' })).toThrow(
      '--server cannot be jupyterlab: the template /t.sh, which the profile p fixes, starts its own.',
    );
    expect(check(wish, withTemplate, { template: {}, server: 'jupyterlab' })).not.toThrow();
    expect(check(wish, await hpc({}), { server: 'jupyterlab' })).not.toThrow();
  });
});

it('a person’s options leave out what a profile says of other software', async () => {
  const { context } = stage();
  const system = await site({ p: { image: '/p.sif', image_gpu: 'nv', binds: ['/data'] } });
  const conda = options({ profile: 'p', condaEnv: 'mine' });
  const plan = planEnvironment(conda, await withProfile(context, conda, system), folder, folder);
  expect(plan.image).toBeUndefined();
  expect(plan.conda).toEqual({ kind: 'env', nameOrPath: 'mine' });
  const more = options({ profile: 'p', binds: ['/more'] });
  expect(planEnvironment(more, await withProfile(context, more, system), folder, folder).image).toMatchObject(
    {
      image: '/p.sif',
      binds: ['/data', '/more'],
      gpu: 'nv',
    },
  );
});

/** What each who may speak would have; a name stands for itself. */
const SPEAKERS = ['option', 'template', 'user', 'variable', 'site', 'shipped'] as const;
type Speaker = (typeof SPEAKERS)[number];
const LAYERS = ['shipped', 'site', 'user'] as const;

/** Keys, with the value that number n stands for, as a file, an option and a scheduler's own form say it. */
const KEYS: Record<
  string,
  { value: (n: number) => string | number; option: keyof LaunchOptions; said: boolean }
> = {
  partition: { value: (n) => `p${n}`, option: 'partition', said: true },
  account: { value: (n) => `a${n}`, option: 'account', said: true },
  time: { value: (n) => 10 * n, option: 'minutes', said: true },
  memory: { value: (n) => `${n}G`, option: 'memory', said: true },
  qos: { value: (n) => `q${n}`, option: 'qos', said: true },
  gres: { value: (n) => `gpu:${n}`, option: 'gres', said: true },
  constraint: { value: (n) => `c${n}`, option: 'constraint', said: true },
  reservation: { value: (n) => `r${n}`, option: 'reservation', said: true },
  nodes: { value: (n) => n, option: 'nodes', said: false },
  cpus: { value: (n) => n, option: 'cpus', said: false },
  gpus: { value: (n) => n, option: 'gpus', said: true },
};

interface Mix {
  key: string;
  speakers: Speaker[];
  /** The layer that says the profile's value. */
  profile: (typeof LAYERS)[number];
  locked: boolean;
  /** By name, or by which file’s `profile:`. */
  chosen: 'by name' | (typeof LAYERS)[number];
}

const mixes: fc.Arbitrary<Mix> = fc
  .record({
    key: fc.constantFrom(...Object.keys(KEYS)),
    speakers: fc.subarray([...SPEAKERS]),
    profile: fc.constantFrom(...LAYERS),
    locked: fc.boolean(),
    chosen: fc.constantFrom('by name' as const, ...LAYERS),
  })
  // A person's own file locks nothing.
  .map((mix) => ({ ...mix, locked: mix.locked && mix.profile !== 'user' }));

/** Who is in force by the documented precedence, and whether a template's own line could not beat it. */
function expected({ key, speakers, profile, locked, chosen }: Mix): {
  who: Speaker | 'profile' | 'refused';
  upper: boolean;
} {
  const binding = locked || chosen === 'by name';
  const below = speakers.filter((one) => KEYS[key]!.said || (one !== 'template' && one !== 'variable'));
  if (below.includes('option')) {
    // Of `option` the number is the highest: more time than the profile's.
    return locked ? { who: 'refused', upper: true } : { who: 'option', upper: true };
  }
  if (binding) return { who: 'profile', upper: true };
  const rank = LAYERS[Math.max(LAYERS.indexOf(profile), LAYERS.indexOf(chosen))];
  const order: (Speaker | 'profile')[] = ['template'];
  for (const one of ['user', 'variable', 'site', 'shipped'] as const) {
    // Of the same file the profile's word is the more special one.
    if (one === rank) order.push('profile');
    order.push(one);
  }
  const who = order.find((one) => one === 'profile' || below.includes(one));
  return { who: who ?? 'profile', upper: false };
}

it('what is in force is what the precedence says, for any mix of who says something', async () => {
  const run = async (mix: Mix): Promise<void> => {
    const { key, speakers, profile, locked, chosen } = mix;
    const { value, option, said } = KEYS[key]!;
    const number = (who: Speaker | 'profile') => ['profile', ...[...SPEAKERS].reverse()].indexOf(who) + 1;
    const speaks = (who: Speaker) => speakers.includes(who);
    const layer = (name: LayerName): Values => ({
      ...(speaks(name) ? { [key]: value(number(name)) } : {}),
      ...(chosen === name ? { profile: 'p' } : {}),
      ...(profile === name
        ? { profiles: { p: { [key]: value(number('profile')), ...(locked ? { locked: [key] } : {}) } } }
        : {}),
    });
    const system = await hpc({ shipped: layer('shipped'), site: layer('site'), user: layer('user') });
    const given = options({
      ...(speaks('option') ? { [option]: value(number('option')) } : {}),
      ...(chosen === 'by name' ? { profile: 'p' } : {}),
    });
    const { who, upper } = expected(mix);
    const laid = withProfile(stage().context, given, system);
    if (who === 'refused') {
      await expect(laid).rejects.toMatchObject({ code: 'locked-option' });
      return;
    }
    const bySchedulers = (one: Speaker): Said =>
      said && speaks(one) ? { [key]: String(value(number(one))) } : {};
    const { request, ...inForce } = planRequest({
      options: given,
      system: await laid,
      variables: bySchedulers('variable'),
      template: bySchedulers('template'),
      schedulerMinutes: parseSlurmTime,
      jobName: 'jupyter-1',
      directory: '/state/1',
    });
    const ranked = {
      ...(key === 'time' ? request.walltime : request[key as 'qos']),
      ...(key === 'gpus' ? { value: request.gpus?.value.count } : {}),
    };
    const words = {
      option: `--${key}`,
      profile: 'profile p',
      template: 'the template',
      user: 'your systems.yaml',
      variable: 'the site’s variables',
      site: 'the site’s systems.yaml',
      shipped: 'start-jupyter’s systems.yaml',
    };
    if (who !== 'template') {
      const rank = upper ? 'upper' : 'lower';
      const wanted = who === 'variable' ? String(value(number(who))) : value(number(who));
      expect(ranked).toEqual({ value: wanted, rank });
    } else expect(ranked.rank).toBe('lower');
    const shown = { partition: inForce.partition, account: inForce.account, time: inForce.minutes }[key];
    if (shown !== undefined) expect(shown).toEqual({ value: value(number(who)), from: words[who] });
    else expect(['partition', 'account', 'time']).not.toContain(key);
  };
  await fc.assert(fc.asyncProperty(mixes, run), { numRuns: 500 });
}, 60_000);
