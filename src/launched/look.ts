/** How sessions are. */
import type { LaunchContext } from '../launch/context.js';
import type { JobState } from '../scheduler/scheduler.js';
import type { SessionEnd } from '../session/record.js';
import { UNTOLD } from '../words/sessions.js';
import { askSchedulers } from './ask-schedulers.js';
import { readJobFiles, type JobFiles } from './job-files.js';
import type { KnownSession } from './known-sessions.js';
import { mapSome } from './map-some.js';
import { readEnd } from './read-end.js';
import { sightOf, type ProxyView, type Sight } from './sight.js';

export interface LookWays {
  /** Ask the proxy, too, about those that are ready: a call for each. */
  proxy?: boolean;
  /** They were just cancelled: one that its scheduler does not know any more has ended by that. */
  cancelled?: boolean;
  signal?: AbortSignal;
}

/** What is known of a session without asking anybody. */
interface Known {
  session: KnownSession;
  end: SessionEnd | undefined;
}

const AT_ONCE = 32;
/** What has failed since sessions were looked at last is seldom more than that. */
const MOST_ASKED_ALONE = 5;

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
  const open = known.filter(({ end }) => end === undefined).map(({ session }) => session);
  const jobs = await askSchedulers(context, open, signal);
  const sights = new Map<string, Sight>();
  let askedAlone = open.length > 1 ? 0 : MOST_ASKED_ALONE;
  await mapSome(known, AT_ONCE, async ({ session, end }) => {
    const { id } = session.record;
    if (end !== undefined) {
      sights.set(id, { phase: 'ended', end });
      return;
    }
    const told = jobs.get(id) ?? unknown();
    const forgotten = told.phase === 'ended' && told.outcome === 'unknown';
    const job: JobState = ways.cancelled && forgotten ? { ...told, outcome: 'cancelled' } : told;
    // Only now: the job may have written its last word while its scheduler was asked.
    const files = await readJobFiles(session.directory);
    const proxy = ways.proxy && job.phase === 'running' ? await askedProxy(session, files, signal) : {};
    const facts = { job, files, proxy, now: context.now() };
    let sight = sightOf(facts);
    if (lacksStatus(sight) && askedAlone++ < MOST_ASKED_ALONE) {
      const alone = (await askSchedulers(context, [session], signal)).get(id);
      if (alone?.phase === 'ended') sight = sightOf({ ...facts, job: alone });
    }
    if (sight.phase === 'ended' && sight.unsure !== true)
      sight = { phase: 'ended', end: await written(session, sight.end) };
    sights.set(id, sight);
  });
  return sights;
}

/** Asked for many jobs at once, Slurm does not say with which status one failed; it is asked for only once. */
function lacksStatus(sight: Sight): boolean {
  return (
    sight.phase === 'ended' &&
    sight.unsure !== true &&
    sight.end.outcome === 'failed' &&
    sight.end.exitStatus === undefined
  );
}

/** How one session is. */
export async function lookAtOne(
  context: LaunchContext,
  session: KnownSession,
  ways: LookWays = {},
): Promise<Sight> {
  const sights = await lookAt(context, [session], ways);
  return sights.get(session.record.id) ?? unknown();
}

function unknown(): { phase: 'unknown'; why: string } {
  return { phase: 'unknown', why: UNTOLD.notAsked };
}

async function readKnown(session: KnownSession): Promise<Known> {
  return { session, end: await readEnd(session.directory) };
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
