/** What a session's job leaves in its directory for whoever looks. */
import { join } from 'node:path';
import { readSmallFile } from '../session/small-file.js';
import type { LastWord } from '../words/sessions.js';
import { readyNode } from './ready-file.js';

export interface JobFiles {
  /** It has answered there: `ready.json`. */
  node?: string;
  /** It has ended, as it says itself: `outcome`. */
  said?: JobSaid;
  /** It was warned that this is its end: `warning`. */
  endsAt?: Date;
}

export interface JobSaid extends LastWord {
  /** As it stands there. */
  line: string;
  exitStatus?: number;
  at?: Date;
}

/** What cannot be read counts as not there: it decides nothing by itself. */
export async function readJobFiles(directory: string): Promise<JobFiles> {
  const read = (name: string): Promise<string | undefined> =>
    readSmallFile(join(directory, name)).catch(() => undefined);
  const [ready, outcome, warning] = await Promise.all(['ready.json', 'outcome', 'warning'].map(read));
  const node = ready === undefined ? undefined : readyNode(ready);
  const said = outcome === undefined ? undefined : parseOutcome(outcome);
  const endsAt = warning === undefined ? undefined : timeOf(warning.trim());
  return {
    ...(node === undefined ? {} : { node }),
    ...(said === undefined ? {} : { said }),
    ...(endsAt === undefined ? {} : { endsAt }),
  };
}

/** A person is to read it. */
const LONGEST_WORD = 1000;

/** `failed: what happened`, then `status N`, then an ISO time; older ones have the first line alone. */
export function parseOutcome(text: string): JobSaid | undefined {
  const [line = '', ...others] = text.split('\n').map((one) => one.trim().slice(0, LONGEST_WORD));
  if (line === '') return undefined;
  const [, kind, why = ''] = /^(completed|stopped|failed)\b:?\s*(.*)$/.exec(line) ?? [];
  const status = /^status (\d{1,3})$/.exec(others[0] ?? '')?.[1];
  const at = timeOf(others[1] ?? '');
  return {
    line,
    ...(kind === undefined ? { kind: 'other', why: line } : { kind: kind as JobSaid['kind'], why }),
    ...(status === undefined ? {} : { exitStatus: Number(status) }),
    ...(at === undefined ? {} : { at }),
  };
}

function timeOf(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\dT/.test(text)) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
