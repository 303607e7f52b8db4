/** Jobs of sessions whose launch was cut off before it wrote their number down: they are found by their unique names. */
import { join } from 'node:path';
import { messageOf } from '../errors.js';
import type { LaunchContext } from '../launch/context.js';
import { chooseScheduler } from '../scheduler/choose.js';
import type { JobId, JobState, Scheduler } from '../scheduler/scheduler.js';
import { isObject } from '../session/parse-object.js';
import type { SessionRecord } from '../session/record.js';
import { readSmallFile } from '../session/small-file.js';
import { saveRecord } from '../session/store.js';
import { UNTOLD } from '../words/sessions.js';
import type { KnownSession } from './known-sessions.js';
import type { ThisMachine } from './this-machine.js';

/** Each is a question of its own; seldom is there even one. The others are looked for another time. */
const MOST_LOOKED_FOR = 5;

/** A launch takes minutes: what has no job after a day will not get one any more. */
const DAY_MS = 24 * 60 * 60 * 1000;

/** Gives those that have a number now, and how the others are, by record.id. Never throws: what cannot be asked is unknown. */
export async function findJobs(
  context: Pick<LaunchContext, 'env' | 'now'>,
  sessions: readonly KnownSession[],
  machine: ThisMachine,
  signal?: AbortSignal,
): Promise<{ found: KnownSession[]; others: Map<string, JobState> }> {
  const found: KnownSession[] = [];
  const others = new Map<string, JobState>();
  await Promise.all(
    sessions.map(async (session, at) => {
      const { record } = session;
      if (at >= MOST_LOOKED_FOR) {
        others.set(record.id, untold(record));
        return;
      }
      const answer = await findJob(context, session, signal).catch((error: unknown) => ({
        why: messageOf(error),
      }));
      if (answer !== undefined && 'id' in answer) found.push(await withJob(session, answer));
      else if (answer !== undefined) others.set(record.id, { phase: 'unknown', why: answer.why });
      else others.set(record.id, await without(session, context.now(), machine));
    }),
  );
  return { found, others };
}

/** Undefined: there is none now. */
async function findJob(
  { env }: Pick<LaunchContext, 'env'>,
  { record, directory }: KnownSession,
  signal: AbortSignal | undefined,
): Promise<JobId | { why: string } | undefined> {
  const { scheduler: kind, jobName } = record;
  if (kind === 'local') return await startedHere(directory);
  const scheduler = await chooseScheduler(kind as Scheduler['kind'], { env });
  const jobs = await scheduler.find(jobName, signal);
  return jobs === undefined ? { why: UNTOLD.notFound(jobName) } : jobs[0];
}

/** What starts one writes its number beside its script (local.ts). */
async function startedHere(directory: string): Promise<JobId | undefined> {
  const json = await readSmallFile(join(directory, 'local-job.json'));
  if (json === undefined) return undefined;
  const job: unknown = JSON.parse(json);
  return isObject(job) && typeof job['id'] === 'string' && /^local-[\d-]+$/.test(job['id'])
    ? { id: job['id'] }
    : undefined;
}

/** From now on the session is named by it, too. A launch that goes on right now writes the same down. */
async function withJob(session: KnownSession, { id, cluster }: JobId): Promise<KnownSession> {
  const { record, directory, newer } = session;
  Object.assign(record, { jobId: id }, cluster === undefined ? {} : { cluster });
  // What a newer start-jupyter wrote besides would be lost.
  if (newer === undefined) await saveRecord(directory, record).catch(() => undefined);
  return session;
}

async function without({ record }: KnownSession, now: Date, machine: ThisMachine): Promise<JobState> {
  const isOld = now.getTime() - Date.parse(record.createdAt) > DAY_MS;
  if (!isOld || mayBeElsewhere(record)) return untold(record);
  const { host } = record;
  const isKnownHere = await (record.scheduler === 'local' ? machine.isHost(host) : machine.isSameSite(host));
  if (!isKnownHere) return untold(record);
  return { phase: 'ended', outcome: 'unknown' };
}

/** Sent to a cluster that is not asked: which one is written down only together with the number. */
function mayBeElsewhere({ asked }: SessionRecord): boolean {
  const words = asked?.flags['schedulerArg'];
  return Array.isArray(words) && words.length > 0;
}

function untold({ jobName }: SessionRecord): JobState {
  return { phase: 'unknown', why: UNTOLD.noJob(jobName) };
}
