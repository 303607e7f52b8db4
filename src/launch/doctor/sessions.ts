import { dirname } from 'node:path';
import { examineSessions } from '../../session/examine.js';
import { newSessionPlace } from '../../session/store.js';
import { homeDirectory } from '../home.js';
import { SESSIONS } from '../../words/doctor.js';
import type { Surroundings } from './examine.js';
import { doubtful, good, type Finding } from './finding.js';

/** Some hundred sessions; logs of jobs can be large. */
const LITTLE_BYTES = 100 * 1024 * 1024;

/** The directory in which sessions are kept, tried out. */
export async function lookForSessions({ context }: Surroundings): Promise<Finding[]> {
  const { env } = context;
  const home = homeDirectory(env);
  const place = newSessionPlace(env, home, context.now(), (bytes) => context.random(bytes));
  const { madeIn, freeBytes } = await examineSessions(place.sessionsDirectory);
  const directory = dirname(place.sessionsDirectory);
  const shown = directory.startsWith(`${home}/`) ? `~${directory.slice(home.length)}` : directory;
  const text = SESSIONS.place(shown, madeIn === undefined, size(freeBytes));
  if (freeBytes >= LITTLE_BYTES) return [good('Sessions', text)];
  return [doubtful('Sessions', text, SESSIONS.littleRoom)];
}

function size(bytes: number): string {
  const units = ['kB', 'MB', 'GB', 'TB', 'PB'];
  let [value, unit] = [bytes / 1000, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ''}`;
}
