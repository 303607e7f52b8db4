/** `start-jupyter [options] [time]` */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { EXIT_CODES } from '../../words/exit-codes.js';
import type { LaunchContext } from '../../launch/context.js';
import { isBySsh, reachOf } from '../../launch/endpoint.js';
import type { ForegroundSession } from '../../launch/here/foreground-session.js';
import { launch, type Launched } from '../../launch/launch.js';
import { prepare, type Prepared } from '../../launch/prepare.js';
import { sshWays } from '../../launch/ssh-plan.js';
import { giveBackAll } from '../../launch/undo.js';
import { renderedScript } from '../../launch/write-session.js';
import { linkPrinted, timeoutInForeground } from '../../words/following.js';
import { afterLaunch, openOrWarn, readAfterLaunch } from '../after-launch.js';
import { askedFor } from '../asked.js';
import { calledBy } from '../called.js';
import { commandLine } from '../command-line.js';
import { createConsole, type Console } from '../console.js';
import { createContext } from '../context.js';
import type { Host } from '../host.js';
import { infoLines } from '../info.js';
import { jsonLine } from '../json.js';
import { readOptions } from '../launch-options.js';
import type { LaunchFlags } from '../options.js';
import {
  browserWillWarn,
  jobWords,
  lastsAsLong,
  notebookIsHere,
  onlyOn,
  onWindows,
  STILL_CLEANING_UP,
  wouldRun,
} from '../../words/launch.js';

export async function launchCommand(
  time: string | undefined,
  flags: LaunchFlags,
  fromVariable: (option: string) => boolean,
  host: Host,
): Promise<number> {
  const asked = askedFor(time, flags, host.cwd, fromVariable);
  const options = { ...readOptions(time, flags, fromVariable), asked };
  const after = readAfterLaunch(flags, fromVariable, host);
  if (host.platform === 'win32' && !options.dryRun) throw onWindows();
  const console = await createConsole(host, flags);
  let handedOver = false;
  const context = createContext(host, console, () => {
    // From then on nothing is given back: Ctrl-C only ends the following.
    if (!handedOver) console.say(STILL_CLEANING_UP);
  });
  try {
    const prepared = await prepare(context, options);
    // What contradicts itself is said by a dry run as well.
    if (isBySsh(options, prepared.system)) sshWays(options, prepared);
    if (options.info) for (const line of infoLines(prepared, options)) console.info(line);
    if (options.dryRun) {
      await printDryRun(prepared, options.schedulerArguments, { console, flags, host });
      return EXIT_CODES.done.code;
    }
    const reach = reachOf(options, prepared);
    if (prepared.here || reach === undefined) {
      const { runInForeground } = await import('../../launch/here/foreground-session.js');
      if (after.timeoutMs !== undefined) console.warn(timeoutInForeground(after.timeoutFrom));
      await runInForeground(context, options, prepared, reach, async (session) => {
        await printSession(session, prepared, { console, flags, host });
        if (after.open) await openOrWarn(session, session.url ?? '', { context, console, ready: true });
      });
      return EXIT_CODES.done.code;
    }
    const launched = await launch(context, options, prepared, reach);
    await giveOver(launched, context, () => printResult(launched, prepared, { console, flags, host }));
    handedOver = true;
    if (launched.url === undefined) {
      const { afterSshLaunch } = await import('../ssh-lines.js');
      const ways = { noWait: flags.wait === false, result: resultObject(launched) };
      await afterSshLaunch(launched, after, ways, { context, console, flags, host });
    } else await afterLaunch(launched, launched.url, after, { context, console });
    return EXIT_CODES.done.code;
  } finally {
    console.rest();
  }
}

/** A URL that was not printed is known to nobody: then the launch is undone. */
async function giveOver(
  launched: Launched,
  { progress }: LaunchContext,
  print: () => Promise<void>,
): Promise<void> {
  try {
    await print();
  } catch (error) {
    await giveBackAll(launched.undo, progress);
    throw error;
  }
  launched.undo.forget();
}

interface Output {
  console: Console;
  flags: LaunchFlags;
  host: Host;
}

async function printDryRun(
  prepared: Prepared,
  schedulerArguments: readonly string[],
  { console, flags, host }: Output,
): Promise<void> {
  const script = renderedScript(prepared);
  const command = prepared.scheduler.submitCommand(
    `${prepared.place.directory}/batch.sh`,
    schedulerArguments,
  );
  if (flags.json) await console.result(jsonLine({ dryRun: true, script, submitCommand: command }, host));
  // A comment, so that what is printed is still a script.
  else {
    const submission = wouldRun(commandLine(command), prepared.here !== undefined);
    await console.result(`${script.trimEnd()}\n\n${submission}`);
  }
}

/** The result for scripts. */
function resultObject({ url, record, directory }: Launched): Record<string, unknown> {
  const { id, name, system, server, walltimeMinutes } = record;
  const jobId = record.allocation ?? record.jobId;
  return { url, jobId, name, system, server, walltimeMinutes, id, directory };
}

async function printResult(
  launched: Launched,
  prepared: Prepared,
  { console, flags, host }: Output,
): Promise<void> {
  const { url } = launched;
  if (!flags.json && !flags.quiet) {
    console.fact('Job', jobLine(launched, prepared));
    console.fact('Log', join(launched.directory, 'job.log'));
  }
  // With ssh there is something to show once Jupyter is ready (ssh-lines.ts).
  if (url === undefined) return;
  if (flags.json) await console.result(jsonLine(resultObject(launched), host));
  else if (flags.quiet) await console.result(`${url}\n`);
  else {
    console.say('');
    await console.result(notebookIsHere(url));
    console.say(`\n${linkPrinted(calledBy(launched))}`);
  }
}

function jobLine({ jobId }: Launched, { planned }: Prepared): string {
  return jobWords(jobId.id, planned.partition?.value, planned.minutes?.value);
}

/** The notebook is there already, and ends with this command. */
async function printSession(
  session: ForegroundSession,
  prepared: Prepared,
  { console, flags, host }: Output,
): Promise<void> {
  const { url, ownAuthority } = session;
  const ca = ownAuthority === undefined ? {} : { ca: ownAuthority };
  if (url === undefined) {
    const { printConnection } = await import('../ssh-lines.js');
    await printConnection(session, { console, flags, host }, { more: resultObject(session) });
    console.say(afterwards(undefined, prepared));
  } else if (flags.json) await console.result(jsonLine({ ...resultObject(session), ...ca }, host));
  else if (flags.quiet) await console.result(`${url}\n`);
  else {
    console.fact('Log', join(session.directory, 'job.log'));
    console.say('');
    await console.result(notebookIsHere(url));
    console.say(`\n${afterwards(ownAuthority, prepared)}`);
  }
}

function afterwards(ownAuthority: string | undefined, { planned, here }: Prepared): string {
  const lasts = lastsAsLong(planned.minutes?.value);
  if (ownAuthority === undefined) return lasts;
  return `${here?.allocation ? onlyOn(hostname()) : ''}${browserWillWarn(ownAuthority)}${lasts}`;
}
