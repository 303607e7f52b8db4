/** Everything that is looked at before anything is taken. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { Certificate } from '../certificate.js';
import { StartJupyterError } from '../errors.js';
import { activeEnvironment } from '../jupyter/environment.js';
import { optionFamily, type Family } from '../jupyter/family.js';
import { findOnPath, probeJupyter, type JupyterFound, type ProbeResult } from '../jupyter/probe.js';
import { chooseServer, title, type Server } from '../jupyter/server-choice.js';
import { chooseScheduler } from '../scheduler/choose.js';
import { parseSlurmTime, parseTime } from '../scheduler/duration.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import { clusterName } from '../scheduler/slurm-cluster.js';
import { siteVariables } from '../scheduler/slurm-environment.js';
import { ownDirectives } from '../scheduler/template-directives.js';
import { templateServer } from '../script/check.js';
import { findTemplate, readTemplate, shippedTemplatePath, type Template } from '../script/templates.js';
import { newSessionPlace, type SessionPlace } from '../session/store.js';
import { detectSystem, type Detection } from '../site/detect.js';
import { configurationFiles, loadSystems } from '../site/load.js';
import type { System } from '../site/system.js';
import type { LaunchContext } from './context.js';
import { notebookDirectory } from './directory.js';
import { checkLimits } from './limits.js';
import { stopIfAborted } from './interrupted.js';
import type { LaunchOptions } from './options.js';
import { prepareAhead } from './prepare-ahead.js';
import { planRequest, type PlannedRequest } from './request.js';

/** A launch of which everything is known and nothing taken. */
export interface Prepared {
  system: System;
  /** Why this system, in words. */
  why: string;
  scheduler: Scheduler;
  place: SessionPlace;
  jobName: string;
  planned: PlannedRequest;
  template: Template;
  server: Server;
  rootDir: string;
  jupyter?: JupyterFound;
  /** How that Jupyter wants its options named. */
  family: Family;
  /** SBATCH_* of the site that are in force. */
  siteVariables: readonly string[];
  /** The session's own, made while the scheduler and Jupyter were asked. */
  certificate?: Certificate;
  /** PEM of the proxy's certificate authority. */
  ca?: string;
}

/** Throws what is wrong with options, system, template, directory, partition, walltime, Jupyter or conda. */
export async function prepare(context: LaunchContext, options: LaunchOptions): Promise<Prepared> {
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  // Asked first and needed last, because it takes longer than all the rest.
  const probing = options.check ? probeJupyter(context.env, signal) : undefined;
  // Its failure counts where it is awaited; what else is wrong may end this before.
  probing?.catch(() => undefined);
  try {
    return await prepareWith(context, options, probing);
  } finally {
    over.abort();
  }
}

async function prepareWith(
  context: LaunchContext,
  asTyped: LaunchOptions,
  probing: Promise<ProbeResult> | undefined,
): Promise<Prepared> {
  const { env, progress } = context;
  const home = homeDirectory(env);
  progress.doing('Finding out which system this is');
  const files = configurationFiles({ env, platform: context.platform, homeDirectory: home });
  const shippedFile = join(context.packageFolder, 'systems.yaml');
  const systems = await loadSystems({ shippedFile, files, minutes: parseTime });
  const { system, why } = await detect(context, asTyped, systems);
  progress.fact('System', `${system.name} (${why})`);
  if (system.values.message) progress.say(system.values.message);
  const options = system.values.scheduler === 'local' ? withoutScheduler(asTyped, progress) : asTyped;

  const scheduler = await chooseScheduler(system.values.scheduler, { env });
  const fixed = await fixedTemplate(context, options, system);
  const place = newSessionPlace(env, home, context.now(), (bytes) => context.random(bytes));
  const jobName = `jupyter-${place.id.split('-').at(-1) ?? place.id}`;
  const slurm = system.values.scheduler === 'slurm';
  const variables = slurm ? siteVariables(env) : { values: {}, inForce: [] };
  const planned = planRequest({
    options,
    system,
    variables: variables.values,
    template: fixed && slurm ? ownDirectives(fixed.text) : {},
    schedulerMinutes: parseSlurmTime,
    jobName,
    directory: place.directory,
  });
  // What cannot be said to this scheduler is refused before anything is asked of it.
  scheduler.directives(planned.request);
  const rootDir = await notebookDirectory(options.directory, home, context.cwd);
  const ca = await authority(context, options, system);

  const asked = options.server ?? (fixed && templateServer(fixed.text));
  const [{ server, jupyter }, certificate] = await Promise.all([
    check(context, { system, scheduler, planned, asked, probing }),
    options.dryRun ? undefined : prepareAhead(context.now()),
  ]);
  const template =
    fixed ?? (await readTemplate(shippedTemplatePath(templates(context), system.values.scheduler, server)));
  return {
    ...{ system, why, scheduler, place, jobName, planned, template, server, rootDir },
    family: jupyter && (await optionFamily(jupyter.versions, server, env)),
    ...(jupyter ? { jupyter } : {}),
    ...(certificate ? { certificate } : {}),
    ...(ca === undefined ? {} : { ca }),
    siteVariables: variables.inForce,
  };
}

