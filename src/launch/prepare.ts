/** Everything that is looked at before anything is taken. */
import { join } from 'node:path';
import type { Certificate } from '../certificate.js';
import { optionFamily, type Family } from '../jupyter/family.js';
import { probeJupyter, type JupyterFound, type ProbeResult } from '../jupyter/probe.js';
import type { ResolvedEnvironment } from '../jupyter/resolve.js';
import type { Server } from '../script/call.js';
import { fullHostName } from '../platform/host-name.js';
import { chooseScheduler } from '../scheduler/choose.js';
import type { Scheduler } from '../scheduler/scheduler.js';
import { readTemplate, shippedTemplatePath, type Template } from '../script/templates.js';
import { newSessionPlace, type SessionPlace } from '../session/store.js';
import type { Detection } from '../site/detect.js';
import type { System } from '../site/system.js';
import { because, FINDING_OUT_SYSTEM, systemRetired } from '../words/launch.js';
import { authority } from './authority.js';
import { check } from './checks.js';
import type { LaunchContext } from './context.js';
import { notebookDirectory } from './directory.js';
import { findSystem } from './find-system.js';
import type { Here } from './here/here.js';
import { whereToStart } from './here/where-to-start.js';
import { homeDirectory } from './home.js';
import { makeSoftware, namesSoftware } from './make-software.js';
import type { LaunchOptions } from './options.js';
import { prepareAhead } from './prepare-ahead.js';
import { chooseWithProfile } from './profiles/choose-with-profile.js';
import { withProfile } from './profiles/profile.js';
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
  /** The software that Jupyter runs in. */
  environment: ResolvedEnvironment;
  /** With --here, and where there is no scheduler: nothing is submitted. */
  here?: Here;
  jupyter?: JupyterFound;
  /** How that Jupyter wants its options named. */
  family: Family;
  /** SBATCH_* of the site that are in force. */
  siteVariables: readonly string[];
  /** The full name of this machine; absent in a dry run. */
  host?: string;
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
  const early = options.check && !namesSoftware(options) ? probeJupyter(context.env, signal) : undefined;
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
  const home = homeDirectory(context.env);
  const { system: found, why } = await tellSystem(context, asTyped);
  const profiled = await withProfile(context, asTyped, found);
  const { here, kind, options, system } = await whereToStart(context, asTyped, profiled);

  const scheduler = await chooseScheduler(kind, { env: context.env });
  const folders = [kind, found.values.scheduler];
  const { template: fixed, server: asked } = await chooseWithProfile(context, options, system, folders);
  const place = newSessionPlace(context.env, home, context.now(), (bytes) => context.random(bytes));
  const job = planJob({ options, system, scheduler, template: fixed?.text ?? '', place });
  const rootDir = await notebookDirectory(options.directory, home, context.cwd);
  const ca = await authority(context, options, system);
  const directories = { home, notebook: rootDir, session: place.directory };
  const environment = await makeSoftware(context, options, system, directories, early);

  const { planned } = job;
  const probing = options.check ? environment.probe(context.signal) : undefined;
  const [{ server, jupyter }, certificate, host] = await Promise.all([
    check(context, { system, scheduler, planned, asked, environment, probing }),
    options.dryRun ? undefined : prepareAhead(context.now()),
    options.dryRun ? undefined : fullHostName(context.env, context.signal),
  ]);
  const template = fixed ?? (await readTemplate(shippedTemplatePath(templates(context), kind, server)));
  return {
    ...{ system, why, scheduler, place, ...job, template, server, rootDir, environment },
    ...(here ? { here } : {}),
    family: jupyter && (await optionFamily(jupyter, server, environment.env)),
    ...(jupyter ? { jupyter } : {}),
    ...(host === undefined ? {} : { host }),
    ...(certificate ? { certificate } : {}),
    ...(ca === undefined ? {} : { ca }),
  };
}

async function tellSystem(context: LaunchContext, options: LaunchOptions): Promise<Detection> {
  const { progress } = context;
  progress.doing(FINDING_OUT_SYSTEM);
  const detected = await findSystem(context, options);
  const { name, values } = detected.system;
  progress.fact('System', because(name, detected.why));
  if (values.retired) progress.warn(systemRetired(name));
  if (values.message) progress.say(values.message);
  return detected;
}

interface JobFacts extends Pick<Prepared, 'system' | 'scheduler' | 'place'> {
  options: LaunchOptions;
  /** The text of the one that is fixed before a server is chosen; the shipped ones have no directives. */
  template: string;
}

/** What cannot be said to this scheduler is refused before anything is asked of it. */
function planJob({
  options,
  system,
  scheduler,
  template,
  place,
}: JobFacts): Pick<Prepared, 'jobName' | 'planned' | 'siteVariables'> {
  const jobName = `jupyter-${place.id.split('-').at(-1) ?? place.id}`;
  const variables = scheduler.siteVariables();
  const planned = planRequest({
    options,
    system,
    variables: variables.values,
    template: template === '' ? {} : scheduler.ownDirectives(template),
    schedulerMinutes: (text) => scheduler.minutes(text),
    jobName,
    directory: place.directory,
  });
  scheduler.directives(planned.request, template);
  return { jobName, planned, siteVariables: variables.inForce };
}

function templates(context: LaunchContext): string {
  return join(context.packageFolder, 'batch-templates');
}
