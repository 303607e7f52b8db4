/** Jupyter on this very machine, in the foreground: it ends with the command, at Ctrl-C at the latest. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StartJupyterError } from '../../errors.js';
import type { JobState } from '../../scheduler/scheduler.js';
import type { LaunchContext } from '../context.js';
import type { Reach } from '../endpoint.js';
import { stopIfAborted } from '../interrupted.js';
import { launch, type Launched } from '../launch.js';
import type { LaunchOptions } from '../options.js';
import type { Prepared } from '../prepare.js';
import { createEndWarning } from './end-warning.js';
import { missingAuthorities } from './public-authorities.js';
import { giveBackAll } from '../undo.js';
import { FOREGROUND_ENDED, foregroundFailed, STARTING_PROXY, WAITING_FOR_JUPYTER } from '../../words/here.js';

/** The job's own limits, for Jupyter's start and then for the proxy, are together shorter, and it says why. */
const READY_LIMIT_MS = 330_000;
const POLL_MS = 250;
/** The scheduler is asked whether the allocation is still there, ever more rarely: sites count such questions. */
const ALLOCATION_POLL_MS = { first: 2000, longest: 30_000 };
const LOG_LINES = 15;

export interface ForegroundSession extends Launched {
  /** The certificate authority of a proxy inside the command, for the browser. */
  ownAuthority?: string;
}

/**
 * With a proxy inside the command where neither an endpoint nor ssh leads there. Calls back once the notebook really answers.
 * Resolves when it has ended and everything is given back: by Ctrl-C, with the allocation, at the end of its time or by
 * itself.
 * @throws StartJupyterError 'job-failed' with the end of its log when Jupyter does not start or breaks down
 */
export async function runInForeground(
  context: LaunchContext,
  options: LaunchOptions,
  prepared: Prepared,
  reach: Reach | undefined,
  onReady: (session: ForegroundSession) => Promise<void>,
): Promise<void> {
  if (reach === 'ssh') {
    const launched = await launch(context, options, prepared, reach);
    await stayUntilEnd(context, prepared, launched, onReady);
    return;
  }
  if (reach !== undefined) {
    const ca = reach.ca ?? (await missingAuthorities(context.env));
    const trusted = { ...reach, ...(ca === undefined ? {} : { ca }) };
    const launched = await launch(context, options, prepared, trusted);
    await stayUntilEnd(context, prepared, launched, onReady);
    return;
  }
  context.progress.doing(STARTING_PROXY);
  const { startOwnProxy } = await import('./own-proxy.js');
  const own = await startOwnProxy(context.now());
  try {
    const launched = await launch(context, options, prepared, own.endpoint, { loopbackOnly: true });
    const ownAuthority = join(launched.directory, 'ca.pem');
    await stayUntilEnd(context, prepared, { ...launched, ownAuthority }, onReady);
  } finally {
    await own.proxy.close();
  }
}

async function stayUntilEnd(
  context: LaunchContext,
  prepared: Prepared,
  session: ForegroundSession,
  onReady: (session: ForegroundSession) => Promise<void>,
): Promise<void> {
  const { progress } = context;
  try {
    progress.doing(WAITING_FOR_JUPYTER);
    await untilReady(context, prepared, session);
    await onReady(session);
    progress.say(await untilEnded(context, prepared, session));
  } finally {
    await giveBackAll(session.undo, progress);
  }
}

async function untilReady(
  { signal }: LaunchContext,
  { scheduler }: Prepared,
  { jobId, directory }: Launched,
): Promise<void> {
  const started = Date.now();
  while (!(await exists(join(directory, 'ready.json')))) {
    stopIfAborted(signal);
    const state = await scheduler.inspect(jobId);
    const late = Date.now() - started > READY_LIMIT_MS;
    if (late) throw await failure('silent', directory);
    if (state.phase === 'ended') throw await failure('notStarted', directory);
    await pause(POLL_MS, signal);
  }
}

/** Says what ended it. */
async function untilEnded(
  context: LaunchContext,
  { scheduler, here }: Prepared,
  { jobId, directory }: Launched,
): Promise<string> {
  const { signal } = context;
  const warn = createEndWarning(context, directory);
  const allocation = here?.allocation;
  let wait = ALLOCATION_POLL_MS.first;
  let askAt = Date.now() + wait;
  while (!signal.aborted) {
    await pause(4 * POLL_MS, signal);
    await warn();
    const state = await scheduler.inspect(jobId);
    if (state.phase === 'ended') return await wordsFor(state, directory);
    if (allocation === undefined || Date.now() < askAt) continue;
    // Interrupted it says 'unknown', and that is nothing.
    if ((await allocation.inspect(signal)).phase === 'ended') {
      return FOREGROUND_ENDED.allocation(allocation.title);
    }
    wait = Math.min(wait * 2, ALLOCATION_POLL_MS.longest);
    askAt = Date.now() + wait;
  }
  return FOREGROUND_ENDED.interrupted;
}

async function wordsFor(state: JobState & { phase: 'ended' }, directory: string): Promise<string> {
  if (state.outcome === 'failed') throw await failure('brokeDown', directory);
  return state.outcome === 'timed-out' ? FOREGROUND_ENDED.timeUp : FOREGROUND_ENDED.byItself;
}

async function failure(
  what: Parameters<typeof foregroundFailed>[0],
  directory: string,
): Promise<StartJupyterError> {
  return foregroundFailed(what, await lastLines(join(directory, 'job.log')));
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  // An abort is seen by the loop that waits.
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-LOG_LINES).join('\n');
}