async function detect(
  { env, signal }: LaunchContext,
  { system }: LaunchOptions,
  systems: readonly System[],
): Promise<Detection> {
  const full = hostname();
  const tools = await Promise.all(['sbatch', 'qsub'].map((name) => findOnPath(name, env['PATH'])));
  return detectSystem({
    ...(system ? { override: system.name, overrideFrom: system.from } : {}),
    shortName: full.split('.')[0] ?? full,
    fullName: full,
    clusterName: async () => {
      const name = await clusterName(env, signal);
      stopIfAborted(signal);
      return name;
    },
    schedulersOnPath: tools.filter((path) => path !== undefined),
    systems,
  });
}

function templates(context: LaunchContext): string {
  return join(context.packageFolder, 'batch-templates');
}

/** The template that somebody chose; undefined: the shipped one of the server that will be started. */
async function fixedTemplate(
  context: LaunchContext,
  options: LaunchOptions,
  system: System,
): Promise<Template | undefined> {
  const name = options.batchScript ?? (options.server === undefined ? system.values.template : undefined);
  if (name === undefined) return undefined;
  const search = {
    name,
    scheduler: system.values.scheduler,
    templatesFolder: templates(context),
    cwd: context.cwd,
  };
  return readTemplate(await findTemplate(search));
}

/** Options that speak to a scheduler mean nothing where there is none. */
const FOR_SCHEDULERS = [
  'partition',
  'account',
  'nodes',
  'cpus',
  'gpus',
  'memory',
  'gres',
  'qos',
  'constraint',
  'reservation',
] as const;

function withoutScheduler(options: LaunchOptions, progress: LaunchContext['progress']): LaunchOptions {
  const given: string[] = FOR_SCHEDULERS.filter((key) => options[key] !== undefined).map((key) =>
    options.from(key),
  );
  if (options.schedulerArguments.length > 0) given.push('--scheduler-arg');
  if (given.length > 0) progress.say(`Ignored, because there is no scheduler here: ${given.join(', ')}.`);
  const dropped: readonly string[] = FOR_SCHEDULERS;
  const kept = Object.entries(options).filter(([key]) => !dropped.includes(key));
  return { ...(Object.fromEntries(kept) as unknown as LaunchOptions), schedulerArguments: [] };
}

/** Everything is kept under it. */
function homeDirectory(env: NodeJS.ProcessEnv): string {
  const home = [env['HOME'], homedir()].find((path) => path !== undefined && isAbsolute(path));
  if (home !== undefined) return home;
  throw new StartJupyterError('bad-directory', 'Nobody says where your home directory is.', {
    hint: 'Set HOME to it: export HOME=/home/NAME.',
  });
}

async function authority(
  { cwd }: LaunchContext,
  options: LaunchOptions,
  system: System,
): Promise<string | undefined> {
  const named = options.ca ?? system.values.ca;
  if (named === undefined) return undefined;
  const file = resolve(cwd, named);
  const refuse = (why: string): never => {
    const code = options.ca === undefined ? 'bad-configuration' : 'bad-option';
    throw new StartJupyterError(code, `The certificate authority ${JSON.stringify(file)} ${why}.`, {
      hint: 'It is a PEM file, with a line "-----BEGIN CERTIFICATE-----".',
    });
  };
  const pem = await readFile(file, 'utf8').catch((error: unknown) =>
    refuse(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`),
  );
  return isCertificate(pem) ? pem : refuse('holds no certificate');
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

interface CheckFacts {
  system: System;
  scheduler: Scheduler;
  planned: PlannedRequest;
  /** By -s or by the template. */
  asked: Server | undefined;
  /** Undefined with `--no-check`. */
  probing: Promise<ProbeResult> | undefined;
}

/** Asks the scheduler while Jupyter is being asked. */
async function check(
  context: LaunchContext,
  { system, scheduler, planned, asked, probing }: CheckFacts,
): Promise<{ server: Server; jupyter?: JupyterFound }> {
  const { env, progress, signal } = context;
  const usual = system.values.server ?? 'notebook';
  if (probing === undefined) {
    checkLimits(planned, undefined, system.values.partitions);
    return { server: asked ?? usual };
  }
  progress.doing('Checking Jupyter and the scheduler');
  const [partitions, probe] = await Promise.all([scheduler.partitions(signal), probing]);
  // What was interrupted says that there is nothing.
  stopIfAborted(signal);
  if (partitions === undefined) {
    progress.warn('The scheduler does not say what partitions there are: going on without that check.');
  }
  checkLimits(planned, partitions, system.values.partitions);
  if (system.values.conda_required && !env['CONDA_PREFIX']) throw noConda(system);
  if ('missing' in probe) throw noJupyter(probe.missing);
  const { server, note } = chooseServer(asked, usual, probe.found);
  if (note) progress.say(note);
  const version = probe.found.versions[server] ?? '';
  progress.fact('Jupyter', `${title(server)} ${version} (${activeEnvironment(env) ?? probe.found.path})`);
  return { server, jupyter: probe.found };
}

function noJupyter(why: string): StartJupyterError {
  return new StartJupyterError('no-jupyter', why, {
    hint: [
      'Activate the environment that has it (conda activate NAME, module load NAME, source VENV/bin/activate),',
      'or install it: pip install --user jupyterlab notebook. Then try again.',
    ].join('\n'),
  });
}

function noConda(system: System): StartJupyterError {
  return new StartJupyterError('no-conda', `${system.name} wants an active conda environment, and none is.`, {
    hint: 'conda activate NAME. If "conda" is not found: module load anaconda (or miniconda), or run its "conda init" once.',
  });
}
