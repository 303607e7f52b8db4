/** What is printed of a session to which ssh leads: the command for one's own computer, and the link. */
import type { LaunchContext } from '../launch/context.js';
import { connectionOf, type Connection } from '../launched/connect.js';
import type { KnownSession } from '../launched/known-sessions.js';
import {
  aboutTheTunnel,
  goesOn,
  notReadyForSsh,
  openedElsewhere,
  shortHost,
  STEP_ONE,
  STEP_TWO,
  submittedForSsh,
} from '../words/ssh.js';
import type { AfterLaunch } from './after-launch.js';
import { calledBy } from './called.js';
import type { Console } from './console.js';
import type { Host } from './host.js';
import { jsonLine } from './json.js';

interface Output {
  console: Console;
  flags: { quiet?: boolean; json?: boolean };
  host: Host;
}

/**
 * After a job was submitted. Nothing can be shown before Jupyter has said where it is, so this waits also where nobody looks
 * on, unless it shall not. `result` is what --json says of the session itself.
 * @throws StartJupyterError as followSession
 */
export async function afterSshLaunch(
  session: KnownSession,
  { wait, timeoutMs, open }: AfterLaunch,
  { noWait, result }: { noWait: boolean; result: Record<string, unknown> },
  { context, ...output }: Output & { context: LaunchContext },
): Promise<void> {
  const { console, flags, host } = output;
  const { id } = calledBy(session);
  if (open) console.warn(openedElsewhere());
  if (noWait) {
    if (flags.json) await console.result(jsonLine(result, host));
    else if (flags.quiet) await console.result(`${id}\n`);
    else console.say(submittedForSsh(id));
    return;
  }
  const { followSession } = await import('./follow-session.js');
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  const ways = { until: 'ready', asked: wait !== 'shown', ...limit } as const;
  const followed = await followSession(session, ways, { context, console });
  if (followed.how !== 'ready') return;
  await printConnection(session, output, { more: result });
  console.say(goesOn(id));
}

/** `does`: what it does while it is not ready. @throws StartJupyterError where it is not ready, or has ended */
export async function printConnection(
  session: KnownSession,
  { console, flags, host }: Output,
  { localPort, more = {}, does }: { localPort?: number; more?: Record<string, unknown>; does?: string } = {},
): Promise<void> {
  const { id } = calledBy(session);
  const connection = await connectionOf(session, localPort);
  if (connection === undefined) throw notReadyForSsh(id, does);
  const { command, url } = connection;
  const name = connection.host.split(':')[0] ?? '';
  if (flags.json) {
    if (!name.includes('.')) console.warn(shortHost(name));
    await console.result(jsonLine({ ...more, connect: shownOf(connection) }, host));
    return;
  }
  if (flags.quiet) await console.result(`${command}\n${url}\n`);
  else {
    console.say('');
    await console.result(`${STEP_ONE}\n${command}\n\n${STEP_TWO}\n${url}\n`);
    console.say(`\n${aboutTheTunnel(factsOf(connection, id))}`);
  }
  if (!name.includes('.')) console.warn(shortHost(name));
}

function shownOf({ way, command, url, localPort, node, host, certificate }: Connection): object {
  return { way, command, url, localPort, node, host, ...(certificate === undefined ? {} : { certificate }) };
}

function factsOf(
  { host, node, way, jumps, localPort, certificate }: Connection,
  id: string,
): Parameters<typeof aboutTheTunnel>[0] {
  return {
    ...{ id, way, localPort, host: host.split(':')[0] ?? host },
    ...(jumps ? { node } : {}),
    ...(certificate === undefined ? {} : { certificate }),
  };
}
