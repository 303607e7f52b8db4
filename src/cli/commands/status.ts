/** `start-jupyter status` */
import { join } from 'node:path';
import { stopIfAborted } from '../../launch/interrupted.js';
import { chooseSession } from '../../launched/choose-session.js';
import { lookAtOne } from '../../launched/look.js';
import { lastLinesOf } from '../../launched/read-log.js';
import { LOOKING_AT_SESSION, newerRecord } from '../../words/sessions.js';
import { createConsole, paint } from '../console.js';
import { createContext } from '../context.js';
import type { Host } from '../host.js';
import { jsonLine } from '../json.js';
import type { SystemFlags } from '../options.js';
import { pickOnTerminal } from '../pick-session.js';
import { sessionObject } from '../session-lines.js';
import { statusLines } from '../status-lines.js';

const LOG_LINES = 10;

export async function statusCommand(
  id: string | undefined,
  flags: SystemFlags & { json?: boolean },
  host: Host,
): Promise<void> {
  const console = await createConsole(host, flags);
  try {
    const context = createContext(host, console);
    const session = await chooseSession(context, id, pickOnTerminal(host, console, context, flags));
    if (console.live) console.doing(LOOKING_AT_SESSION);
    const sight = await lookAtOne(context, session, { proxy: true });
    stopIfAborted(context.signal);
    const { record, directory, newer } = session;
    if (newer !== undefined) console.warn(newerRecord(record.id, record.launcherVersion));
    const log =
      sight.phase === 'ended' ? await lastLinesOf(join(directory, 'job.log'), LOG_LINES).catch(() => '') : '';
    if (flags.json) {
      const ending = sight.phase === 'ended' ? { lastLines: log } : {};
      await console.result(jsonLine({ ...sessionObject({ session, sight }), ...ending }, host));
      return;
    }
    const colour = await paint(host.stdout, host.env);
    console.rest();
    const lines = statusLines({ session, sight }, { now: context.now(), log, colour, stream: host.stdout });
    await console.result(`${lines.join('\n')}\n`);
  } finally {
    console.rest();
  }
}
