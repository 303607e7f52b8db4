/** `start-jupyter url` */
import { stopIfAborted } from '../../launch/interrupted.js';
import { chooseSession } from '../../launched/choose-session.js';
import type { KnownSession } from '../../launched/known-sessions.js';
import { lookAtOne } from '../../launched/look.js';
import { sessionUrl } from '../../launched/session-url.js';
import type { Sight } from '../../launched/sight.js';
import {
  hasEnded,
  isEnding,
  linkBySsh,
  linkOfQueued,
  linkOfUnknown,
  linkOnHost,
  noLinkYet,
  noToken,
} from '../../words/session-status.js';
import { doubtWords } from '../../words/following.js';
import { calledBy } from '../called.js';
import { createConsole, type Console } from '../console.js';
import { createContext } from '../context.js';
import type { Host } from '../host.js';
import { jsonLine } from '../json.js';
import type { SystemFlags } from '../options.js';
import { pickOnTerminal } from '../pick-session.js';
import { LOOKING_AT_SESSION } from '../../words/sessions.js';

export async function urlCommand(
  id: string | undefined,
  flags: SystemFlags & { json?: boolean },
  host: Host,
): Promise<void> {
  const console = await createConsole(host, flags);
  try {
    const context = createContext(host, console);
    const session = await chooseSession(context, id, pickOnTerminal(host, console, context, flags));
    if (console.live) console.doing(LOOKING_AT_SESSION);
    const sight = await lookAtOne(context, session);
    stopIfAborted(context.signal);
    const url = await linkOf(session, sight);
    const { id: sessionId, jobId = null, name } = session.record;
    if (flags.json) {
      await console.result(jsonLine({ url, id: sessionId, jobId, name, state: sight.phase }, host));
      return;
    }
    await console.result(`${url}\n`);
    remark(session, sight, console);
  } finally {
    console.rest();
  }
}

/** @throws StartJupyterError 'session-ended', 'still-waiting', 'bad-record' where there is none */
async function linkOf(session: KnownSession, sight: Sight): Promise<string> {
  const { id } = calledBy(session);
  if (sight.phase === 'ended') throw hasEnded(sight.end.cause, id);
  if (sight.phase === 'stopping') throw isEnding(id);
  const url = await sessionUrl(session);
  if (url !== undefined) return url;
  throw session.record.connect === 'ssh' && sight.phase !== 'ready' ? noLinkYet(id) : noToken(id);
}

/** What has to be known to use it. */
function remark(session: KnownSession, sight: Sight, console: Console): void {
  const { record } = session;
  if (sight.phase === 'queued') console.say(linkOfQueued());
  if (sight.phase === 'unknown') console.warn(linkOfUnknown(sight.why));
  if (sight.phase === 'ready' && sight.doubt !== undefined) console.warn(doubtWords(sight.doubt));
  if (record.connect === 'ssh') console.say(linkBySsh(calledBy(session).id));
  // The proxy inside a local session's command is for its machine alone.
  else if (/\.localhost(:\d+)?$/.test(record.endpoint ?? '')) console.say(linkOnHost(record.host));
}
