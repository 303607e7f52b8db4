/** What is left of sessions that ended long ago, found and removed. What may still run stays, whatever its age. */
import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../errors.js';
import type { LaunchContext } from '../launch/context.js';
import { checkSafe } from '../session/store.js';
import { SCHEDULER_SILENT } from '../words/cleaning.js';
import { UNTOLD } from '../words/sessions.js';
import { knownSessions, sessionsFolder, type DamagedRecord, type KnownSession } from './known-sessions.js';
import { lookAt } from './look.js';
import { diskUse, removeFolder } from './remove-folder.js';
import type { Sight } from './sight.js';

export interface CleanWays {
  /** All that have ended, and damaged records. */
  all?: boolean;
  /** Nothing is removed. */
  dryRun?: boolean;
}

export interface Found {
  kind: 'session' | 'unfinished' | 'damaged';
  directory: string;
  session?: KnownSession;
  /** ISO 8601 */
  endedAt?: string;
}

export interface Cleaned {
  /** Or what would be. */
  removed: (Found & { bytes: number })[];
  failed: { directory: string; why: string }[];
  /** How many stay: they wait or run, ended lately, have a damaged record. */
  stay: { live: number; recent: number; damaged: number };
  /** Those of which nobody can tell whether they have ended. */
  untold: { session: KnownSession; why: string }[];
}

const DAY_MS = 24 * 60 * 60 * 1000;
const KEPT_MS = 30 * DAY_MS;

/** As newSessionPlace names them. Anything else in that folder is not ours. */
const SESSION_ID = /^\d{8}-\d{6}-[0-9a-f]{10}$/;
const UNFINISHED = /^\.staging-/;

/** @throws StartJupyterError 'unsafe-directory' where somebody else could have put things there, 'bad-directory' */
export async function cleanSessions(context: LaunchContext, ways: CleanWays): Promise<Cleaned> {
  const folder = sessionsFolder(context.env);
  const { sessions, damaged } = await knownSessions(context);
  const entries = await entriesOf(folder);
  if (entries === undefined) return { removed: [], failed: [], stay: NONE, untold: [] };
  await checkSafe(folder);
  // Only what looking at tells surely is ended; the proxy is not asked.
  const sights = await lookAt(context, sessions);
  const plan = planned(sessions, sights, context.now(), ways.all ?? false);
  const old = [
    ...plan.old,
    ...(await unfinished(folder, entries, context.now())),
    ...(ways.all ? await endedDamaged(damaged, context.now()) : []),
  ];
  const cleaned = await remove(old, ways.dryRun ?? false, context);
  const damagedLeft = damaged.length - old.filter(({ kind }) => kind === 'damaged').length;
  return { ...cleaned, stay: { ...plan.stay, damaged: damagedLeft }, untold: plan.untold };
}

const NONE = { live: 0, recent: 0, damaged: 0 };

/** Pure. */
function planned(
  sessions: readonly KnownSession[],
  sights: ReadonlyMap<string, Sight>,
  now: Date,
  all: boolean,
): { old: Found[]; stay: { live: number; recent: number }; untold: Cleaned['untold'] } {
  const old: Found[] = [];
  const untold: Cleaned['untold'] = [];
  const stay = { live: 0, recent: 0 };
  for (const session of sessions) {
    const sight = sights.get(session.record.id);
    const why = whyUntold(sight);
    if (why !== undefined) untold.push({ session, why });
    else if (sight?.phase !== 'ended') stay.live += 1;
    else {
      const { endedAt } = sight.end;
      const isOld = now.getTime() - Date.parse(endedAt) > KEPT_MS;
      if (all || isOld) old.push({ kind: 'session', directory: session.directory, session, endedAt });
      else stay.recent += 1;
    }
  }
  return { old, stay, untold };
}

function whyUntold(sight: Sight | undefined): string | undefined {
  if (sight === undefined) return UNTOLD.notAsked;
  if (sight.phase === 'unknown') return sight.why;
  return sight.phase === 'ended' && sight.unsure === true ? SCHEDULER_SILENT : undefined;
}

/** A launch takes minutes; what it had not placed after a day it will not place any more. */
async function unfinished(folder: string, entries: readonly Dirent[], now: Date): Promise<Found[]> {
  const staged = entries.filter((entry) => entry.isDirectory() && UNFINISHED.test(entry.name));
  const found: Found[] = [];
  for (const { name } of staged) {
    const directory = join(folder, name);
    if (await isOlder(directory, DAY_MS, now)) found.push({ kind: 'unfinished', directory });
  }
  return found;
}

/** Nobody can ask for their jobs: only what a job leaves at its end tells, or that it could not start any more. */
async function endedDamaged(damaged: readonly DamagedRecord[], now: Date): Promise<Found[]> {
  const found: Found[] = [];
  for (const { path } of damaged) {
    const directory = dirname(path);
    if (!SESSION_ID.test(basename(directory)) || !(await isOlder(directory, KEPT_MS, now))) continue;
    const [hasEnded, canStart] = await Promise.all([
      isThere(join(directory, 'outcome'), join(directory, 'end.json')),
      isThere(join(directory, 'token')),
    ]);
    if (hasEnded || !canStart) found.push({ kind: 'damaged', directory });
  }
  return found;
}

async function remove(
  found: readonly Found[],
  dryRun: boolean,
  context: LaunchContext,
): Promise<Pick<Cleaned, 'removed' | 'failed'>> {
  const removed: Cleaned['removed'] = [];
  const failed: Cleaned['failed'] = [];
  for (const one of found) {
    const { directory } = one;
    try {
      const bytes = await diskUse(directory);
      const isGone = dryRun || (await removeFolder(directory, context.random(4).toString('hex')));
      if (isGone) removed.push({ ...one, bytes });
    } catch (error) {
      const { path = directory, code = messageOf(error) } = error as NodeJS.ErrnoException;
      failed.push({ directory: path, why: code });
    }
  }
  return { removed, failed };
}

async function entriesOf(folder: string): Promise<Dirent[] | undefined> {
  return await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
}

/** By the last change of anything in it. What has gone meanwhile is not. */
async function isOlder(directory: string, ageMs: number, now: Date): Promise<boolean> {
  try {
    const names = ['.', ...(await readdir(directory))];
    const times = await Promise.all(names.map(async (name) => (await lstat(join(directory, name))).mtimeMs));
    return now.getTime() - Math.max(...times) > ageMs;
  } catch {
    return false;
  }
}

/** What cannot be looked at counts as there. */
async function isThere(...paths: string[]): Promise<boolean> {
  const found = await Promise.all(
    paths.map((path) =>
      lstat(path).then(
        () => true,
        (error: unknown) => (error as NodeJS.ErrnoException).code !== 'ENOENT',
      ),
    ),
  );
  return found.includes(true);
}
