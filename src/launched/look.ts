/** How sessions are. */
import type { LaunchContext } from '../launch/context.js';
import type { SessionEnd } from '../session/record.js';
import { mapSome } from '../session/small-file.js';
import { UNTOLD } from '../words/sessions.js';
import { askSchedulers } from './ask-schedulers.js';
import { readJobFiles, type JobFiles } from './job-files.js';
import type { KnownSession } from './known-sessions.js';
import { readEnd } from './read-end.js';
import { sightOf, type ProxyView, type Sight } from './sight.js';

export interface LookWays {
  /** Ask the proxy, too, about those that are ready: a call for each. */
  proxy?: boolean;
  signal?: AbortSignal;
}

/** What is known of a session without asking anybody. */
interface Known {
  session: KnownSession;
  end: SessionEnd | undefined;
  files: JobFiles;
}

const AT_ONCE = 32;
const CALLS_AT_ONCE = 8;

/**
 * How sessions are, by record.id, with one question to the scheduler of a cluster for all of them. What has ended for sure
 * is written down, its secrets are removed and its name is given back. Never throws for what cannot be asked.
 */
export async function lookAt(
  context: LaunchContext,
  sessions: readonly KnownSession[],
  ways: LookWays = {},
): Promise<Map<string, Sight>> {
  const signal = ways.signal ?? context.signal;
  const known = await mapSome(sessions, AT_ONCE, readKnown);
  const open = known.filter(({ end }) => end === undefined);
  const jobs = await askSchedulers(
    context,
    open.map(({ session }) => session),
    signal,
  );
  const sights = new Map<string, Sight>();
  await mapSome(known, CALLS_AT_ONCE, async ({ session, end, files: before }) => {
    const job = jobs.get(session.record.id) ?? { phase: 'unknown', why: UNTOLD.notAsked };
    // Anew: the job may have written its last word while its scheduler was asked.
    const files = end === undefined ? await readJobFiles(session.directory) : before;
    const proxy = ways.proxy && job.phase === 'running' ? await askedProxy(session, files, signal) : {};
    const facts = { job, files, proxy, now: context.now() };
    const sight = sightOf(end === undefined ? facts : { ...facts, end });
    const fresh = end === undefined && sight.phase === 'ended' && sight.unsure !== true;
    sights.set(session.record.id, fresh ? { phase: 'ended', end: await written(session, sight.end) } : sight);
  });
  return sights;
}

/** How one session is. */
export async function lookAtOne(
  context: LaunchContext,
  session: KnownSession,
  ways: LookWays = {},
): Promise<Sight> {
  const sights = await lookAt(context, [session], ways);
  return sights.get(session.record.id) ?? { phase: 'unknown', why: UNTOLD.notAsked };
}

async function readKnown(session: KnownSession): Promise<Known> {
  return { session, end: await readEnd(session.directory), files: {} };
}

async function askedProxy(session: KnownSession, files: JobFiles, signal: AbortSignal): Promise<ProxyView> {
  if (files.node === undefined || files.said !== undefined) return {};
  const { askProxy } = await import('./ask-proxy.js');
  return await askProxy(session, signal);
}

async function written(session: KnownSession, end: SessionEnd): Promise<SessionEnd> {
  const { recordEnd } = await import('./record-end.js');
  return await recordEnd(session, end);
}
