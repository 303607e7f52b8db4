/** Which session is meant. */
import type { LaunchContext } from '../launch/context.js';
import {
  ambiguousSession,
  andOthers,
  launchedWhen,
  noSessions,
  unknownSession,
  whichSession,
} from '../words/sessions.js';
import { knownSessions, type KnownSession } from './known-sessions.js';
import { lookAt } from './look.js';
import type { Sight } from './sight.js';

/** A session together with how it is. */
export interface SeenSession {
  session: KnownSession;
  sight: Sight;
}

/**
 * Where several live ones are there and none was named: a person chooses one, or that is refused. Without it the newest
 * is taken.
 */
export type Pick = ((live: readonly SeenSession[]) => Promise<KnownSession>) | 'refuse';

/**
 * By job id, name in the URL (or whole URL), session id, or unambiguous beginning. Without one: the only live one, else the
 * newest.
 * @throws StartJupyterError 'unknown-session', 'ambiguous-session', 'bad-directory'
 */
export async function chooseSession(
  context: LaunchContext,
  id: string | undefined,
  pick?: Pick,
): Promise<KnownSession> {
  const { sessions } = await knownSessions(context);
  if (id !== undefined) return named(sessions, id, context.now());
  const [newest] = sessions;
  if (newest === undefined) throw noSessions();
  if (sessions.length === 1) return newest;
  const sights = await lookAt(context, sessions);
  const live = sessions.flatMap((session) => {
    const sight = sights.get(session.record.id);
    return sight === undefined || sight.phase === 'ended' ? [] : [{ session, sight }];
  });
  const [first] = live;
  if (first === undefined) return newest;
  if (live.length === 1 || pick === undefined) return first.session;
  if (pick === 'refuse')
    throw whichSession(
      shortLines(
        live.map(({ session }) => session),
        context.now(),
      ),
    );
  return await pick(live);
}

const SHOWN = 10;

/** The ways to name a session; the whole one counts before any beginning. */
function namesOf({ record: { jobId, allocation, name, id } }: KnownSession): string[] {
  return [jobId, allocation, name, id].filter((one) => one !== undefined);
}

function named(sessions: readonly KnownSession[], typed: string, now: Date): KnownSession {
  const wanted = nameInLink(typed.trim());
  if (wanted === '') throw unknownSession(typed);
  const whole = sessions.filter((session) => namesOf(session).includes(wanted));
  const found =
    whole.length > 0
      ? whole
      : sessions.filter((session) => namesOf(session).some((name) => name.startsWith(wanted)));
  const [only, ...others] = found;
  if (only === undefined) throw unknownSession(typed);
  if (others.length > 0) throw ambiguousSession(typed, shortLines(found, now));
  return only;
}

/** A link, with or without its token, names the session by the first word of its host. */
function nameInLink(typed: string): string {
  const host = URL.canParse(typed) ? new URL(typed).hostname : (typed.split('/')[0] ?? '');
  const first = host.split('.')[0] ?? '';
  // Job ids hold dots, too: 123.server.
  return /^[a-z]+-[a-z]+-[a-z]+$/.test(first) ? first : typed;
}

/** For a list from which one is named. */
export function shortLine({ record }: KnownSession, now = new Date()): string {
  const { jobId, allocation, name, id, createdAt } = record;
  const names = [allocation ?? jobId ?? id, ...(name === undefined ? [] : [name])];
  return [...names, launchedWhen(new Date(createdAt), now)].join('  ');
}

/** A month may hold many. */
function shortLines(sessions: readonly KnownSession[], now: Date): string[] {
  const lines = sessions.slice(0, SHOWN).map((session) => shortLine(session, now));
  return sessions.length > SHOWN ? [...lines, andOthers(sessions.length - SHOWN)] : lines;
}
