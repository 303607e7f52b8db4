/** `start-jupyter list` */
import { stopIfAborted } from '../../launch/interrupted.js';
import type { SeenSession } from '../../launched/choose-session.js';
import { knownSessions } from '../../launched/known-sessions.js';
import { lookAt } from '../../launched/look.js';
import { ENDED, ENDED_LATELY, nothingToList } from '../../words/session-list.js';
import { damagedRecord, LOOKING_AT_SESSIONS, newerRecord } from '../../words/sessions.js';
import { createConsole, paint, type Console } from '../console.js';
import { createContext } from '../context.js';
import type { Host } from '../host.js';
import { jsonLine } from '../json.js';
import type { SystemFlags } from '../options.js';
import {
  endedLines,
  isEnded,
  liveLines,
  sessionObject,
  untoldLines,
  waitingLines,
  type EndedSession,
} from '../session-lines.js';
import { columnsOf, terminalWidth, wrapped } from '../wrapped.js';

const DAY_MS = 24 * 60 * 60 * 1000;

export async function listCommand(
  { all = false, json = false }: SystemFlags & { all?: boolean; json?: boolean },
  host: Host,
): Promise<void> {
  const console = await createConsole(host, { json });
  try {
    const context = createContext(host, console);
    const { sessions, damaged } = await knownSessions(context);
    if (console.live && sessions.length > 0) console.doing(LOOKING_AT_SESSIONS);
    const sights = await lookAt(context, sessions);
    stopIfAborted(context.signal);
    for (const { path, why } of damaged) console.warn(damagedRecord(path, why));
    for (const { record, newer } of sessions) {
      if (newer !== undefined) console.warn(newerRecord(record.id, record.launcherVersion));
    }
    const seen = sessions.flatMap((session): SeenSession[] => {
      const sight = sights.get(session.record.id);
      return sight === undefined ? [] : [{ session, sight }];
    });
    const now = context.now();
    const shown = seen.filter((one) => all || !isEnded(one) || endedSince(one, now.getTime() - DAY_MS));
    if (json) {
      for (const line of untoldLines(shown)) console.warn(line);
      await console.result(jsonLine({ sessions: shown.map(sessionObject) }, host));
    } else await printTables(shown, { console, host, now, all, earlier: seen.length - shown.length });
  } finally {
    console.rest();
  }
}

function endedSince({ sight }: EndedSession, time: number): boolean {
  return Date.parse(sight.end.endedAt) >= time;
}

async function printTables(
  shown: readonly SeenSession[],
  {
    console,
    host,
    now,
    all,
    earlier,
  }: { console: Console; host: Host; now: Date; all: boolean; earlier: number },
): Promise<void> {
  console.rest();
  if (shown.length === 0) {
    console.say(nothingToList(all, earlier));
    return;
  }
  const ended = shown.filter(isEnded).sort(lastEndedFirst);
  const live = shown.filter((one) => !isEnded(one));
  const width = terminalWidth(host.stdout);
  const ways = { now, colour: await paint(host.stdout, host.env), width };
  const tables = [
    ...(live.length === 0 ? [] : [liveLines(live, ways)]),
    ...(ended.length === 0 ? [] : [[all ? ENDED : ENDED_LATELY, ...endedLines(ended, ways)]]),
  ];
  await console.result(`${tables.map((lines) => lines.join('\n')).join('\n\n')}\n`);
  const waiting = waitingLines(live, now);
  if (waiting.length > 0) {
    const width = columnsOf(host.stderr);
    console.say(['', ...waiting.flatMap((line) => wrapped(line, width))].join('\n'));
  }
  for (const line of untoldLines(live)) console.warn(line);
}

function lastEndedFirst(one: EndedSession, other: EndedSession): number {
  return Date.parse(other.sight.end.endedAt) - Date.parse(one.sight.end.endedAt);
}
