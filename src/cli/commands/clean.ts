/** `start-jupyter clean` */
import { basename } from 'node:path';
import { cleanSessions, type Cleaned, type Found } from '../../launched/clean.js';
import type { KnownSession } from '../../launched/known-sessions.js';
import {
  notAllRemoved,
  notRemoved,
  removedLine,
  staysUntold,
  summary,
  whatStays,
} from '../../words/cleaning.js';
import { sessionCalled } from '../../words/stopping.js';
import { shownLines } from '../command-line.js';
import { createConsole, type Console } from '../console.js';
import { createContext } from '../context.js';
import type { Host } from '../host.js';
import { jsonLine } from '../json.js';
import type { SystemFlags } from '../options.js';
import { shortJob } from '../session-lines.js';

export interface CleanFlags extends SystemFlags {
  all?: boolean;
  dryRun?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** @throws StartJupyterError 'bad-directory' at the end, when something could not be removed */
export async function cleanCommand(flags: CleanFlags, host: Host): Promise<void> {
  const console = await createConsole(host, flags);
  try {
    const cleaned = await cleanSessions(createContext(host, console), flags);
    for (const { directory, why } of cleaned.failed) console.warn(notRemoved(directory, why));
    if (flags.json) await console.result(jsonLine(resultObject(cleaned, flags), host));
    else await tell(cleaned, flags, console);
    if (cleaned.failed.length > 0) throw notAllRemoved(cleaned.failed.length);
  } finally {
    console.rest();
  }
}

async function tell(
  { removed, stay, untold }: Cleaned,
  { all = false, dryRun = false, quiet = false }: CleanFlags,
  console: Console,
): Promise<void> {
  const bytes = removed.reduce((sum, one) => sum + one.bytes, 0);
  const lines = removed.map((one) => removedLine({ ...one, what: whatIs(one) }));
  const text = [summary(removed.length, bytes, dryRun), ...lines].map(shownLines).join('\n');
  if (!quiet) await console.result(`${text}\n`);
  for (const sentence of whatStays(stay, all)) console.say(sentence);
  for (const { session, why } of untold) console.say(staysUntold(called(session), why));
}

function whatIs({ session, directory }: Found): string {
  return session === undefined ? basename(directory) : called(session);
}

function called({ record }: KnownSession): string {
  return sessionCalled(shortJob(record), record.name);
}

function resultObject({ removed, failed, stay, untold }: Cleaned, { dryRun = false }: CleanFlags): object {
  return {
    dryRun,
    removed: removed.map(({ kind, directory, session, endedAt = null, bytes }) => ({
      ...{ kind, directory, id: session?.record.id ?? null, jobId: session?.record.jobId ?? null },
      ...{ endedAt, bytes },
    })),
    failed,
    stay: { ...stay, unknown: untold.length },
  };
}
