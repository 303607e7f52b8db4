/** One session in all that is known of it. Pure. */
import type { ChalkInstance } from 'chalk';
import { join } from 'node:path';
import { sentence } from '../errors.js';
import { isOrderly } from '../launched/end-of-session.js';
import type { SeenSession } from '../launched/choose-session.js';
import type { Ready, Sight } from '../launched/sight.js';
import type { SessionRecord } from '../session/record.js';
import { reasonInWords } from '../words/reasons.js';
import {
  endedAt,
  endingState,
  endOfLog,
  estimatedFor,
  LABELS,
  lastSeenReady,
  launchedAt,
  nextSteps,
  saysItsJob,
  sinceLaunch,
  STATE_WORDS,
  untilTime,
  WARNED,
} from '../words/session-status.js';
import { calledBy } from './called.js';
import { shownControls, shownLines } from './command-line.js';
import { fitted } from './wrapped.js';

type Line = readonly [label: string, text: string];

type Stream = Parameters<typeof fitted>[1];

const LABEL_WIDTH = Math.max(...Object.values(LABELS).map((label) => label.length)) + 1;

/** They are copied, so nothing breaks them. */
const PATHS: readonly string[] = [LABELS.log, LABELS.shows];

/** With its further lines under its first. */
function beside(column: number, text: string, stream: Stream): string {
  return fitted(shownControls(text), stream, column).replaceAll('\n', `\n${' '.repeat(column)}`);
}

/** `log`: the end of its log, of one that has ended: shown where something went wrong; `stream`: where the lines are shown. */
export function statusLines(
  seen: SeenSession,
  { now, log, colour, stream = {} }: { now: Date; log: string; colour: ChalkInstance; stream?: Stream },
): string[] {
  const { session, sight } = seen;
  const lines = [
    ...titleLines(session.record),
    ...sightLines(sight, session.record, now),
    ...placeLines(seen, now),
  ];
  return [
    ...lines.map(([label, text]) => {
      const shown = PATHS.includes(label) ? shownControls(text) : beside(LABEL_WIDTH + 1, text, stream);
      return `${colour.dim(`${label}:`.padEnd(LABEL_WIDTH))} ${shown}`;
    }),
    ...(sight.phase === 'ended' && isOrderly(sight.end.outcome) ? [] : logLines(log)),
    '',
    ...nextLines(seen, { colour, stream }),
  ];
}

function titleLines({ id, jobId, allocation, name, system }: SessionRecord): Line[] {
  const job = allocation ?? jobId;
  return [
    [LABELS.session, name ?? id],
    ...(job === undefined ? [] : [[LABELS.job, `${job} (${system})`] as const]),
  ];
}

function sightLines(sight: Sight, { createdAt }: SessionRecord, now: Date): Line[] {
  switch (sight.phase) {
    case 'queued': {
      const reason = reasonInWords(sight.reason);
      const { estimatedStart } = sight;
      return [
        [LABELS.state, STATE_WORDS.queued],
        ...(reason === undefined ? [] : [[LABELS.why, sentence(reason)] as const]),
        ...(estimatedStart === undefined
          ? []
          : [[LABELS.estimate, estimatedFor(estimatedStart, now)] as const]),
        [LABELS.waited, sinceLaunch(now.getTime() - Date.parse(createdAt))],
      ];
    }
    case 'starting':
      return [[LABELS.state, STATE_WORDS.starting], ...readyLines(sight, now)];
    case 'ready':
      return [[LABELS.state, STATE_WORDS.ready], ...readyLines(sight, now)];
    case 'stopping':
      return [[LABELS.state, endingState(sight.said)]];
    case 'unknown':
      return [
        [LABELS.state, STATE_WORDS.unknown],
        [LABELS.why, sentence(sight.why)],
        ...(sight.last === undefined
          ? []
          : [[LABELS.doubt, lastSeenReady()] as const, ...readyLines(sight.last, now)]),
      ];
    case 'ended': {
      const { cause, exitStatus, endedAt: at } = sight.end;
      return [
        [LABELS.state, STATE_WORDS.ended],
        [LABELS.ended, endedAt(new Date(at), now, cause)],
        ...(sight.unsure ? [[LABELS.doubt, saysItsJob()] as const] : []),
        ...(exitStatus === undefined ? [] : [[LABELS.exitStatus, String(exitStatus)] as const]),
      ];
    }
  }
}

function readyLines({ node, endsAt, warned, doubt }: Ready, now: Date): Line[] {
  return [
    ...(node === '' ? [] : [[LABELS.node, node] as const]),
    ...(endsAt === undefined ? [] : [[LABELS.left, untilTime(endsAt, now)] as const]),
    ...(warned ? [[LABELS.warned, WARNED] as const] : []),
    ...(doubt === undefined ? [] : [[LABELS.doubt, sentence(doubt)] as const]),
  ];
}

function placeLines({ session: { record, directory }, sight }: SeenSession, now: Date): Line[] {
  const { url, server, rootDir, host, createdAt } = record;
  const isOver = sight.phase === 'ended' || sight.phase === 'stopping';
  const title = server === 'notebook' ? 'Jupyter Notebook' : 'JupyterLab';
  return [
    ...(url === undefined || isOver ? [] : [[LABELS.link, url] as const]),
    [LABELS.log, join(directory, 'job.log')],
    [LABELS.launched, launchedAt(new Date(createdAt), now, host)],
    [LABELS.shows, `${title}, ${rootDir}`],
  ];
}

function logLines(log: string): string[] {
  if (log.trim() === '') return [];
  const lines = shownLines(log.trimEnd()).split('\n');
  return ['', endOfLog(), ...lines.map((line) => `  | ${line}`.trimEnd())];
}

const STEPS = {
  queued: 'waits',
  starting: 'waits',
  ready: 'runs',
  stopping: 'ended',
  unknown: 'unknown',
  ended: 'ended',
} as const;

function nextLines(
  { session, sight }: SeenSession,
  { colour, stream }: { colour: ChalkInstance; stream: Stream },
): string[] {
  const steps = nextSteps(STEPS[sight.phase], calledBy(session).id, session.record.connect === 'ssh');
  const width = Math.max(...steps.map(([line]) => line.length));
  return steps.map(([line, does]) => `${line.padEnd(width)}  ${colour.dim(beside(width + 2, does, stream))}`);
}
