/** `start-jupyter connect` */
import { chooseSession } from '../../launched/choose-session.js';
import { lookAtOne } from '../../launched/look.js';
import { endedForSsh, noSsh, notReadyForSsh, queuedForSsh } from '../../words/ssh.js';
import { calledBy } from '../called.js';
import { createConsole } from '../console.js';
import { createContext } from '../context.js';
import type { Host } from '../host.js';
import { readPort } from '../launch-options.js';
import type { SystemFlags } from '../options.js';
import { printConnection } from '../ssh-lines.js';

export async function connectCommand(
  id: string | undefined,
  flags: SystemFlags & { localPort?: string; json?: boolean; quiet?: boolean },
  host: Host,
): Promise<void> {
  const localPort = flags.localPort === undefined ? undefined : readPort('--local-port', flags.localPort);
  const console = await createConsole(host, flags);
  const context = createContext(host, console);
  try {
    const session = await chooseSession(context, id);
    const called = calledBy(session).id;
    const sight = await lookAtOne(context, session);
    if (sight.phase === 'ended') throw endedForSsh(called, sight.end.cause);
    if (session.record.connect !== 'ssh') {
      console.say(noSsh(called));
      return;
    }
    // Whether its scheduler can be asked just now changes nothing where the job has said where it is.
    if (sight.phase === 'queued') throw notReadyForSsh(called, queuedForSsh(sight.reason));
    await printConnection(session, { console, flags, host }, localPort === undefined ? {} : { localPort });
  } finally {
    console.rest();
  }
}
