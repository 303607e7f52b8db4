/** What a person asks for against what a profile's site leaves no choice of. */
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { StartJupyterError } from '../../errors.js';
import type { Server } from '../../script/call.js';
import { formatMinutes } from '../../scheduler/duration.js';
import { rivalsOf } from '../../site/lay-over.js';
import type { Profile } from '../../site/profiles.js';
import type { JobKey } from '../../site/schema.js';
import type { System } from '../../site/system.js';
import type { LaunchOptions } from '../options.js';
import { LOCKED, lockedOption } from '../../words/profiles.js';

/** Options whose names differ from their keys in more than the underscore. */
const OTHER_NAMES: Partial<Record<JobKey, keyof LaunchOptions>> = {
  time: 'minutes',
  template: 'batchScript',
};

/**
 * A locked time is a limit: less may be asked for. What says the same as the profile is no contradiction.
 * @throws StartJupyterError 'locked-option' for an option or variable that says something else than a locked key, or names
 * in another way what it names
 */
export function refuseLocked(options: LaunchOptions, { name, values, locked }: Profile, cwd: string): void {
  for (const key of locked) {
    const [asked, said] = [optionOf(options, key), values[key]];
    if (asked !== undefined && !agrees(key, asked, said, cwd)) {
      const from = options.from(key);
      const what = contradiction(key, { name, from, asked, said });
      throw refusal(what, from, options, key === 'time' ? (values.time ?? 0) : undefined);
    }
    const rival = rivalsOf(key).find((other) => optionOf(options, other) !== undefined);
    if (rival === undefined) continue;
    const from = options.from(rival);
    throw refusal(LOCKED.rival(from, name, key, valueWords(key, said)), from, options);
  }
}

/**
 * Which server a template starts shows only when it was read.
 * @throws StartJupyterError 'locked-option' where the one that was chosen takes the place of what is locked
 */
export function refuseOtherServer(
  options: LaunchOptions,
  { profile, values }: System,
  chosen: { template?: unknown; server?: Server },
): void {
  const locked = profile?.locked ?? [];
  const name = profile?.name ?? '';
  if (locked.includes('template') && options.server !== undefined && chosen.template === undefined) {
    const from = options.from('server');
    const what = LOCKED.templateOfItsOwn(from, options.server, values.template ?? '', name);
    throw refusal(what, from, options);
  }
  const other = chosen.server !== undefined && chosen.server !== values.server;
  if (locked.includes('server') && options.batchScript !== undefined && other) {
    const from = options.from('template');
    throw refusal(LOCKED.otherServer(from, chosen.server ?? '', name, values.server ?? ''), from, options);
  }
}

/** A value of a profile for people. */
export function valueWords(key: JobKey, value: unknown): string {
  if (key === 'time' && typeof value === 'number') return formatMinutes(value);
  return Array.isArray(value) ? value.join(', ') : String(value);
}

function optionOf(options: LaunchOptions, key: JobKey): unknown {
  const camel = key.replace(/_[a-z]/g, (letter) => letter.charAt(1).toUpperCase());
  const values: Partial<Record<string, unknown>> = { ...options };
  return values[OTHER_NAMES[key] ?? camel];
}

function agrees(key: JobKey, asked: unknown, said: unknown, cwd: string): boolean {
  if (key === 'time') return Number(asked) <= Number(said);
  if (key === 'memory') return String(asked).toUpperCase() === String(said).toUpperCase();
  return isDeepStrictEqual(asked, said) || isDeepStrictEqual(inFull(asked, cwd), said);
}

/** Paths in a profile are absolute, those on a command line need not be. */
function inFull(asked: unknown, cwd: string): unknown {
  if (Array.isArray(asked)) return asked.map((one) => inFull(one, cwd));
  return typeof asked === 'string' ? resolve(cwd, asked) : asked;
}

interface Contradiction {
  name: string;
  from: string;
  asked: unknown;
  said: unknown;
}

function contradiction(key: JobKey, { name, from, asked, said }: Contradiction): string {
  const [wanted, fixed] = [valueWords(key, asked), valueWords(key, said)];
  if (key === 'time') return LOCKED.tooLong(from, wanted, name, fixed);
  // Two options, --nv and --rocm, give it.
  if (key === 'image_gpu') return LOCKED.rival(from, name, key, fixed);
  return LOCKED.other(from, wanted, name, fixed);
}

function refusal(what: string, from: string, { profile }: LaunchOptions, limit?: number): StartJupyterError {
  return lockedOption(what, { from, limit, isUsual: profile === undefined });
}
