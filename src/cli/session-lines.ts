/** Sessions as lines for a person and as objects for programs. Pure. */
import type { ChalkInstance } from 'chalk';
import { join } from 'node:path';
import type { SeenSession } from '../launched/choose-session.js';
import type { Ready, Sight } from '../launched/sight.js';
import type { SessionRecord } from '../session/record.js';
import { sentence } from '../errors.js';
import { estimate } from '../words/following.js';
import { reasonInWords } from '../words/reasons.js';
import { BY_SSH, cannotBeTold, HEADINGS, OUTCOMES, STATES, waitsFor } from '../words/session-list.js';
import { shortSpan, shortTime } from '../words/clock.js';
import { tableLines, type Cell } from './table.js';

type Phase<P extends Sight['phase']> = Extract<Sight, { phase: P }>;
export type EndedSession = SeenSession & { sight: Phase<'ended'> };

export function isEnded(seen: SeenSession): seen is EndedSession {
  return seen.sight.phase === 'ended';
}

/** Its job's number as a person would type it: what is behind it tells nothing, and need not be typed. */
export function shortJob({ jobId, allocation, id }: SessionRecord): string {
  const job = allocation ?? jobId;
  if (job === undefined) return id;
  return /^local-\d+/.exec(job)?.[0] ?? /^(\d+(?:\[\d*\])?)\./.exec(job)?.[1] ?? job;
}

export interface TableWays {
  now: Date;
  colour: ChalkInstance;
  /** Of the terminal, or Infinity. */
  width: number;
}

/** Which column says when it was launched. */
const LAUNCHED = {
  live: HEADINGS.live.indexOf('LAUNCHED'),
  ended: HEADINGS.ended.indexOf('LAUNCHED'),
} as const;

/** A table of those that wait or run. */
export function liveLines(live: readonly SeenSession[], { now, colour, width }: TableWays): string[] {
  const rows = live.map(({ session: { record }, sight }) => [
    { text: shortJob(record) },
    stateCell(sight, colour),
    { text: timeLeft(sight, now) },
    { text: nodeOf(sight) },
    { text: shortTime(new Date(record.createdAt), now) },
    { text: nameOf(record) },
  ]);
  return tableLines(headings(HEADINGS.live, colour), rows, { width, expendable: LAUNCHED.live });
}

/** A table of those that have ended. */
export function endedLines(ended: readonly EndedSession[], { now, colour, width }: TableWays): string[] {
  const rows = ended.map(({ session: { record }, sight: { end } }) => [
    { text: shortJob(record) },
    { text: OUTCOMES[end.outcome], ...(end.outcome === 'completed' ? {} : { paint: colour.yellow }) },
    { text: shortTime(new Date(end.endedAt), now) },
    { text: shortTime(new Date(record.createdAt), now) },
    { text: nameOf(record) },
  ]);
  return tableLines(headings(HEADINGS.ended, colour), rows, { width, expendable: LAUNCHED.ended });
}

function headings(texts: readonly string[], colour: ChalkInstance): Cell[] {
  return texts.map((text) => ({ text, paint: colour.dim }));
}

function stateCell(sight: Sight, colour: ChalkInstance): Cell {
  const isWarned = sight.phase === 'ready' && sight.warned === true;
  const text = STATES[isWarned ? 'warned' : sight.phase];
  if (isWarned || sight.phase === 'unknown') return { text, paint: colour.red };
  return { text, paint: sight.phase === 'ready' ? colour.green : colour.yellow };
}

function timeLeft(sight: Sight, now: Date): string {
  const endsAt = endOf(sight);
  return endsAt === undefined ? '' : shortSpan(endsAt.getTime() - now.getTime());
}

export function endOf(sight: Sight): Date | undefined {
  if (sight.phase === 'starting') return sight.endsAt;
  return placeOf(sight)?.endsAt;
}

export function nodeOf(sight: Sight): string {
  return sight.phase === 'starting' ? sight.node : (placeOf(sight)?.node ?? '');
}

/** Where it is, or was when it could last be told. */
function placeOf(sight: Sight): Ready | undefined {
  if (sight.phase === 'ready') return sight;
  return sight.phase === 'unknown' ? sight.last : undefined;
}

function nameOf({ name, connect }: SessionRecord): string {
  return name ?? (connect === 'ssh' ? BY_SSH : '');
}

/** What stands below the table: why they wait. */
export function waitingLines(live: readonly SeenSession[], now: Date): string[] {
  return live.flatMap(({ session: { record }, sight }) => {
    if (sight.phase !== 'queued') return [];
    const reason = reasonInWords(sight.reason);
    const start = estimate(sight.estimatedStart, now);
    if (reason === undefined && start.length === 0) return [];
    return [waitsFor(shortJob(record), sentence(reason ?? 'nobody says why'), start)];
  });
}

/** A sentence for each reason for which something cannot be told. */
export function untoldLines(live: readonly SeenSession[]): string[] {
  const byWhy = new Map<string, string[]>();
  for (const { session, sight } of live) {
    if (sight.phase === 'unknown')
      byWhy.set(sight.why, [...(byWhy.get(sight.why) ?? []), shortJob(session.record)]);
  }
  return [...byWhy].map(([why, jobs]) => cannotBeTold(jobs, why));
}

/** docs/json.md has the keys. No secret is in it. */
export function sessionObject({ session, sight }: SeenSession): Record<string, unknown> {
  const { record, directory } = session;
  const { id, jobId, allocation, name, url, connect, system, scheduler, cluster, host, server, rootDir } =
    record;
  return {
    id,
    state: sight.phase,
    ...sightObject(sight),
    jobId: jobId ?? null,
    allocation,
    name,
    url,
    connect: connect ?? 'proxy',
    system,
    scheduler,
    cluster,
    host,
    server,
    rootDir,
    walltimeMinutes: record.walltimeMinutes,
    launchedAt: new Date(record.createdAt).toISOString(),
    directory,
    log: join(directory, 'job.log'),
  };
}

function sightObject(sight: Sight): Record<string, unknown> {
  switch (sight.phase) {
    case 'queued':
      return { reason: sight.reason, estimatedStart: sight.estimatedStart };
    case 'starting':
      return { node: sight.node, endsAt: sight.endsAt };
    case 'ready':
      return { node: sight.node, endsAt: sight.endsAt, warned: sight.warned ?? false, doubt: sight.doubt };
    case 'stopping':
      return { said: sight.said };
    case 'unknown':
      return { why: sight.why, node: sight.last?.node, endsAt: sight.last?.endsAt };
    case 'ended': {
      const { outcome, cause, exitStatus, endedAt } = sight.end;
      return { outcome, cause, exitStatus, endedAt, ...(sight.unsure ? { unsure: true } : {}) };
    }
  }
}
