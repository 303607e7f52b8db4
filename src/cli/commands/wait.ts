/** `start-jupyter wait` */
import { chooseSession } from '../../launched/choose-session.js';
import type { KnownSession } from '../../launched/known-sessions.js';
import { EXIT_CODES } from '../../words/exit-codes.js';
import { badUntil, linkAgain } from '../../words/following.js';
import { calledBy } from '../called.js';
import { createConsole } from '../console.js';
import { createContext } from '../context.js';
import { followSession, type SessionFollowed } from '../follow-session.js';
import type { Host } from '../host.js';
import { jsonLine } from '../json.js';
import type { SystemFlags } from '../options.js';
import { pickOnTerminal } from '../pick-session.js';
import { parseTimeout } from '../timeout.js';

export async function waitCommand(
  id: string | undefined,
  flags: SystemFlags & { until?: string; timeout?: string; json?: boolean; quiet?: boolean },
  host: Host,
  timeoutFrom: string,
): Promise<number> {
  const { timeout } = flags;
  const until = readUntil(flags.until);
  const timeoutMs = timeout === undefined ? undefined : parseTimeout(timeoutFrom, timeout);
  const console = await createConsole(host, flags);
  const context = createContext(host, console);
  try {
    const session = await chooseSession(context, id, pickOnTerminal(host, console, context, flags));
    const ways = { until, asked: true, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    const followed = await followSession(session, ways, { context, console });
    if (flags.json) await console.result(jsonLine(resultObject(session, followed), host));
    else if (followed.how === 'ready') {
      console.say(linkAgain(calledBy(session), session.record.connect ?? 'proxy'));
    }
    return EXIT_CODES.done.code;
  } finally {
    console.rest();
  }
}

function readUntil(typed = 'ready'): 'ready' | 'ended' {
  if (typed === 'ready' || typed === 'ended') return typed;
  throw badUntil(typed);
}

function resultObject({ record }: KnownSession, followed: SessionFollowed): Record<string, unknown> {
  const { id, jobId = null, name = null } = record;
  const session = { id, jobId, name };
  if (followed.how === 'left') return session;
  if (followed.how === 'ended') {
    const { outcome, cause, exitStatus = null, endedAt } = followed.end;
    return { ...session, state: 'ended', outcome, cause, exitStatus, endedAt };
  }
  const { node, endsAt, doubt } = followed.sight;
  return {
    ...session,
    state: 'ready',
    node,
    endsAt: endsAt ?? null,
    ...(doubt === undefined ? {} : { doubt }),
  };
}
