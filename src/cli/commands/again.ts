/** `start-jupyter again` */
import type { Command } from 'commander';
import { homeDirectory } from '../../launch/home.js';
import type { LaunchContext } from '../../launch/context.js';
import { earlierOptions, pathsInFull } from '../../launched/again.js';
import { chooseSession } from '../../launched/choose-session.js';
import { knownSessions, type KnownSession } from '../../launched/known-sessions.js';
import { launchedAgain, noOptionsKept, optionsLeftOut } from '../../words/again.js';
import type { AskedFor } from '../../session/record.js';
import { noSessions } from '../../words/sessions.js';
import { sessionCalled } from '../../words/stopping.js';
import { commandLine } from '../command-line.js';
import { createConsole, type Console } from '../console.js';
import { createContext } from '../context.js';
import type { Host } from '../host.js';
import { fitOptions, inForce, isVariable, knownLine, wordsFor } from '../options-again.js';
import type { LaunchFlags } from '../options.js';
import { shortJob } from '../session-lines.js';
import { EARLIER, notBeaten, readVariables, unknownVariables } from '../variables.js';
import { launchCommand } from './launch.js';

/** Launches as an earlier session was. What is typed now ranks first, then what was asked for then, then variables. */
export async function againCommand(
  id: string | undefined,
  { program }: { typed: LaunchFlags; program: Command },
  host: Host,
): Promise<number> {
  const console = await createConsole(host, inForce(program, host.env));
  let yieldsAsVariable: (flag: string) => boolean;
  try {
    const context = createContext(host, console);
    const session = await earlierSession(context, id);
    const asked = await fillIn(program, session, context, console);
    yieldsAsVariable = (flag) => isVariable(program, asked, flag);
    readVariables(program, host.env);
    for (const doubt of unknownVariables(program, host.env)) console.warn(doubt);
    console.say(launchedAgain(commandLine(['start-jupyter', ...wordsFor(program)])));
  } finally {
    console.rest();
  }
  return await launchCommand(undefined, program.opts<LaunchFlags>(), yieldsAsVariable, host);
}

/** Without an id the newest, whatever became of it: the scheduler need not be asked. */
async function earlierSession(context: LaunchContext, id: string | undefined): Promise<KnownSession> {
  if (id !== undefined) return await chooseSession(context, id);
  const { sessions } = await knownSessions(context);
  const [newest] = sessions;
  if (newest === undefined) throw noSessions();
  return newest;
}

async function fillIn(
  program: Command,
  { record, directory }: KnownSession,
  context: LaunchContext,
  console: Console,
): Promise<AskedFor> {
  if (record.asked === undefined) {
    throw noOptionsKept(
      sessionCalled(shortJob(record), record.name),
      commandLine(['start-jupyter', ...knownLine(record)]),
    );
  }
  const all = await earlierOptions(directory, record.asked);
  const { fit, unfit } = fitOptions(program, all);
  if (unfit.length > 0) console.warn(optionsLeftOut(unfit));
  const home = homeDirectory(context.env);
  const options = await pathsInFull(notBeaten(program, fit), { cwd: record.asked.cwd, home });
  for (const [key, value] of Object.entries(options)) program.setOptionValueWithSource(key, value, EARLIER);
  return record.asked;
}
