import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StartJupyterError } from '../../../src/errors.js';
import type { LayerName } from '../../../src/site/origin.js';
import { configurationFiles, loadSystems, type ConfigurationFile } from '../../../src/site/load.js';
import { SYSTEM_KEYS } from '../../../src/site/schema.js';
import type { System } from '../../../src/site/system.js';

const packageFolder = resolve(import.meta.dirname, '../../..');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sj-site-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function minutes(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${text} is not a time`);
  return Number(text);
}

const place = (name: string) => join(folder, name);

/** Writes each text as a layer of its own, lowest first, and loads them over the first. */
async function load(...texts: [string, ...string[]]): Promise<System[]> {
  const layers: LayerName[] = ['shipped', 'site', 'site', 'user'];
  const files = texts.map((text, index): ConfigurationFile => {
    const file = place(`${index}.yaml`);
    writeFileSync(file, text);
    return { layer: layers[index] ?? 'user', file, required: false };
  });
  return loadSystems({ shippedFile: place('0.yaml'), files: files.slice(1), minutes });
}

async function mistakes(...texts: [string, ...string[]]): Promise<string> {
  const error = await load(...texts).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'bad-configuration' });
  return (error as StartJupyterError).message.replaceAll(`${folder}/`, '').replaceAll(`${folder}\\`, '');
}

describe('what we ship', () => {
  const shipped = () => loadSystems({ shippedFile: join(packageFolder, 'systems.yaml'), files: [], minutes });

  it('is Expanse, Comet, TSCC, Stratus and this machine', async () => {
    const systems = await shipped();
    expect(systems.map(({ name }) => name)).toEqual(['expanse', 'comet', 'tscc', 'stratus', 'local']);
    for (const { name, values } of systems) {
      if (name === 'local') expect(values).not.toHaveProperty('endpoint');
      else expect(values.as_of).toMatch(/^20\d\d-20\d\d$/);
    }
  });

  it('says of Expanse what was documented', async () => {
    const [expanse] = await shipped();
    expect(expanse?.values).toMatchObject({
      hosts: ['login[0-9]+', 'login[0-9]+\\.expanse\\.sdsc\\.edu'],
      scheduler: 'slurm',
      endpoint: 'expanse-user-content.sdsc.edu',
      partition: 'compute',
      account_required: true,
      gpu_form: 'gpus',
      node_suffix: '.eth.cluster',
      partitions: { debug: { max_time: 30 } },
      retired: false,
      protocol: 'auto',
    });
  });

  it('has every key explained in docs/configuration.md, and no other', () => {
    const docs = readFileSync(join(packageFolder, 'docs', 'configuration.md'), 'utf8');
    const table = docs.slice(docs.indexOf('## The keys'), docs.indexOf('## Which system'));
    const explained = [...table.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
    expect(explained.sort()).toEqual(Object.keys(SYSTEM_KEYS).sort());
  });

  it('loads the example for an unknown site as it is', async () => {
    const file = join(packageFolder, 'share', 'systems.example.yaml');
    const files: ConfigurationFile[] = [{ layer: 'site', file, required: true }];
    const systems = await loadSystems({ shippedFile: join(packageFolder, 'systems.yaml'), files, minutes });
    expect(systems[0]).toMatchObject({ name: 'mycluster', values: { scheduler: 'slurm' } });
  });
});

describe('the layers', () => {
  const SHIPPED = `systems:
  one:
    hosts: [login1]
    scheduler: slurm
    partition: compute
    time: 30
    partitions: {debug: {max_time: 30, description: short}, big: {max_time: 99}}
  two:
    hosts: login.*
    scheduler: torque
`;

  it('are laid over each other key by key, partitions by their names and keys', async () => {
    const [one] = await load(
      SHIPPED,
      'systems:\n  one:\n    partition: shared\n    account: "0123"\n',
      '',
      'systems: {one: {account: mine, partitions: {debug: {max_time: 15}, gpu: {max_time: 5}}}}',
    );
    expect(one?.values).toMatchObject({ hosts: ['login1'], partition: 'shared', account: 'mine', time: 30 });
    expect(one?.values.partitions).toEqual({
      debug: { max_time: 15, description: 'short' },
      big: { max_time: 99 },
      gpu: { max_time: 5 },
    });
  });

  it('are remembered for each value', async () => {
    const [one] = await load(
      SHIPPED,
      'systems:\n  one:\n    partition: shared\n',
      '',
      'systems: {one: {account: a}}',
    );
    expect(one?.origins).toMatchObject({
      time: { layer: 'shipped', file: place('0.yaml'), line: 6 },
      partition: { layer: 'site', file: place('1.yaml'), line: 3 },
      account: { layer: 'user', file: place('3.yaml'), line: 1 },
    });
    expect(one?.origins.protocol).toBeUndefined();
  });

  it('put first the systems whose hosts stand in the highest one', async () => {
    const systems = await load(
      SHIPPED,
      'systems: {three: {hosts: login1, scheduler: slurm}, four: {hosts: x, scheduler: slurm}}',
      '',
      'systems: {two: {account: a}, one: {account: b}}',
    );
    expect(systems.map(({ name }) => name)).toEqual(['three', 'four', 'one', 'two']);
  });

  it('may be missing or empty, unless somebody named the file', async () => {
    writeFileSync(place('0.yaml'), SHIPPED);
    writeFileSync(place('empty.yaml'), '# nothing yet\n');
    const files = ['no/such/file', '0.yaml/below', 'empty.yaml'].map((name): ConfigurationFile => {
      return { layer: 'user', file: place(name), required: false };
    });
    expect(await loadSystems({ shippedFile: place('0.yaml'), files, minutes })).toHaveLength(2);
    const named: ConfigurationFile = { layer: 'site', file: place('no/such/file'), required: true };
    await expect(loadSystems({ shippedFile: place('0.yaml'), files: [named], minutes })).rejects.toThrow(
      `${named.file}: cannot be read (ENOENT)`,
    );
    await expect(
      loadSystems({ shippedFile: place('0.yaml'), files: [named], minutes }),
    ).rejects.toMatchObject({
      hint: `Every key is explained in ${place(join('docs', 'configuration.md'))}`,
    });
  });

  it('are not passed over when they cannot be read', async () => {
    mkdirSync(place('directory'));
    writeFileSync(place('0.yaml'), SHIPPED);
    const files: ConfigurationFile[] = [{ layer: 'site', file: place('directory'), required: false }];
    await expect(loadSystems({ shippedFile: place('0.yaml'), files, minutes })).rejects.toThrow(
      /cannot be read/,
    );
  });

  it('take relative files from their own folder, and leave shipped templates alone', async () => {
    const [own, shipped] = await load(
      'systems:\n  a: {scheduler: slurm, ca: pki/ca.pem, template: ./my.sh}\n  b: {scheduler: slurm, template: slurm/jupyterlab.sh}',
    );
    expect(own?.values).toMatchObject({ ca: place(join('pki', 'ca.pem')), template: place('my.sh') });
    expect(shipped?.values.template).toBe('slurm/jupyterlab.sh');
  });

  it.each(['job', 'job.sh', 'slurm/job.sh', 'my job.sh'])(
    'leave the template %s to be found by its name',
    async (name) => {
      const [own] = await load(`systems: {a: {scheduler: slurm, template: ${name}}}`);
      expect(own?.values.template).toBe(name);
    },
  );

  it('take a template from another folder from there as well', async () => {
    const [own] = await load('systems: {a: {scheduler: slurm, template: my/job.sh}}');
    expect(own?.values.template).toBe(place(join('my', 'job.sh')));
  });
});

describe('a mistake', () => {
  const system = (line: string) => `systems:\n  one:\n    scheduler: slurm\n    ${line}\n`;

  it.each([
    ['schedular: slurm', 'systems.one.schedular: there is no such key (did you mean "scheduler"?)'],
    ['colour: red', 'systems.one.colour: there is no such key'],
    ['constructor: x', 'systems.one.constructor: there is no such key'],
    ['retired: yes', 'systems.one.retired is "yes": expected true or false'],
    [
      'protocol: clasic',
      'systems.one.protocol is "clasic": expected auto, v1 or classic (did you mean "classic"?)',
    ],
    ['cpus: 0', 'systems.one.cpus is "0": expected a whole number, 1 or more'],
    ['cpus: 1.5', 'systems.one.cpus is "1.5": expected a whole number'],
    ['gpus: -1', 'systems.one.gpus is "-1": expected a whole number, 0 or more'],
    ['time: 2:30', 'systems.one.time is "2:30": expected a time as --time takes it (2:30 is not a time)'],
    [
      'idle_timeout: 2:30',
      'systems.one.idle_timeout is "2:30": expected none, or a time as --time takes it (2:30 is not a time)',
    ],
    [
      'partitions: {debug: {max_time: soon}}',
      'systems.one.partitions.debug.max_time is "soon": expected a time',
    ],
    [
      'partitions: {debug: {maxtime: 3}}',
      'systems.one.partitions.debug.maxtime: there is no such key (did you',
    ],
    ['partitions: debug', 'systems.one.partitions is "debug": expected keys with values below it'],
    ['partitions: {"a b": {max_time: 3}}', 'systems.one.partitions: "a b" is no name: expected letters'],
    ['hosts: "login("', 'systems.one.hosts is "login(": expected a regular expression'],
    ['hosts: "a)(b"', 'systems.one.hosts is "a)(b": expected a regular expression'],
    ['endpoint: https://x.org', 'systems.one.endpoint is "https://x.org": expected DOMAIN or DOMAIN:PORT'],
    ['endpoint: x.org:65536', 'systems.one.endpoint is "x.org:65536": expected'],
    ['endpoint: manage.x.org', 'systems.one.endpoint is "manage.x.org": expected'],
    ['node_suffix: cluster', 'systems.one.node_suffix is "cluster": expected the end of a host name'],
    ['partition: "a b"', 'systems.one.partition is "a b": expected one word'],
    ['account: "$(id)"', 'systems.one.account is "$(id)": expected one word'],
    ['account:', 'systems.one.account: expected one word'],
    ['memory: {}', 'systems.one.memory: expected a size'],
    ['account: [a, b]', 'systems.one.account: expected one word'],
    ['memory: lots', 'systems.one.memory is "lots": expected a size such as 4G'],
    ['ca: ~/ca.pem', 'systems.one.ca is "~/ca.pem": expected a path in full'],
    ['scheduler: pbs', 'this key stands twice in the same place'],
    ['cpus: &n 4\n    nodes: *n', 'aliases (*name) are not understood here'],
    ['? [a, b]\n    : c', 'a key has to be a plain word'],
  ])('%j is named with its file and line', async (line, expected) => {
    const message = await mistakes(system(line));
    expect(message).toMatch(/^0\.yaml, line [45]: /);
    expect(message).toContain(expected);
  });

  it('in the YAML itself is named with its line', async () => {
    expect(await mistakes('systems:\n  one:\n    hosts: [a\n  two: {}\n')).toMatch(
      /0\.yaml, line \d: this is no YAML: /,
    );
    expect(await mistakes('systems:\n\tone: {}\n')).toMatch(/line 2: this is no YAML/);
  });

  it('at the top is named', async () => {
    expect(await mistakes('system: {}')).toBe(
      '0.yaml, line 1: system: there is no such key (did you mean "systems"?)',
    );
    expect(await mistakes('- a')).toBe('0.yaml, line 1: the file: expected keys with values below it');
  });

  it('is shown together with all others, of every file', async () => {
    const message = await mistakes(system('cpus: x\n    nodes: y'), system('retired: maybe'));
    expect(message.split('\n')).toEqual([
      '3 mistakes:',
      '0.yaml, line 4: systems.one.cpus is "x": expected a whole number, 1 or more',
      '0.yaml, line 5: systems.one.nodes is "y": expected a whole number, 1 or more',
      '1.yaml, line 4: systems.one.retired is "maybe": expected true or false',
    ]);
  });

  it('is a system without a scheduler in any file', async () => {
    expect(await mistakes('systems: {one: {scheduler: slurm}}', 'systems:\n  on:\n    account: a\n')).toBe(
      '1.yaml, line 3: systems.on has no scheduler in any file: expected slurm, torque, pbs or local (did you mean "one"?)',
    );
    expect(await mistakes('systems: {one: {}}')).toContain('systems.one has no scheduler in any file');
  });
});

describe('configurationFiles', () => {
  const home = resolve('/home/ann');
  const files = (env: NodeJS.ProcessEnv, platform: NodeJS.Platform = 'linux') =>
    configurationFiles({ env, platform, homeDirectory: home }).map(({ layer, file }) => [layer, file]);
  const usual = join(home, '.config', 'start-jupyter', 'systems.yaml');

  it('are the site’s and the user’s', () => {
    expect(files({})).toEqual([
      ['site', '/etc/start-jupyter/systems.yaml'],
      ['user', usual],
    ]);
  });

  it('has between them the one that a module file names', () => {
    const named = resolve('/sw/sj.yaml');
    expect(files({ START_JUPYTER_CONFIG: named })[1]).toEqual(['site', named]);
    expect(files({ START_JUPYTER_CONFIG: '' })).toHaveLength(2);
  });

  it('follows XDG_CONFIG_HOME if it is absolute', () => {
    const config = resolve('/conf');
    expect(files({ XDG_CONFIG_HOME: config }).at(-1)?.[1]).toBe(
      join(config, 'start-jupyter', 'systems.yaml'),
    );
    expect(files({ XDG_CONFIG_HOME: 'conf' }).at(-1)?.[1]).toBe(usual);
    expect(dirname(usual)).toContain('start-jupyter');
  });

  it('looks into no /etc on Windows', () => {
    expect(files({}, 'win32')).toEqual([['user', usual]]);
  });
});
