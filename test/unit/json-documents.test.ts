/** docs/json.md has the keys that the commands print, and no other. Each object is had from its command. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { fakeHost, outcomeOf } from './cli/host.js';
import { fakeCluster, type FakeCluster } from './launched/fake-cluster.js';
import { tlsServer } from './platform/tls-server.js';

type Printed = Record<string, unknown>;

const text = readFileSync(join(import.meta.dirname, '../../docs/json.md'), 'utf8');
/** By heading: each key, and whether it is always there. */
const documented = new Map(
  text.split(/^#+ /m).map((section) => {
    const [title = ''] = section.split('\n');
    const rows = [...section.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)];
    return [
      title.replaceAll('`', ''),
      new Map(rows.map(([, key = '', there = '']) => [key, there === 'always'])),
    ];
  }),
);
const keysOf = (title: string): Map<string, boolean> => documented.get(title) ?? new Map<string, boolean>();
const EVERYWHERE = [...keysOf('In every object').keys()];

/** Every object that was printed, by the heading that explains it. */
const printed = new Map<string, Printed[]>();

function note(title: string, ...objects: Printed[]): void {
  printed.set(title, [...(printed.get(title) ?? []), ...objects]);
}

let cluster: FakeCluster;
let env: NodeJS.ProcessEnv;

async function run(...args: string[]): Promise<Printed> {
  const { stdout, stderr } = await outcomeOf([...args, '--json'], fakeHost({ cwd: cluster.home, env }));
  const said = stdout === '' ? stderr : stdout;
  expect(said, args.join(' ')).toMatch(/^\{"version":1,.*\}\n$/);
  return JSON.parse(said) as Printed;
}

const list = (object: Printed, key: string): Printed[] => object[key] as Printed[];

afterEach(() => cluster.remove());

/** What needs no session. */
async function noteAtRest(): Promise<void> {
  configure('profiles: {astro: {time: 90}}');
  note('A launch, refused', await run('--nonsense'));
  note('error', list(await run('--nonsense'), 'error') as unknown as Printed);
  const dry = ['--system', 'expanse', '-A', 'x', '--dry-run', '--no-check', '-i'];
  note('--dry-run', await run(...dry));
  const templates = await run('templates');
  note('templates', templates);
  note('templates: each', ...list(templates, 'templates'));
  note('templates show', await run('templates', 'show', 'slurm/notebook'));
  note('templates copy', await run('templates', 'copy', 'slurm/notebook', 'mine'));
  note('templates check', await run('templates', 'check', 'mine'));
  const profiles = await run('profiles', '--system', 'hpc');
  note('profiles', profiles);
  note('profiles: each', ...list(profiles, 'profiles'));
  const doctor = await run('doctor', '--system', 'hpc');
  note('doctor', doctor);
  note('doctor: each finding', ...list(doctor, 'findings'));
}

async function noteLaunches(): Promise<void> {
  await cluster.replace('jupyter', 'echo "notebook : 7.6.0"');
  await cluster.replace('sinfo', 'echo "debug|30:00|up"');
  const name = 'amber-brook-cedar';
  const { port, ca } = await tlsServer((request, response) => {
    const reserved = {
      ...{ name, url: `https://${name}.test.localhost/`, expiresAt: 'x' },
      redeemSecret: 'a-secret-of-the-right-length-1234567890',
    };
    const status = request.method === 'POST' ? 201 : 200;
    response.writeHead(status, { 'start-jupyter-api': '1' }).end(JSON.stringify(reserved));
  });
  writeFileSync(join(cluster.home, '.config', 'start-jupyter', 'ca.pem'), ca);
  await submits();
  configure(`endpoint: test.localhost:${port}`, 'ca: ca.pem');
  note('A launch', await run('--system', 'hpc'));
  configure('connect: ssh', 'ssh_host: login.example.org');
  await submits({ way: 'address', port: 20_001, socket: '' });
  const bySsh = await run('--system', 'hpc');
  note('A launch', bySsh);
  note('connect', bySsh['connect'] as Printed);
  await cluster.remove();
  cluster = await fakeCluster();
  env = { ...cluster.env };
  mkdirSync(join(cluster.home, '.config', 'start-jupyter'), { recursive: true });
}

/** In each of the states. */
async function noteSessions(): Promise<void> {
  const session = async (args: Parameters<FakeCluster['add']>[0]): Promise<void> => {
    await cluster.add(args);
    const { lastLines, ...rest } = await run('status', args.jobId ?? '');
    note('A session', rest);
    if (lastLines !== undefined) note('status', { lastLines });
  };
  const ready = { 'ready.json': '{"node":"n1"}' };
  const name = { name: 'wise-apple-photo', url: 'https://wise-apple-photo.jupyter.example.org/' };
  await session({ jobId: '10', state: 'PENDING', record: { cluster: 'c1' } });
  await session({ jobId: '11', state: 'RUNNING' });
  await session({ jobId: '12', state: 'RUNNING', files: ready, record: name });
  await session({ jobId: '13', state: 'RUNNING', files: { ...ready, outcome: 'stopped: by itself\n' } });
  await session({ jobId: '14', end: { exitStatus: 3 } });
  const sessions = await run('list');
  note('list', sessions);
  note('A session', ...list(sessions, 'sessions'));
  note('url', await run('url', '12'));
  note('wait', await run('wait', '12'), await run('wait', '14', '--until', 'ended'));
  note('connect: the command', await run('connect', '12'));
  const stopped = await run('stop', '10', '11');
  note('stop', stopped);
  note('stop: each session', ...list(stopped, 'sessions'));
  const cleaned = await run('clean', '--all');
  note('clean', cleaned);
  note('clean: each that was removed', ...list(cleaned, 'removed'));
  await noteExtended();
}

