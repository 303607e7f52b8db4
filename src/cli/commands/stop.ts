/** `start-jupyter stop` */
import type { LaunchContext } from '../../launch/context.js';
import { chooseSession, shortLine, type SeenSession } from '../../launched/choose-session.js';
import { knownSessions, type KnownSession } from '../../launched/known-sessions.js';
import { lookAt } from '../../launched/look.js';
import { stopSessions, type Stopped } from '../../launched/stop.js';
import { EXIT_CODES } from '../../words/exit-codes.js';
import { damagedRecord, noSessions, whichSession } from '../../words/sessions.js';
import { allAndSome, nothingRuns, sessionCalled, STOPPING, waitingForEnds } from '../../words/stopping.js';
import { shownLines } from '../command-line.js';
import { createConsole, type Console } from '../console.js';
import { createContext } from '../context.js';
import type { Host } from '../host.js';
import { jsonLine } from '../json.js';
import type { SystemFlags } from '../options.js';
import { pickOnTerminal } from '../pick-session.js';
import { shortJob } from '../session-lines.js';

export interface StopFlags extends SystemFlags {
  all?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** Gives the exit status: of the worst that happened. */
export async function stopCommand(ids: readonly string[], flags: StopFlags, host: Host): Promise<number> {
  if (flags.all && ids.length > 0) throw allAndSome();
  const console = await createConsole(host, flags);
  try {
    const context = createContext(host, console);
    const seen = await meant(context, ids, flags, { console, host });
    const results = await stopSessions(context, seen, {
      onWait: (sessions) => console.doing(waitingForEnds(sessions)),
    });
    const told = seen.map(({ session }) => ({
      session,
      result: results.get(session.record.id) ?? NOT_TRIED,
    }));
    if (flags.json) {
      await console.result(jsonLine({ sessions: told.map(resultObject) }, host));
    } else await tell(told, flags, console);
    return statusOf(told, context);
  } finally {
    console.rest();
  }
}

interface Told {
  session: KnownSession;
  result: Stopped;
}

const NOT_TRIED: Stopped = { kind: 'unknown', why: 'it was not looked at' };

/** Those that are to be stopped, looked at with one question. All that was typed is read before anything is stopped. */
async function meant(
  context: LaunchContext,
  ids: readonly string[],
  flags: StopFlags,
  { console, host }: { console: Console; host: Host },
): Promise<SeenSession[]> {
  const named: KnownSession[] = [];
  for (const id of ids) {
    const session = await chooseSession(context, id);
    if (!named.some(({ record }) => record.id === session.record.id)) named.push(session);
  }
  if (named.length > 0) return await look(context, named);
  const { sessions, damaged } = await knownSessions(context);
  if (sessions.length === 0 && !flags.all) throw noSessions();
  const seen = await look(context, sessions);
  const live = seen.filter(({ sight }) => sight.phase !== 'ended');
  if (flags.all) {
    for (const { path, why } of damaged) console.warn(damagedRecord(path, why));
    return live;
  }
  if (live.length < 2) return live.length === 1 ? live : seen.slice(0, 1);
  const pick = pickOnTerminal(host, console, context, flags);
  if (typeof pick !== 'function') throw whichSession(live.map(({ session }) => shortLine(session)));
  const chosen = await pick(live);
  return live.filter(({ session }) => session === chosen);
}

async function look(context: LaunchContext, sessions: readonly KnownSession[]): Promise<SeenSession[]> {
  const sights = await lookAt(context, sessions);
  return sessions.flatMap((session) => {
    const sight = sights.get(session.record.id);
    return sight === undefined ? [] : [{ session, sight }];
  });
}

async function tell(told: readonly Told[], { quiet = false }: StopFlags, console: Console): Promise<void> {
  if (told.length === 0) console.say(nothingRuns());
  const lines: string[] = [];
  for (const one of told) {
    const line = lineFor(one);
    if (one.result.kind === 'failed' || one.result.kind === 'unknown') {
      console.warn(line);
      if ('hint' in one.result && one.result.hint !== undefined) console.say(one.result.hint);
    } else lines.push(shownLines(line));
  }
  if (lines.length > 0 && !quiet) await console.result(`${lines.join('\n')}\n`);
}

function lineFor({ session: { record }, result }: Told): string {
  const id = shortJob(record);
  const what = sessionCalled(id, record.name);
  switch (result.kind) {
    case 'stopped':
      return STOPPING.stopped(what);
    case 'stopping':
      return STOPPING.goingOn(what, id);
    case 'over':
      return STOPPING.over(what, result.end.cause);
    case 'elsewhere':
      return STOPPING.elsewhere(what, result.host, id);
    case 'unknown':
      return STOPPING.unknown(what, result.why, id);
    case 'failed':
      return STOPPING.failed(what, result.why);
  }
}

function resultObject(one: Told): Record<string, unknown> {
  const { id, jobId = null, name = null } = one.session.record;
  return { id, jobId, name, result: one.result.kind, message: lineFor(one) };
}

function statusOf(told: readonly Told[], { signal }: LaunchContext): number {
  const has = (...kinds: Stopped['kind'][]): boolean =>
    told.some(({ result }) => kinds.includes(result.kind));
  if (has('failed', 'unknown')) return EXIT_CODES.scheduler.code;
  if (has('elsewhere')) return EXIT_CODES.usage.code;
  return signal.aborted && has('stopping') ? EXIT_CODES.interrupted.code : EXIT_CODES.done.code;
}
