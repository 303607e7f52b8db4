/** Profiles as the files say them: laid over each other, with what only a site may say. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StartJupyterError } from '../../../src/errors.js';
import { parseTime } from '../../../src/scheduler/duration.js';
import { applyProfile } from '../../../src/site/apply-profile.js';
import { loadSystems, type ConfigurationFile } from '../../../src/site/load.js';
import { JOB_KEYS, PROFILE_KEYS, SYSTEM_KEYS } from '../../../src/site/schema.js';
import type { System } from '../../../src/site/system.js';

const packageFolder = resolve(import.meta.dirname, '../../..');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sj-profiles-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const HPC = 'systems: {hpc: {scheduler: slurm}}';

/** The system `hpc` of a site's file and a person's own, each the lines below its name. */
async function load(site: string, user = ''): Promise<System> {
  const below = (lines: string) =>
    lines === '' ? '' : `systems:\n  hpc:\n${lines.replace(/^/gm, '    ')}\n`;
  const texts = { shipped: HPC, site: below(site), user: below(user) };
  const files = Object.entries(texts).map(([layer, text]): ConfigurationFile => {
    const file = join(folder, `${layer}.yaml`);
    writeFileSync(file, text);
    return { layer: layer as ConfigurationFile['layer'], file, required: true };
  });
  const [shipped, ...rest] = files;
  const [hpc] = await loadSystems({ shippedFile: shipped!.file, files: rest, minutes: parseTime });
  return hpc!;
}

async function mistakes(site: string, user = ''): Promise<string[]> {
  const error = await load(site, user).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'bad-configuration' });
  return (error as StartJupyterError).message.replaceAll(join(folder, '/'), '').split('\n');
}

const ASTRO = `profiles:
  astro:
    partition: slims
    time: 1h30m
    memory: 4G
    locked: [partition, time]`;