/** Of the session that runs. Its end is later at once: without that it is waited for. */
async function noteExtended(): Promise<void> {
  const [hook, end] = [join(cluster.home, 'more-time'), join(cluster.home, 'end')];
  writeFileSync(end, 'N/A\n');
  await cluster.replace(
    'squeue',
    `IFS= read -r end <'${end}'\nprintf '12\\x1fRUNNING\\x1fNone\\x1fn1\\x1fN/A\\x1f%s\\x1fsj-12\\n' "$end"`,
  );
  writeFileSync(hook, `#!/bin/sh\necho 2040-01-01T00:00:00 >'${end}'\necho done\n`);
  await chmod(hook, 0o755);
  const file = join(cluster.home, 'site.yaml');
  writeFileSync(file, `systems:\n  hpc:\n    scheduler: slurm\n    hooks:\n      extend: ${hook}\n`);
  env = { ...env, START_JUPYTER_CONFIG: file };
  const extended = await run('extend', '30', '12');
  expect(extended).toMatchObject({ extended: true });
  note('extend', extended);
}

function configure(...lines: string[]): void {
  const all = ['scheduler: slurm', ...lines].map((line) => `    ${line}\n`).join('');
  writeFileSync(join(cluster.home, '.config', 'start-jupyter', 'systems.yaml'), `systems:\n  hpc:\n${all}`);
}

/** sbatch, whose job says at once where Jupyter is, if it does; and the queue with its name. */
async function submits(ready?: object): Promise<void> {
  const said = JSON.stringify({ node: 'n1', address: '10.0.0.1', pid: 1, ...ready });
  await cluster.replace(
    'sbatch',
    `for word; do case $word in */batch.sh) place=\${word%/batch.sh} ;; esac; done
while read -r key name; do [ "$key" = '"jobName":' ] && break; done <"$place/session.json"
name=\${name#\\"} name=\${name%\\",}
echo "$name" >'${cluster.home}/name'
${ready === undefined ? '' : `printf '%s' '${said}' >"$place/ready.json"`}
echo 4242`,
  );
  await cluster.replace(
    'squeue',
    `IFS= read -r name <'${cluster.home}/name'
printf '4242\\x1fRUNNING\\x1fNone\\x1fn1\\x1fN/A\\x1fN/A\\x1f%s\\n' "$name"`,
  );
}

/** The heading under which an object's keys are, where it is not that of the object. */
const UNDER: Record<string, string> = {
  'A launch, refused': 'An error',
  'connect: the command': 'connect (command)',
};

/** Keys that none of these objects has: how they come about is shown in the tests of their commands. */
const NOT_HERE: Record<string, readonly string[]> = {
  'A session': ['estimatedStart', 'endsAt', 'doubt', 'why', 'unsure', 'allocation'],
  'A launch': ['ca'],
  wait: ['doubt'],
  error: ['detail', 'warnings'],
};

it.skipIf(process.platform === 'win32')(
  'docs/json.md has every key that is printed, and no other',
  async () => {
    cluster = await fakeCluster();
    env = { ...cluster.env };
    mkdirSync(join(cluster.home, '.config', 'start-jupyter'), { recursive: true });
    await noteAtRest();
    await noteLaunches();
    await noteSessions();
    expect.soft(unsaid(), 'printed, and not in the document').toEqual([]);
    expect.soft(missing(), 'in the document as always there, and not printed').toEqual([]);
    expect.soft(never(), 'in the document, and never printed').toEqual([]);
    expect.soft(notLookedAt(), 'objects of the document that were not had here').toEqual([]);
  },
  120_000,
);

function unsaid(): string[] {
  return each((title, object) =>
    Object.keys(object).filter((key) => !EVERYWHERE.includes(key) && !keysOf(title).has(key)),
  );
}

function missing(): string[] {
  return each((title, object) =>
    [...keysOf(title)].filter(([key, always]) => always && !(key in object)).map(([key]) => key),
  );
}

function never(): string[] {
  return [...printed].flatMap(([heading, objects]) => {
    const title = titleOf(heading);
    const seen = objects.flatMap((object) => Object.keys(object));
    return [...keysOf(title).keys()]
      .filter((key) => !seen.includes(key) && !NOT_HERE[title]?.includes(key))
      .map((key) => `${title}: ${key}`);
  });
}

function notLookedAt(): string[] {
  const titles = [...documented].filter(([, keys]) => keys.size > 0).map(([title]) => title);
  const known = [...[...printed.keys()].map(titleOf), 'In every object'];
  return titles.filter((title) => !known.includes(title));
}

function titleOf(heading: string): string {
  return UNDER[heading] ?? heading;
}

/** `title: key` for each key that is found in an object. */
function each(find: (title: string, object: Printed) => string[]): string[] {
  const found = [...printed].flatMap(([heading, objects]) => {
    const title = titleOf(heading);
    return objects.flatMap((object) => find(title, object).map((key) => `${title}: ${key}`));
  });
  return [...new Set(found)];
}
