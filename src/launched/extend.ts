/** Asks the site for more time for a session, by the program that it names (`hooks: {extend: ...}`). */
import { rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, StartJupyterError } from '../errors.js';
import type { LaunchContext } from '../launch/context.js';
import { findSystem } from '../launch/find-system.js';
import { homeDirectory } from '../launch/home.js';
import { stopIfAborted } from '../launch/interrupted.js';
import { run, saidLast } from '../platform/process.js';
import { chooseScheduler } from '../scheduler/choose.js';
import type { JobId, Scheduler } from '../scheduler/scheduler.js';
import { replaceFile } from '../session/replace-file.js';
import type { System } from '../site/system.js';
import {
  badHook,
  cannotTellWhether,
  endsByItself,
  extending,
  HOOK_FAILS,
  hookTooSlow,
  notExtendable,
  notStartedYet,
  refused,
} from '../words/extend.js';
import { hasEnded, isEnding } from '../words/session-status.js';
import { schedulerOf } from './ask-schedulers.js';
import { jobIdOf } from './job-id.js';
import type { KnownSession } from './known-sessions.js';
import { lookAtOne } from './look.js';
import { proxyOf } from './proxy-of.js';

export interface Extended {
  /** As the scheduler says it; absent: it does not say. */
  endsAt?: Date;
  /** It still says what it said before. */
  unchanged: boolean;
  /** The last line of what the site's program said. */
  said?: string;
  /** Why the proxy could not be told. */
  proxySilent?: string;
}

const HOOK_SECONDS = 60;
/** A person is to read it. */
const LONGEST_WORD = 1000;
/** A scheduler may answer from what it knew some seconds ago. */
const NEW_END_MS = 6000;
const LOOK_AGAIN_MS = 1000;
/** Ends that differ by less are the same. */
const SAME_MS = 30_000;

/** The job that is lengthened: around a session in place it is the allocation's. */
interface Lengthened {
  kind: Scheduler['kind'];
  id: JobId;
}

/**
 * @throws StartJupyterError 'not-extendable', 'session-ended', 'scheduler-unreachable', 'extension-refused',
 * 'bad-configuration'
 */
export async function extendSession(
  context: LaunchContext,
  session: KnownSession,
  minutes: number,
): Promise<Extended> {
  const id = session.record.jobId ?? session.record.id;
  const job = jobOf(session, id);
  const before = await runningUntil(context, session, id);
  const said = await askSite(context, session, { job, id, minutes, before });
  const endsAt = await newEndOf(context, job, before);
  const unchanged = endsAt !== undefined && before !== undefined && !isLater(endsAt, before);
  // What is guessed is told to the proxy alone: it ends nothing that its job has not ended.
  const guessed = before && new Date(before.getTime() + minutes * 60_000);
  if (endsAt !== undefined && !unchanged) await tellJob(session, endsAt);
  const proxySilent = unchanged ? undefined : await tellProxy(session, endsAt ?? guessed, context.signal);
  return {
    unchanged,
    ...(endsAt === undefined ? {} : { endsAt }),
    ...(said === '' ? {} : { said }),
    ...(proxySilent === undefined ? {} : { proxySilent }),
  };
}

function jobOf(session: KnownSession, id: string): Lengthened {
  const { record } = session;
  const { allocation, scheduler } = record;
  if (allocation !== undefined) {
    return { kind: record.allocationScheduler ?? schedulerOf(allocation), id: { id: allocation } };
  }
  if (scheduler === 'local') throw endsByItself(id);
  return { kind: scheduler as Scheduler['kind'], id: jobIdOf(session) };
}

/** Throws where it does not run for sure: the job of its number may be somebody else's by now. */
async function runningUntil(
  context: LaunchContext,
  session: KnownSession,
  id: string,
): Promise<Date | undefined> {
  const sight = await lookAtOne(context, session);
  stopIfAborted(context.signal);
  switch (sight.phase) {
    case 'queued':
      throw notStartedYet(id);
    case 'ended':
      throw hasEnded(sight.end.cause, id);
    case 'stopping':
      throw isEnding(id);
    case 'unknown':
      throw cannotTellWhether(sight.why, id);
    case 'starting':
    case 'ready':
      return sight.endsAt;
  }
}

interface Question {
  job: Lengthened;
  id: string;
  minutes: number;
  before: Date | undefined;
}

