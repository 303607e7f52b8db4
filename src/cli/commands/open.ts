/** `start-jupyter open` */
import { openInBrowser } from '../../launched/browser.js';
import { chooseSession } from '../../launched/choose-session.js';
import { lookAtOne } from '../../launched/look.js';
import { sessionUrl } from '../../launched/session-url.js';
import { hasEnded, notReadyYet, onOwnComputer, opened } from '../../words/browser.js';
import { calledBy } from '../called.js';
import { createConsole } from '../console.js';
import { createContext } from '../context.js';
import type { Host } from '../host.js';
import type { SystemFlags } from '../options.js';
import { pickOnTerminal } from '../pick-session.js';

export async function openCommand(
  id: string | undefined,
  flags: SystemFlags & { quiet?: boolean },
  host: Host,
): Promise<void> {
  const console = await createConsole(host, flags);
  const context = createContext(host, console);
  try {
    const session = await chooseSession(context, id, pickOnTerminal(host, console, context, flags));
    const { record, directory } = session;
    const called = calledBy(session);
    if (record.connect === 'ssh') throw onOwnComputer(called.id);
    const sight = await lookAtOne(context, session);
    if (sight.phase === 'ended') throw hasEnded(sight.end.cause, called.id);
    const url = await sessionUrl(session);
    const waits = sight.phase === 'queued' || sight.phase === 'starting';
    // A classic service has no page that waits.
    if (url === undefined || (waits && record.protocol === 'classic')) throw notReadyYet(called.id);
    await openInBrowser(context, directory, url);
    console.say(opened(waits));
  } finally {
    console.rest();
  }
}
