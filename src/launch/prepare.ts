/** Everything that is looked at before anything is taken. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Certificate } from '../certificate.js';
import { StartJupyterError } from '../errors.js';
import { optionFamily, type Family } from '../jupyter/family.js';
import { findOnPath, probeJupyter, type JupyterFound, type ProbeResult } from '../jupyter/probe.js';
import type { Server } from '../jupyter/server-choice.js';
import { fullHostName } from '../platform/host-name.js';
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
import { authority } from './authority.js';
import { check } from './checks.js';
import type { LaunchContext } from './context.js';
import { notebookDirectory } from './directory.js';
import { stopIfAborted } from './interrupted.js';
import type { LaunchOptions } from './options.js';
import { prepareAhead } from './prepare-ahead.js';
import { planRequest, type PlannedRequest } from './request.js';
import { withoutScheduler } from './without-scheduler.js';

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
  const named = asTyped.system ? undefined : fullHostName(env, context.signal);
  const systems = await loadSystems({ shippedFile, files, minutes: parseTime });
  const { system, why } = await detect(context, asTyped, systems, (await named) ?? '');
  progress.fact('System', `${system.name} (${why})`);
  if (system.values.retired) progress.warn(`${system.name} is retired: its entry is kept as an example.`);
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
    family: jupyter && (await optionFamily(jupyter, server, env)),
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
  full: string,
): Promise<Detection> {
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
    ...(options.batchScript === undefined ? {} : { cwd: context.cwd }),
  };
  return readTemplate(await findTemplate(search));
}

/** Everything is kept under it. */
function homeDirectory(env: NodeJS.ProcessEnv): string {
  const home = [env['HOME'], homedir()].find((path) => path !== undefined && isAbsolute(path));
  if (home !== undefined) return home;
  throw new StartJupyterError('bad-directory', 'Nobody says where your home directory is.', {
    hint: 'Set HOME to it: export HOME=/home/NAME.',
  });
}
