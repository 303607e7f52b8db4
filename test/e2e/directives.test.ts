/** Which of several wishes a job gets, by what the real Slurm says of it. Every job is held: none starts. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeOnBed, theBed } from './bed/bed.js';
import { forgetSessions, launchAs, sessionOfJob, type Launch, type LaunchAs } from './bed/launches.js';
import { startProxy, type Proxy } from './bed/proxy.js';
import { clearJobsOf, showJob } from './bed/slurm.js';
import { user } from './bed/users.js';

/** Names that others use as well stand for themselves; `cpus` is absent where a layer has no way to say it. */
interface Wish {
  partition: string;
  minutes: number;
  account: string;
  cpus?: number;
  memory: string;
  gres: string;
  constraint: string;
}

/** From the highest layer to the lowest; no two that stand beside each other agree in anything. */
const WISHES = {
  'the command line': wish('debug,compute', 1),
  'START_JUPYTER_*': wish('debug', 2),
  'the template': wish('compute', 3),
  'the user’s configuration': wish('debug,compute', 4),
  'the site’s SBATCH_*': { ...wish('debug', 5), cpus: undefined, gres: 'gpu:1' },
  'the site’s configuration': { ...wish('compute,debug', 6), gres: 'gpu:2', constraint: 'f1' },
} satisfies Record<string, Wish>;

type Layer = keyof typeof WISHES;
const LAYERS = Object.keys(WISHES) as Layer[];

function wish(partition: string, mark: number): Wish {
  const [minutes, account, memory] = [10 + mark, `account${mark}`, `${100 + mark}M`];
  return { partition, minutes, account, cpus: mark, memory, gres: `gpu:${mark}`, constraint: `f${mark}` };
}

describeOnBed('the precedence of directives', () => {
  let proxy: Proxy;
  let folder: string;
  const erin = () => user(theBed().users.erin);

  beforeAll(async () => {
    proxy = await startProxy();
    folder = mkdtempSync('/var/tmp/start-jupyter-directives-');
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'template.sh'), template(WISHES['the template']));
    mkdirSync(join(folder, 'start-jupyter'));
    const own = `systems:\n  expanse:\n${yaml(WISHES['the user’s configuration'])}`;
    writeFileSync(join(folder, 'start-jupyter/systems.yaml'), own);
  });

  afterEach(async () => {
    await clearJobsOf(erin().name);
    forgetSessions(erin());
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await proxy.stop();
  });

  /** Launches a held job of the shipped system Expanse, which the site has told about this host and proxy. */
  async function held(args: string[], site = '', env: NodeJS.ProcessEnv = {}): Promise<Launch> {
    const file = join(folder, 'site.yaml');
    const here = ["hosts: ['.*']", `endpoint: ${proxy.endpoint}`, `ca: ${proxy.caFile}`];
    const entry = [...here, 'account_required: false'].map((line) => `    ${line}\n`).join('');
    writeFileSync(file, `systems:\n  expanse:\n${entry}${site}`);
    const options: LaunchAs = { user: erin(), env: { START_JUPYTER_CONFIG: file, ...env } };
    const launch = await launchAs(proxy, ['--json', '--scheduler-arg=--hold', ...args], options);
    expect(launch).toMatchObject({ stderr: '', exitCode: 0 });
    return launch;
  }

  /** A launch in which these layers speak, and no others. */
  async function launchWith(layers: readonly Layer[]): Promise<Launch> {
    const speaks = (layer: Layer) => layers.includes(layer);
    const args = [
      ...(speaks('the command line') ? options(WISHES['the command line']) : []),
      ...(speaks('the template') ? ['-b', join(folder, 'template.sh')] : []),
    ];
    const site = speaks('the site’s configuration') ? yaml(WISHES['the site’s configuration']) : '';
    return held(args, site, {
      ...(speaks('START_JUPYTER_*') ? variables(WISHES['START_JUPYTER_*']) : {}),
      ...(speaks('the user’s configuration') ? { XDG_CONFIG_HOME: folder } : {}),
      ...(speaks('the site’s SBATCH_*') ? slurmVariables(WISHES['the site’s SBATCH_*']) : {}),
    });
  }

  test.each(LAYERS)('%s beats everything below it', async (layer) => {
    const layers = LAYERS.slice(LAYERS.indexOf(layer));
    const { jobId } = await launchWith(layers);
    // Slurm has no variable for the number of CPUs: the layer below speaks.
    const cpus = WISHES[layer].cpus ?? WISHES['the site’s configuration'].cpus;
    expect(granted(await showJob(jobId))).toEqual({ ...WISHES[layer], cpus });
  });

  test('where nobody says anything the shipped system and Slurm decide', async () => {
    const job = await showJob((await held([])).jobId);
    expect(granted(job)).toMatchObject({ partition: 'compute', minutes: 30, account: '(null)', cpus: 1 });
    expect(job?.get('Features')).toBe('(null)');
    expect(job?.has('TresPerNode')).toBe(false);
  });

  test('what the scheduler is told directly beats everything, and arrives as it was typed', async () => {
    const comment = 'two  words, $(id) `id` "q" \'s\' \\ ;&|';
    const direct = ['--scheduler-arg=--time=7', '--scheduler-arg', `--comment=${comment}`];
    const job = await showJob((await held(['-t', '20', ...direct])).jobId);
    expect(granted(job)?.minutes).toBe(7);
    expect(job?.get('Comment')).toBe(comment);
  });

  test('GPUs are asked for in the form that the system wants', async () => {
    const plain = await showJob((await held(['-g', '2'])).jobId);
    expect([plain?.get('TresPerJob'), plain?.get('TresPerNode')]).toEqual(['gres:gpu:2', undefined]);
    const generic = await showJob((await held(['-g', '2'], '    gpu_form: gres\n')).jobId);
    expect([generic?.get('TresPerJob'), generic?.get('TresPerNode')]).toEqual([undefined, 'gres:gpu:2']);
  });

  test('neither a template nor the site’s variables take away what a session rests on', async () => {
    const file = join(folder, 'breaking.sh');
    const lines = [
      'job-name=mine',
      `output=${folder}/mine.log`,
      'requeue',
      'chdir=/tmp',
      'open-mode=truncate',
    ];
    writeFileSync(file, templateOf(lines.map((line) => `#SBATCH --${line}`)));
    const breaking = { SBATCH_JOB_NAME: 'site', SBATCH_OUTPUT: '/tmp/site.log', SBATCH_REQUEUE: '1' };
    const outer = { SLURM_JOB_ID: '1', SLURM_NTASKS: '7', SLURM_CPUS_PER_TASK: '7', SLURM_MEM_PER_NODE: '7' };
    const { jobId } = await held(['-b', file], '', { ...breaking, ...outer, SBATCH_ARRAY_INX: '0-3' });
    const directory = sessionOfJob(erin(), jobId);
    const job = await showJob(jobId);
    expect(job?.get('JobName')).toMatch(/^jupyter-/);
    expect(job?.get('StdOut')).toBe(join(directory, 'job.log'));
    expect(job?.get('StdErr')).toBe(join(directory, 'job.log'));
    expect(job?.get('WorkDir')).toBe(directory);
    expect(job?.get('Requeue')).toBe('0');
    expect([job?.get('NumCPUs'), job?.has('ArrayJobId')]).toEqual(['1', false]);
  });
});