describe('profiles', () => {
  it('have every key of a system that is about a job and its software, and some of their own', () => {
    const own = Object.keys(PROFILE_KEYS).filter((key) => !Object.hasOwn(JOB_KEYS, key));
    expect(own).toEqual(['description', 'locked', 'groups', 'users']);
    const ofSystemsAlone = Object.keys(SYSTEM_KEYS).filter((key) => !Object.hasOwn(PROFILE_KEYS, key));
    const policies = ['here_on_login_node', 'profile', 'profiles'];
    const place = ['hosts', 'clusters', 'endpoint', 'protocol', 'ca', 'node_suffix', 'scheduler'];
    const ssh = ['connect', 'ssh_host', 'ssh_ways'];
    const facts = [
      'as_of',
      'retired',
      'message',
      'account_required',
      'gpu_form',
      'partitions',
      'conda_required',
    ];
    expect(ofSystemsAlone.sort()).toEqual([...policies, ...place, ...ssh, ...facts, 'hooks'].sort());
  });

  it('and their keys are those that docs/configuration.md explains', () => {
    const docs = readFileSync(join(packageFolder, 'docs', 'configuration.md'), 'utf8');
    const section = docs.slice(docs.indexOf('\n## Profiles'));
    const table = [...section.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
    const [, list = ''] = /^It may have the keys of a system (.*)$/m.exec(section) ?? [];
    const listed = [...list.matchAll(/`(\w+)`/g)].map((match) => match[1]);
    expect([...listed, ...table].sort()).toEqual(Object.keys(PROFILE_KEYS).sort());
  });

  it('are absent where no file has any', async () => {
    expect(await load('time: 30')).not.toHaveProperty('profiles');
  });

  it('of all files are taken together by name and key, each value with its place', async () => {
    const user = 'profiles:\n  astro:\n    memory: 2G\n    account: mine\n  own: {cpus: 2}';
    const { profiles, values } = await load(ASTRO, user);
    expect([...(profiles?.keys() ?? [])]).toEqual(['astro', 'own']);
    expect(profiles?.get('astro')).toMatchObject({
      values: { partition: 'slims', time: 90, memory: '2G', account: 'mine' },
      locked: ['partition', 'time'],
      groups: [],
      users: [],
    });
    expect(profiles?.get('astro')?.origins).toMatchObject({
      partition: { layer: 'site', file: join(folder, 'site.yaml'), line: 5 },
      memory: { layer: 'user', file: join(folder, 'user.yaml'), line: 5 },
    });
    expect(values).not.toHaveProperty('profiles');
  });

  it('of a higher file leave out what brings other software', async () => {
    const site = 'profiles: {a: {image: /sw/a.sif, modules: [m]}, b: {image: /sw/b.sif}}';
    const { profiles } = await load(site, 'profiles: {a: {conda_env: mine}, b: {modules: [astro]}}');
    expect(profiles?.get('a')?.values).toEqual({ conda_env: 'mine', modules: ['m'] });
    expect(profiles?.get('b')?.values).toEqual({ modules: ['astro'] });
  });

  it('of the example for a site are right once they are no comments any more', async () => {
    const text = readFileSync(join(packageFolder, 'share', 'systems.example.yaml'), 'utf8');
    const block = text.slice(text.indexOf('    # profiles:'), text.indexOf('    # message:'));
    const lines = block.match(/^ {4}# (?:profile|  ).*$/gm)!.map((line) => line.replace(/^ {4}# /, ''));
    const { profiles, values } = await load(lines.join('\n'));
    expect([...(profiles?.keys() ?? [])]).toEqual(['astro', 'gpu']);
    expect(values.profile).toBe('gpu');
  });
});

describe('a mistake in a profile', () => {
  it.each([
    [
      'partitoin: a',
      'systems.hpc.profiles.astro.partitoin: there is no such key (did you mean "partition"?)',
    ],
    ['hosts: [a]', 'systems.hpc.profiles.astro.hosts: there is no such key'],
    ['cpus: 0', 'systems.hpc.profiles.astro.cpus is "0": expected a whole number, 1 or more'],
    ['time: 2:30', 'systems.hpc.profiles.astro.time is "2:30": expected a time as --time takes it'],
    ['account: "$(id)"', 'systems.hpc.profiles.astro.account is "$(id)": expected one word'],
    [
      'locked: [partitoin]',
      'systems.hpc.profiles.astro.locked: there is no key "partitoin" (did you mean "partition"?)',
    ],
    ['locked: [description]', 'systems.hpc.profiles.astro.locked: there is no key "description"'],
    ['locked: [[time]]', 'systems.hpc.profiles.astro.locked: there is no key like this'],
    ['locked: [qos]', 'systems.hpc.profiles.astro.locked has qos, but the profile does not say what it is'],
    ['groups: [a b]', 'systems.hpc.profiles.astro.groups is "a b": expected one name without blanks'],
    ['users:', 'systems.hpc.profiles.astro.users: expected one name without blanks'],
    [
      'conda_env: a\n    image: /b.sif',
      'systems.hpc.profiles.astro.image does not go together with conda_env: each of them brings the software',
    ],
  ])('%j is named with its file and line', async (line, expected) => {
    const [first, ...more] = await mistakes(`profiles:\n  astro:\n    ${line}`);
    expect(first).toMatch(new RegExp(`^site\\.yaml, line ${line.includes('image') ? 6 : 5}: `));
    expect(first).toContain(expected);
    expect(more).toEqual([]);
  });

  it('is a name that is none, or nothing at all', async () => {
    expect(await mistakes('profiles: {"a b": {}}')).toEqual([
      'site.yaml, line 3: systems.hpc.profiles: "a b" is no name: expected letters, digits, - _ .',
    ]);
    expect(await mistakes('profiles: astro')).toEqual([
      'site.yaml, line 3: systems.hpc.profiles is "astro": expected keys with values below it',
    ]);
  });

  it('is a default that is not there, whoever names it', async () => {
    const said = 'systems.hpc.profile is "astra": there is no such profile (did you mean "astro"?)';
    expect(await mistakes(`${ASTRO}\nprofile: astra`)).toEqual([`site.yaml, line 9: ${said}`]);
    expect(await mistakes(`${ASTRO}\nprofile: astro`, 'profile: astra')).toEqual([
      `user.yaml, line 3: ${said}`,
    ]);
    expect(await mistakes('profile: constructor')).toEqual([
      'site.yaml, line 3: systems.hpc.profile is "constructor": there is no such profile',
    ]);
  });

  it('is a default of the site that only a person’s own file has not', async () => {
    expect((await load(`${ASTRO}\nprofile: own`, 'profiles: {own: {cpus: 2}}')).values.profile).toBe('own');
  });
});

describe('a person’s own file', () => {
  it.each([
    ['profiles: {own: {cpus: 1, locked: [cpus]}}', 'systems.hpc.profiles.own.locked'],
    ['profiles: {own: {groups: [a]}}', 'systems.hpc.profiles.own.groups'],
    ['profiles: {astro: {users: [me]}}', 'systems.hpc.profiles.astro.users'],
    ['here_on_login_node: true', 'systems.hpc.here_on_login_node'],
  ])('does not say %j', async (line, key) => {
    expect(await mistakes(ASTRO, line)).toEqual([
      `user.yaml, line 3: ${key}: only the site’s configuration may say this, not your own`,
    ]);
  });

  it('does not change what the site has locked', async () => {
    expect(await mistakes(ASTRO, 'profiles:\n  astro:\n    cpus: 2\n    time: 30')).toEqual([
      'user.yaml, line 6: systems.hpc.profiles.astro.time cannot be changed here: your site has locked time in this profile (a profile of your own needs another name)',
    ]);
  });

  it('does not name other software beside what the site has locked', async () => {
    const site = 'profiles: {astro: {image: /sw/a.sif, locked: image}}';
    for (const line of ['conda_env: mine', 'modules: [mine]']) {
      const [message] = await mistakes(site, `profiles: {astro: {${line}}}`);
      expect(message).toContain(
        `profiles.astro.${line.split(':')[0]} cannot stand here beside image: your site has locked image`,
      );
    }
  });

  it('may change the rest', async () => {
    const { profiles } = await load(ASTRO, 'profiles: {astro: {memory: 8G, description: mine}}');
    expect(profiles?.get('astro')).toMatchObject({ description: 'mine', values: { memory: '8G' } });
  });
});

describe('a system with a profile laid over it', () => {
  const laid = async (site: string, user: string, chosenByName: boolean) => {
    const system = await load(site, user);
    return applyProfile(system, system.profiles!.get('p')!, chosenByName);
  };

  it('runs the profile’s software and no other', async () => {
    const system = 'image: /sw/usual.sif\nmodules: [usual]\nbinds: [/scratch]\n';
    const conda = await laid(`${system}profiles: {p: {conda_env: astro}}`, '', true);
    expect(conda.values).toMatchObject({ conda_env: 'astro', modules: ['usual'], binds: ['/scratch'] });
    expect(conda.values).not.toHaveProperty('image');
    expect(conda.origins).not.toHaveProperty('image');
    const modules = await laid(`${system}profiles: {p: {modules: [astro]}}`, '', true);
    expect(modules.values).toMatchObject({ modules: ['astro'] });
    expect(modules.values).not.toHaveProperty('image');
  });

  it('keeps to a person’s own software where the profile is only the site’s default', async () => {
    const site = 'profile: p\nprofiles: {p: {conda_env: astro, modules: [m]}}';
    const kept = await laid(site, 'image: /home/me/mine.sif', false);
    expect(kept.values).toMatchObject({ image: '/home/me/mine.sif' });
    expect(kept.values).not.toHaveProperty('conda_env');
    expect(kept.values).not.toHaveProperty('modules');
    const locked = 'profile: p\nprofiles: {p: {conda_env: astro, locked: [conda_env]}}';
    const bound = await laid(locked, 'image: /home/me/mine.sif', false);
    expect(bound.values).toMatchObject({ conda_env: 'astro' });
    expect(bound.values).not.toHaveProperty('image');
  });

  it('leaves the system itself as it was', async () => {
    const system = await load('time: 30\nprofiles: {p: {time: 60}}');
    applyProfile(system, system.profiles!.get('p')!, true);
    expect(system.values.time).toBe(30);
    expect(system.origins.time).not.toHaveProperty('profile');
  });
});

it('two keys of a system that each bring the software do not stand in one file', async () => {
  expect(await mistakes('image: /a.sif\nconda_yml: ./e.yml')).toEqual([
    'site.yaml, line 4: systems.hpc.conda_yml does not go together with image: each of them brings the software',
  ]);
  const { values } = await load('image: /a.sif', 'conda_env: mine');
  expect(values).toMatchObject({ conda_env: 'mine' });
  expect(values).not.toHaveProperty('image');
});
