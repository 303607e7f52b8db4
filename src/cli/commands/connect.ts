/** `start-jupyter connect` */
import { chooseSession } from '../../launched/choose-session.js';
import type { KnownSession } from '../../launched/known-sessions.js';
import { lookAtOne } from '../../launched/look.js';
import { sessionUrl } from '../../launched/session-url.js';
import { doubtWords } from '../../words/following.js';
import { hasEnded, isEnding, linkOfUnknown } from '../../words/session-status.js';
import { noSsh, notReadyForSsh, queuedForSsh } from '../../words/ssh.js';
import { calledBy } from '../called.js';
import { createConsole, type Console } from '../console.js';
import { createContext } from '../context.js';
import type { Host } from '../host.js';
import { jsonLine } from '../json.js';
import { readPort } from '../launch-options.js';
import type { SystemFlags } from '../options.js';
import { pickOnTerminal } from '../pick-session.js';
import { printConnection } from '../ssh-lines.js';

export async function connectCommand(
  id: string | undefined,
  flags: SystemFlags & { localPort?: string; json?: boolean; quiet?: boolean },
  host: Host,
  portFrom: string,
): Promise<void> {
  const localPort = flags.localPort === undefined ? {} : { localPort: readPort(portFrom, flags.localPort) };
  const console = await createConsole(host, flags);
  const context = createContext(host, console);
  try {
    const session = await chooseSession(context, id, pickOnTerminal(host, console, context, flags));
    const called = calledBy(session).id;
    const sight = await lookAtOne(context, session);
    if (sight.phase === 'ended') throw hasEnded(sight.end.cause, called);
    if (sight.phase === 'stopping') throw isEnding(called);
    if (session.record.connect !== 'ssh') {
      await printNone(session, flags, host, console);
      return;
    }
    if (sight.phase === 'queued') throw notReadyForSsh(called, queuedForSsh(sight.reason));
    // Whether its scheduler can be asked just now changes nothing where the job has said where it is.
    const does = sight.phase === 'unknown' ? { does: linkOfUnknown(sight.why) } : {};
    const ways = { ...localPort, ...does, more: resultObject(session) };
    await printConnection(session, { console, flags, host }, ways);
    if (sight.phase === 'unknown') console.warn(linkOfUnknown(sight.why));
    if (sight.phase === 'ready' && sight.doubt !== undefined) console.warn(doubtWords(sight.doubt));
  } finally {
    console.rest();
  }
}

function resultObject({ record }: KnownSession): Record<string, unknown> {
  const { id, jobId = null } = record;
  return { id, jobId };
}

/** A proxy leads there: nothing has to be typed. */
async function printNone(
  session: KnownSession,
  { json = false, quiet = false }: { json?: boolean; quiet?: boolean },
  host: Host,
  console: Console,
): Promise<void> {
  const url = (await sessionUrl(session)) ?? null;
  if (json) await console.result(jsonLine({ ...resultObject(session), connect: null, url }, host));
  else if (quiet) await console.result(url === null ? '' : `${url}\n`);
  else console.say(noSsh(calledBy(session).id));
}