/** What Slurm says the job will get. */
function granted(job: Map<string, string> | undefined): Wish | undefined {
  if (job === undefined) return undefined;
  const said = (key: string) => job.get(key) ?? '';
  const [hours = 0, minutes = 0] = said('TimeLimit').split(':').map(Number);
  return {
    partition: said('Partition'),
    minutes: 60 * hours + minutes,
    account: said('Account'),
    cpus: Number(said('CPUs/Task')),
    memory: said('MinMemoryNode'),
    gres: said('TresPerNode').replace(/^gres:/, ''),
    constraint: said('Features'),
  };
}

function options({ partition, minutes, account, cpus, memory, gres, constraint }: Wish): string[] {
  const resources = ['-c', String(cpus), '-m', memory, '--gres', gres, '--constraint', constraint];
  return ['-p', partition, '-A', account, ...resources, String(minutes)];
}

function variables({ minutes, ...wishes }: Wish): NodeJS.ProcessEnv {
  const named = Object.entries({ time: minutes, ...wishes }).map(([key, value]) => [
    key.toUpperCase(),
    value,
  ]);
  return Object.fromEntries(named.map(([key, value]) => [`START_JUPYTER_${key}`, String(value)]));
}

function slurmVariables({ partition, minutes, account, memory, gres, constraint }: Wish): NodeJS.ProcessEnv {
  return {
    SBATCH_PARTITION: partition,
    // As Slurm reads it: minutes and seconds.
    SBATCH_TIMELIMIT: `${minutes}:00`,
    SBATCH_ACCOUNT: account,
    SBATCH_MEM_PER_NODE: memory,
    SBATCH_GRES: gres,
    SBATCH_CONSTRAINT: constraint,
  };
}

/** Lines of a system in systems.yaml. */
function yaml({ minutes, ...wishes }: Wish): string {
  const lines = Object.entries({ time: minutes, ...wishes });
  return lines.map(([key, value]) => `    ${key}: '${value}'\n`).join('');
}

/** In the spellings that sbatch takes. */
function template({ partition, minutes, account, cpus, memory, gres, constraint }: Wish): string {
  return templateOf([
    `#SBATCH -p ${partition} -A${account}`,
    `#SBATCH --time=0:${minutes}:00 --mem ${memory}`,
    `#SBATCH --cpus-per-task=${cpus} # as many as there are`,
    `#SBATCH --gres=${gres}`,
    `#SBATCH -C "${constraint}"`,
  ]);
}

function templateOf(directives: string[]): string {
  const values = ['session_dir={{session_dir}}', 'server={{server}}', 'source "$session_dir/run.sh"'];
  return ['#!/bin/bash', ...directives, ...values, ''].join('\n');
}
