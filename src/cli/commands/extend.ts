/** `start-jupyter extend` */
import { chooseSession } from '../../launched/choose-session.js';
import { extendSession, type Extended } from '../../launched/extend.js';
import type { KnownSession } from '../../launched/known-sessions.js';
import { parseTime } from '../../scheduler/duration.js';
import { endNotKnown, endUnchanged, newEnd, proxyNotTold } from '../../words/extend.js';
import { LOOKING_AT_SESSION } from '../../words/sessions.js';
import { calledBy } from '../called.js';
import { createConsole, type Console } from '../console.js';
import { createContext } from '../context.js';
import type { Host } from '../host.js';
import { jsonLine } from '../json.js';
import type { SystemFlags } from '../options.js';
import { pickOnTerminal } from '../pick-session.js';

export async function extendCommand(
  time: string,
  id: string | undefined,
  flags: SystemFlags & { json?: boolean },
  host: Host,
): Promise<void> {
  const minutes = parseTime(time);
  const console = await createConsole(host, flags);
  try {
    const context = createContext(host, console);
    const session = await chooseSession(context, id, pickOnTerminal(host, console, context, flags));
    if (console.live) console.doing(LOOKING_AT_SESSION);
    const extended = await extendSession(context, session, minutes);
    await show(session, extended, { console, host, now: context.now(), json: flags.json ?? false });
  } finally {
    console.rest();
  }
}

async function show(
  session: KnownSession,
  { endsAt, unchanged, said, proxySilent }: Extended,
  { console, host, now, json }: { console: Console; host: Host; now: Date; json: boolean },
): Promise<void> {
  const { id } = calledBy(session);
  if (said !== undefined && !json) console.say(said);
  if (unchanged && endsAt !== undefined) console.warn(endUnchanged(endsAt, now, id));
  if (proxySilent !== undefined) console.warn(proxyNotTold(proxySilent, id));
  if (json) {
    const { id: sessionId, jobId = null } = session.record;
    const facts = { id: sessionId, jobId, endsAt: endsAt?.toISOString() ?? null, extended: !unchanged };
    await console.result(jsonLine({ ...facts, ...(said === undefined ? {} : { said }) }, host));
    return;
  }
  if (endsAt === undefined) console.warn(endNotKnown(id));
  else if (!unchanged) await console.result(`${newEnd(endsAt, now)}\n`);
}