/** Runs the site's program; gives the last line that it said. */
async function askSite(
  context: LaunchContext,
  session: KnownSession,
  { job, id, minutes, before }: Question,
): Promise<string> {
  const { system } = session.record;
  const known = await systemOf(context, system);
  const program = known?.values.hooks?.['extend'];
  if (known === undefined || program === undefined) throw notExtendable(system, id);
  context.progress.doing(extending(minutes));
  const seconds = Math.round(minutes * 60);
  const result = await run(program, [job.id.id, String(seconds)], {
    env: hookEnvironment(context.env, session, job, before),
    cwd: '/',
    timeoutMs: HOOK_SECONDS * 1000,
    signal: context.signal,
  });
  if (result.aborted) stopIfAborted(context.signal);
  const words = saidLast(result);
  if (result.timedOut) throw hookTooSlow(HOOK_SECONDS, id, words);
  if (result.notFound) throw badHook(program, placeOf(known), HOOK_FAILS.notFound);
  if (result.exitCode === undefined && words === '') {
    throw badHook(program, placeOf(known), HOOK_FAILS.notRunnable);
  }
  if (result.exitCode !== 0) throw refused(result.exitCode ?? 1, words);
  return result.stdout.trim().split('\n').at(-1)?.trim().slice(-LONGEST_WORD) ?? '';
}

/** Undefined: no file speaks of it any more. */
async function systemOf(context: LaunchContext, name: string): Promise<System | undefined> {
  try {
    return (await findSystem(context, { system: { name, from: '--system' } })).system;
  } catch (error) {
    if (error instanceof StartJupyterError && error.code === 'unknown-system') return undefined;
    throw error;
  }
}

function placeOf({ origins }: System): string {
  const { file, line } = origins.hooks ?? { file: 'systems.yaml' };
  return line === undefined ? file : `${file}:${line}`;
}

/** What a site's program may need to find its scheduler, and nothing else that a person may have set. */
const HANDED_ON = ['LANG', 'LC_ALL', 'TZ', 'SLURM_CONF', 'PBS_CONF_FILE', 'PBS_DEFAULT', 'PBS_SERVER'];
const HOOK_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin';

function hookEnvironment(
  env: NodeJS.ProcessEnv,
  { record }: KnownSession,
  { kind, id }: Lengthened,
  before: Date | undefined,
): NodeJS.ProcessEnv {
  const { username } = userInfo();
  return {
    ...Object.fromEntries(HANDED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
    PATH: HOOK_PATH,
    HOME: homeDirectory(env),
    USER: username,
    LOGNAME: username,
    START_JUPYTER_SYSTEM: record.system,
    START_JUPYTER_SCHEDULER: kind,
    START_JUPYTER_SESSION: record.id,
    ...(id.cluster === undefined ? {} : { START_JUPYTER_CLUSTER: id.cluster }),
    ...(before === undefined ? {} : { START_JUPYTER_ENDS_AT: before.toISOString() }),
  };
}

/** What the scheduler says now, given some seconds to say something new. Never throws for what cannot be asked. */
async function newEndOf(
  { env, signal }: LaunchContext,
  { kind, id }: Lengthened,
  before: Date | undefined,
): Promise<Date | undefined> {
  const scheduler = await chooseScheduler(kind, { env });
  const until = Date.now() + NEW_END_MS;
  for (;;) {
    const state = await scheduler.inspect(id, signal);
    const endsAt = state.phase === 'running' ? state.endsAt : undefined;
    const news = endsAt !== undefined && (before === undefined || isLater(endsAt, before));
    if (news || Date.now() >= until || signal.aborted) return endsAt;
    await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}

function isLater(one: Date, other: Date): boolean {
  return one.getTime() - other.getTime() >= SAME_MS;
}

/** Its own clock, and whoever shows the session, go by these files. Without them the job warns too early, and no more. */
async function tellJob({ directory }: KnownSession, endsAt: Date): Promise<void> {
  const seconds = Math.floor(endsAt.getTime() / 1000);
  await replaceFile(join(directory, 'extended'), `${seconds}\n`).catch(() => undefined);
  await rm(join(directory, 'warning'), { force: true }).catch(() => undefined);
}

/** Gives why it could not be told. Where there is none, or one that cannot be told, there is nothing to say. */
async function tellProxy(
  { record, directory }: KnownSession,
  endsAt: Date | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (endsAt === undefined) return undefined;
  try {
    const proxy = await proxyOf(record, directory);
    if (proxy?.reservation.redeemSecret === undefined) return undefined;
    await proxy.client.putOff(proxy.reservation, endsAt, signal);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
