/** `start-jupyter logs` */
import { join } from 'node:path';
import { StartJupyterError } from '../../errors.js';
import type { LaunchContext } from '../../launch/context.js';
import { chooseSession } from '../../launched/choose-session.js';
import { follow, watchSession } from '../../launched/follow.js';
import type { KnownSession } from '../../launched/known-sessions.js';
import { readLog, type Position } from '../../launched/read-log.js';
import { badLines, emptyLog, logAnew, unreadableLog } from '../../words/logs.js';
import { cannotTell, endedWords } from '../../words/following.js';
import { calledBy } from '../called.js';
import { createConsole, type Console } from '../console.js';
import { createContext } from '../context.js';
import type { Host } from '../host.js';
import { createLogWriter, type LogWriter } from '../log-writer.js';
import type { SystemFlags } from '../options.js';
import { pickOnTerminal } from '../pick-session.js';

const DEFAULT_LINES = 100;

export async function logsCommand(
  id: string | undefined,
  flags: SystemFlags & { follow?: boolean; lines?: string; quiet?: boolean },
  host: Host,
): Promise<void> {
  const lastLines = readLines(flags.lines);
  const console = await createConsole(host, flags);
  const context = createContext(host, console);
  try {
    const session = await chooseSession(context, id, pickOnTerminal(host, console, context, flags));
    const log = createLog(session, lastLines, createLogWriter(host), console);
    await log.readOn();
    if (flags.follow) await followLog(context, session, log, console);
    else if (!log.hasSome()) console.say(emptyLog(calledBy(session)));
    await log.finish();
  } finally {
    console.rest();
  }
}

function readLines(typed: string | undefined): number {
  if (typed === undefined) return DEFAULT_LINES;
  if (typed === 'all') return Infinity;
  if (!/^\d{1,9}$/.test(typed)) throw badLines(typed);
  return Number(typed);
}

interface Log {
  /** Prints what is new. */
  readOn(): Promise<void>;
  /** Nobody reads any more. */
  isClosed(): boolean;
  hasSome(): boolean;
  finish(): Promise<void>;
}

function createLog(session: KnownSession, lastLines: number, writer: LogWriter, console: Console): Log {
  const path = join(session.directory, 'job.log');
  let position: Position | undefined;
  return {
    async readOn() {
      const read = await readLog(path, position ?? { lastLines }, writer.write).catch((error: unknown) => {
        throw error instanceof StartJupyterError ? error : unreadableLog(path, error);
      });
      if (read === undefined) return;
      if (read.anew) console.say(logAnew());
      ({ position } = read);
    },
    isClosed: writer.isClosed,
    hasSome: () => position !== undefined && position.offset > 0,
    finish: writer.finish,
  };
}

/** Until the session has ended, nobody reads any more, or Ctrl-C: that is how one leaves it, and no error. */
async function followLog(
  context: LaunchContext,
  session: KnownSession,
  log: Log,
  console: Console,
): Promise<void> {
  const left = new AbortController();
  context.signal.addEventListener('abort', () => left.abort(), { once: true });
  if (context.signal.aborted) left.abort();
  const watch = watchSession(context, session);
  let doubted = false;
  const followed = await follow(
    {
      ...watch,
      async sleep(milliseconds, during) {
        await watch.sleep(milliseconds, during);
        await log.readOn();
        if (log.isClosed()) left.abort();
      },
    },
    {
      until: 'ended',
      signal: left.signal,
      tell(sight) {
        if (sight.phase === 'unknown' && !doubted) console.say(cannotTell(sight.why));
        doubted = sight.phase === 'unknown';
      },
    },
  );
  await log.readOn();
  await log.finish();
  if (followed.how === 'ended') console.say(endedWords(followed.end.cause));
}
