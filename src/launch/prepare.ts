/** Everything that is looked at before anything is taken. */
import { join } from 'node:path';
import type { Certificate } from '../certificate.js';
import { changesEnvironment, type EnvironmentPlan } from '../jupyter/environment-plan.js';
import { optionFamily, type Family } from '../jupyter/family.js';
import { probeJupyter, type JupyterFound, type ProbeResult } from '../jupyter/probe.js';
import {
  asItIs,
  resolveEnvironment,
  type ResolveContext,
  type ResolvedEnvironment,
} from '../jupyter/resolve.js';
import type { Server } from '../jupyter/server-choice.js';
import { chooseScheduler } from '../scheduler/choose.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import { readTemplate, shippedTemplatePath, type Template } from '../script/templates.js';
import { newSessionPlace, stateDirectory, type SessionPlace } from '../session/store.js';
import type { System } from '../site/system.js';
import { authority } from './authority.js';
import { check } from './checks.js';
import { chooseTemplate } from './templates/choose-template.js';
import type { LaunchContext } from './context.js';
import { notebookDirectory } from './directory.js';
import { planEnvironment } from './environment.js';
import { findSystem } from './find-system.js';
import { inAllocation, lookHere, type Here } from './here/here.js';
import { homeDirectory } from './home.js';
import { refuseOtherServer } from './profiles/locks.js';
import type { LaunchOptions } from './options.js';
import { prepareAhead } from './prepare-ahead.js';
import { withProfile } from './profiles/profile.js';
import { planRequest, type PlannedRequest } from './request.js';
import { systemWithoutScheduler, withoutScheduler } from './here/without-scheduler.js';

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
  /** The software that Jupyter runs in. */
  environment: ResolvedEnvironment;
  /** With --here, and where there is no scheduler: nothing is submitted. */
  here?: Here;
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
  // Asked first and needed last, because it takes longer than all the rest. In vain where the system names another
  // environment.
  const early = options.check && !namesEnvironment(options) ? probeJupyter(context.env, signal) : undefined;
  try {
    return await prepareWith({ ...context, signal }, options, early);
  } finally {
    over.abort();
  }
}

async function prepareWith(
  context: LaunchContext,
  asTyped: LaunchOptions,
  early: Promise<ProbeResult> | undefined,
): Promise<Prepared> {
  const { env, progress } = context;
  const home = homeDirectory(env);
  progress.doing('Finding out which system this is');
  const { system: found, why } = await findSystem(context, asTyped);
  progress.fact('System', `${found.name} (${why})`);
  if (found.values.retired) progress.warn(`${found.name} is retired: its entry is kept as an example.`);
  if (found.values.message) progress.say(found.values.message);
  const profiled = await withProfile(context, asTyped, found);
  const staysHere = asTyped.here || profiled.values.scheduler === 'local';
  const here = staysHere ? await lookHere(context, asTyped, profiled) : undefined;
  const inside = here ? undefined : inAllocation(env);
  if (inside !== undefined) progress.say(inside);
  const kind = here ? 'local' : profiled.values.scheduler;
  const system = here ? systemWithoutScheduler(profiled) : profiled;
  const options = here ? withoutScheduler(asTyped, here, system, context) : asTyped;

  const scheduler = await chooseScheduler(kind, { env });
  const chosen = await chooseTemplate(context, withProfileServer(options, system), system, [
    kind,
    found.values.scheduler,
  ]);
  refuseOtherServer(options, system, chosen);
  const { template: fixed } = chosen;
  const place = newSessionPlace(env, home, context.now(), (bytes) => context.random(bytes));
  const jobName = `jupyter-${place.id.split('-').at(-1) ?? place.id}`;
  const variables = scheduler.siteVariables();
  const planned = planRequest({
    options,
    system,
    variables: variables.values,
    template: fixed ? scheduler.ownDirectives(fixed.text) : {},
    schedulerMinutes: (text) => scheduler.minutes(text),
    jobName,
    directory: place.directory,
  });
  // What cannot be said to this scheduler is refused before anything is asked of it.
  scheduler.directives(planned.request, fixed?.text ?? '');
  const rootDir = await notebookDirectory(options.directory, home, context.cwd);
  const ca = await authority(context, options, system);
  const plan = planEnvironment(options, system, context.cwd);
  const changed = changesEnvironment(plan);
  const environment = changed
    ? await makeEnvironment(plan, context, options, { home, notebook: rootDir, session: place.directory })
    : asItIs(env);
  const probing = options.check
    ? ((changed ? undefined : early) ?? environment.probe(context.signal))
    : undefined;

  const asked = chosen.server ?? profileServer(system);
  const [{ server, jupyter }, certificate] = await Promise.all([
    check(context, { system, scheduler, planned, asked, environment, probing }),
    options.dryRun ? undefined : prepareAhead(context.now()),
  ]);
  const template = fixed ?? (await readTemplate(shippedTemplatePath(templates(context), kind, server)));
  return {
    ...{ system, why, scheduler, place, jobName, planned, template, server, rootDir, environment },
    ...(here ? { here } : {}),
    family: jupyter && (await optionFamily(jupyter, server, environment.env)),
    ...(jupyter ? { jupyter } : {}),
    ...(certificate ? { certificate } : {}),
    ...(ca === undefined ? {} : { ca }),
    siteVariables: variables.inForce,
  };
}

/** The interface that a profile asks for, when it was chosen by name or its site leaves no choice. */
function profileServer({ values, origins }: System): Server | undefined {
  return origins.server?.profile?.binding ? values.server : undefined;
}

/** A profile's server beats a template of the files; one that the person or the profile names may start its own. */
function withProfileServer(options: LaunchOptions, system: System): LaunchOptions {
  const server = options.server ?? profileServer(system);
  const template = options.batchScript ?? system.origins.template?.profile;
  return server === undefined || template !== undefined ? options : { ...options, server };
}

/** Whether a person asks for software of their own; systems and profiles may do so as well. */
function namesEnvironment({ modules, condaEnv, condaYml, image, profile }: LaunchOptions): boolean {
  return [modules, condaEnv, condaYml, image, profile].some((value) => value !== undefined);
}

/**
 * The software as the job will make it, made here. What lies among the conda environments that were built before is taken for
 * one of ours, and its scripts run: nobody else may be able to put anything there.
 */
export async function makeEnvironment(
  plan: EnvironmentPlan,
  context: LaunchContext,
  options: LaunchOptions,
  directories: ResolveContext['directories'],
): Promise<ResolvedEnvironment> {
  const resolving = resolveContext(context, options, directories);
  if (plan.conda?.kind === 'yml') {
    const { checkSafePlace } = await import('../session/examine.js');
    await checkSafePlace(resolving.condaFolder);
  }
  return await resolveEnvironment(plan, resolving);
}

function resolveContext(
  { env, packageFolder, signal, progress }: LaunchContext,
  { dryRun, check }: LaunchOptions,
  directories: ResolveContext['directories'],
): ResolveContext {
  return {
    ...{ env, packageFolder, directories, signal, check, dryRun },
    condaFolder: join(stateDirectory(env, directories.home), 'conda'),
    doing: (text) => progress.doing(text),
    warn: (text) => progress.warn(text),
  };
}

function templates(context: LaunchContext): string {
  return join(context.packageFolder, 'batch-templates');
}
